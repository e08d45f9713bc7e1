import type { Interaction, InteractionResult } from '../../fhir/interaction.ts';
import type { OutcomeIssue } from '../../fhir/operation-outcome.ts';
import type { ResourceVersion, StoreTransaction } from '../../store/store.ts';
import { buildRefusedResult } from './interaction-results.ts';

/** If-Match: null where it holds or was not sent, else the 412. */
export function checkIfMatch(
  interaction: Interaction,
  inForce: ResourceVersion | undefined,
): InteractionResult | null {
  if (interaction.ifMatch === null || interaction.ifMatch === String(inForce?.version ?? '')) return null;
  const diagnostics =
    'The version in If-Match is not the current one. Fix: read the current version, decide again.';
  return buildRefusedResult(412, interaction.resourceType, {
    severity: 'error',
    code: 'conflict',
    detail: 'precondition',
    diagnostics,
  });
}

/** If-None-Exist: one match is answered with it, several are refused, none goes on (null). */
export async function resolveIfNoneExist(
  tx: StoreTransaction,
  site: string,
  interaction: Interaction,
): Promise<InteractionResult | null> {
  if (interaction.ifNoneExist === null) return null;
  const identifier = parseIdentifierQuery(interaction.ifNoneExist);
  const type = interaction.resourceType;
  if (!identifier) {
    const diagnostics = 'If-None-Exist is understood for identifier=system|value only. Fix: use that.';
    return buildRefusedResult(400, type, {
      severity: 'error',
      code: 'not-supported',
      detail: 'if-none-exist',
      diagnostics,
    });
  }
  const ids = await tx.inbox.findIdsByIdentifier(site, type, identifier);
  if (ids.length > 1) {
    const diagnostics = 'Several resources have this identifier. Fix: use an identifier that only one has.';
    return buildRefusedResult(412, type, {
      severity: 'error',
      code: 'multiple-matches',
      detail: 'if-none-exist',
      diagnostics,
    });
  }
  const [id] = ids;
  if (!id) return null;
  const version = await tx.inbox.getCurrent({ site, resourceType: type, id });
  const diagnostics = 'Unchanged: a resource with this identifier exists.';
  const issue: OutcomeIssue = {
    severity: 'information',
    code: 'informational',
    detail: 'unchanged',
    expression: type,
    diagnostics,
  };
  return {
    status: 200,
    resourceType: type,
    id,
    version: String(version?.version ?? 1),
    lastModified: version?.receivedAt ?? null,
    disposition: 'unchanged',
    facts: 0,
    issues: [issue],
  };
}

/** The identifier of `identifier=system|value`, percent-decoded (a `+` is a plus); null for any other query. */
function parseIdentifierQuery(query: string): string | null {
  const match = /^\??identifier=([^&]+)$/.exec(query);
  try {
    return match?.[1] ? decodeURIComponent(match[1]) : null;
  } catch {
    return null;
  }
}
