import type { Interaction, InteractionResult } from '../../fhir/interaction.ts';
import { createNotice, type OutcomeIssue } from '../../fhir/operation-outcome.ts';
import type { Resource } from '../../fhir/resource.ts';
import type { ResourceVersion } from '../../store/inbox-store.ts';
import { findStatementIds, MAX_SAME_STATEMENTS } from '../facts/statement-ids.ts';
import type { SiteTransaction } from '../site-transaction.ts';
import { buildRefusedResult } from './interaction-results.ts';
import { canBeSameStatement } from './same-statement.ts';

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

/** The resources that carry the identifier in If-None-Exist: those that state the same, and others. */
interface ExistingResources {
  readonly same: readonly string[];
  readonly others: readonly string[];
}

async function findExistingResources(
  tx: SiteTransaction,
  { resourceType }: Interaction,
  resource: Resource,
  identifier: string,
): Promise<ExistingResources> {
  const limit = MAX_SAME_STATEMENTS + 1;
  const ids = await tx.inbox.findIdsByIdentifier(tx.site, resourceType, identifier, limit);
  // Laboratories put one number on many results: only those that also share code and time can be the same.
  const candidates = ids.length < limit ? ids : ((await findStatementIds(tx, resource)) ?? []);
  const same: string[] = [];
  for (const id of candidates)
    if (await canBeSameStatement(tx, { site: tx.site, resourceType, id }, resource)) same.push(id);
  return { same, others: ids.filter((id) => !same.includes(id)) };
}

/**
 * Resolves If-None-Exist: returns the answer for one match, a refusal for several; null where nothing matches. A resource that
 * carries the identifier and states something else is no match, nor may it keep the new one out: numbers are shared.
 */
export async function resolveIfNoneExist(
  tx: SiteTransaction,
  interaction: Interaction,
): Promise<InteractionResult | null> {
  const { ifNoneExist, resourceType, resource } = interaction;
  if (ifNoneExist === null || !resource) return null;
  const identifier = decodeIdentifierQuery(ifNoneExist);
  if (!identifier) return buildRefusedResult(400, resourceType, UNSUPPORTED_QUERY);
  const { same, others } = await findExistingResources(tx, interaction, resource, identifier);
  const [id, ...more] = same;
  if (more.length > 0) return buildRefusedResult(412, resourceType, SEVERAL_MATCHES);
  if (id !== undefined) return buildExistingResult(tx, resourceType, id);
  return others.length > 0 ? buildRefusedResult(412, resourceType, OTHER_STATEMENT) : null;
}

/** Finds the id of the only resource that If-None-Exist means; null without it, without a match, and with several. */
export async function findIdByIfNoneExist(
  tx: SiteTransaction,
  interaction: Interaction,
  resource: Resource,
): Promise<string | null> {
  const identifier = interaction.ifNoneExist === null ? null : decodeIdentifierQuery(interaction.ifNoneExist);
  if (identifier === null) return null;
  const { same } = await findExistingResources(tx, interaction, resource, identifier);
  const [only, ...more] = same;
  return only !== undefined && more.length === 0 ? only : null;
}

const OTHER_STATEMENT: OutcomeIssue = {
  severity: 'error',
  code: 'conflict',
  detail: 'if-none-exist',
  diagnostics:
    'A resource with this identifier states something else, or is about another patient; nothing was stored. Fix: send the resource without If-None-Exist, or with an identifier that no other resource has.',
};

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
