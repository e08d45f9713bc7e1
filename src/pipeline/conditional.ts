import type { Answer, Interaction } from '../fhir/interaction.ts';
import type { Issue } from '../fhir/outcome.ts';
import type { InboxVersion, StoreTransaction } from '../store/store.ts';
import { refused } from './answers.ts';

/** If-Match: null where it holds or was not sent, else the 412. */
export function preconditionRefusal(
  interaction: Interaction,
  inForce: InboxVersion | undefined,
): Answer | null {
  if (interaction.ifMatch === null || interaction.ifMatch === String(inForce?.version ?? '')) return null;
  const diagnostics =
    'The version in If-Match is not the current one. Fix: read the current version, decide again.';
  return refused(412, interaction.resourceType, {
    severity: 'error',
    code: 'conflict',
    detail: 'precondition',
    diagnostics,
  });
}

/** If-None-Exist: one match is answered with it, several are refused, none goes on (null). */
export async function existingByQuery(
  tx: StoreTransaction,
  site: string,
  interaction: Interaction,
): Promise<Answer | null> {
  if (interaction.ifNoneExist === null) return null;
  const identifier = identifierIn(interaction.ifNoneExist);
  const type = interaction.resourceType;
  if (!identifier) {
    const diagnostics = 'If-None-Exist is understood for identifier=system|value only. Fix: use that.';
    return refused(400, type, {
      severity: 'error',
      code: 'not-supported',
      detail: 'if-none-exist',
      diagnostics,
    });
  }
  const ids = await tx.inbox.idsByIdentifier(site, type, identifier);
  if (ids.length > 1) {
    const diagnostics = 'Several resources have this identifier. Fix: use an identifier that only one has.';
    return refused(412, type, {
      severity: 'error',
      code: 'multiple-matches',
      detail: 'if-none-exist',
      diagnostics,
    });
  }
  const [id] = ids;
  if (!id) return null;
  const version = await tx.inbox.current({ site, resourceType: type, id });
  const diagnostics = 'Unchanged: a resource with this identifier exists.';
  const issue: Issue = {
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
function identifierIn(query: string): string | null {
  const match = /^\??identifier=([^&]+)$/.exec(query);
  try {
    return match?.[1] ? decodeURIComponent(match[1]) : null;
  } catch {
    return null;
  }
}
