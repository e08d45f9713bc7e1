import type { Interaction, InteractionResult } from '../../fhir/interaction.ts';
import { createNotice, type OutcomeIssue } from '../../fhir/operation-outcome.ts';
import type { ResourceVersion } from '../../store/store.ts';
import type { SiteTransaction } from '../site-transaction.ts';
import { buildRefusedResult } from './interaction-results.ts';

/** Checks If-Match: returns null where the version matches or was not sent, else the refusal (412). */
export function checkIfMatch(
  { ifMatch, resourceType }: Interaction,
  current: ResourceVersion | undefined,
): InteractionResult | null {
  if (ifMatch === null || ifMatch === String(current?.version ?? '')) return null;
  return buildRefusedResult(412, resourceType, {
    severity: 'error',
    code: 'conflict',
    detail: 'precondition',
    diagnostics:
      'The version in If-Match is not the current one. Fix: send the change with the ETag of the last answer about this resource, or without If-Match.',
  });
}

/** Resolves If-None-Exist: returns the answer for one match, a refusal for several; null where nothing matches. */
export async function resolveIfNoneExist(
  tx: SiteTransaction,
  { ifNoneExist, resourceType }: Interaction,
): Promise<InteractionResult | null> {
  if (ifNoneExist === null) return null;
  const identifier = decodeIdentifierQuery(ifNoneExist);
  if (!identifier) return buildRefusedResult(400, resourceType, UNSUPPORTED_QUERY);
  const ids = await tx.inbox.findIdsByIdentifier(tx.site, resourceType, identifier);
  if (ids.length > 1) return buildRefusedResult(412, resourceType, SEVERAL_MATCHES);
  const [id] = ids;
  return id === undefined ? null : buildExistingResult(tx, resourceType, id);
}

const UNSUPPORTED_QUERY: OutcomeIssue = {
  severity: 'error',
  code: 'not-supported',
  detail: 'if-none-exist',
  diagnostics:
    'If-None-Exist is supported for identifier=system|value only. Fix: state one identifier with its system.',
};

const SEVERAL_MATCHES: OutcomeIssue = {
  severity: 'error',
  code: 'multiple-matches',
  detail: 'if-none-exist',
  diagnostics: 'Several resources have this identifier. Fix: use an identifier that only one resource has.',
};

async function buildExistingResult(
  tx: SiteTransaction,
  resourceType: string,
  id: string,
): Promise<InteractionResult> {
  const current = await tx.inbox.getCurrent({ site: tx.site, resourceType, id });
  const diagnostics = 'Unchanged: a resource with this identifier is already in the store.';
  return {
    status: 200,
    resourceType,
    id,
    version: String(current?.version ?? 1),
    lastModified: current?.receivedAt ?? null,
    disposition: 'unchanged',
    facts: 0,
    issues: [createNotice('unchanged', resourceType, diagnostics)],
  };
}

/** Decodes the identifier of `identifier=system|value` (a `+` is a plus); null for any other query. */
function decodeIdentifierQuery(query: string): string | null {
  const match = /^\??identifier=([^&]+)$/.exec(query);
  try {
    return match?.[1] ? decodeURIComponent(match[1]) : null;
  } catch {
    return null;
  }
}
