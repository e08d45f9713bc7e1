import type { Resource } from '../../fhir/resource.ts';
import type { ResourceKey } from '../../store/inbox-store.ts';
import type { SiteTransaction } from '../site-transaction.ts';
import { listMembers } from './references.ts';
import {
  listReplaced,
  listReportsOfOneStatement,
  listResultsOfVersions,
  parseSupersededReference,
  replaceResourceIndex,
} from './resource-index.ts';
import { restate } from './restate.ts';

/**
 * Restates the results that a resource replaces, or in place of which a report lists others, after the resource has arrived,
 * changed or been deleted. `contents`: its content before and after.
 */
export async function restateRelated(
  tx: SiteTransaction,
  key: ResourceKey,
  contents: readonly (Resource | undefined)[],
): Promise<void> {
  const results = new Set(contents.flatMap((content) => (content ? listReplaced(content) : [])));
  if (key.resourceType === 'DiagnosticReport')
    for (const result of await linkReports(tx, key, contents)) results.add(result);
  for (const result of results)
    await restate(tx, {
      site: tx.site,
      resourceType: 'Observation',
      id: result.slice('Observation/'.length),
    });
}

/** Indexes the report and those that state the same again; returns the results that any of them listed. */
async function linkReports(
  tx: SiteTransaction,
  key: ResourceKey,
  contents: readonly (Resource | undefined)[],
): Promise<readonly string[]> {
  const results = [...(await listResultsOfVersions(tx, key)), ...(await listSupersededResults(tx, key))];
  await replaceResourceIndex(tx, key);
  results.push(...(await listSupersededResults(tx, key)));
  for (const content of contents) {
    if (!content) continue;
    for (const other of await listReportsOfOneStatement(tx, key, content)) {
      results.push(...(await listSupersededResults(tx, other)));
      await replaceResourceIndex(tx, other);
      results.push(...(await listSupersededResults(tx, other)));
    }
    results.push(...listMembers(content));
  }
  return results;
}

/** Lists the results in place of which the current version of the report lists others. */
async function listSupersededResults(tx: SiteTransaction, key: ResourceKey): Promise<readonly string[]> {
  return (await tx.inbox.listReferences(key)).flatMap(
    (reference) => parseSupersededReference(reference) ?? [],
  );
}
