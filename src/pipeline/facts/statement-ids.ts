import type { Resource } from '../../fhir/resource.ts';
import { listStatementKeys } from '../../intake/statement-identity.ts';
import type { SiteTransaction } from '../site-transaction.ts';

/** The most resources that may share identifier, code and time: a number that more of them carry identifies none of them. */
export const MAX_SAME_STATEMENTS = 20;

/**
 * Finds the ids of the stored resources that share an identifier, code and time with the resource (see `listStatementKeys`);
 * null where more share them than are compared.
 */
export async function findStatementIds(
  tx: SiteTransaction,
  resource: Resource,
): Promise<ReadonlySet<string> | null> {
  const ids = new Set<string>();
  for (const statement of listStatementKeys(resource)) {
    const limit = MAX_SAME_STATEMENTS + 1;
    const found = await tx.inbox.findIdsByIdentifier(tx.site, resource.resourceType, statement, limit);
    for (const id of found) ids.add(id);
    if (ids.size > MAX_SAME_STATEMENTS) return null;
  }
  return ids;
}
