import { parseJson } from '../../fhir/lossless-json.ts';
import type { Resource } from '../../fhir/resource.ts';
import type { ResourceKey, StoreTransaction } from '../../store/store.ts';
import { selectParticipating } from '../identity/narrow-subjects.ts';
import type { SiteTransaction } from '../site-transaction.ts';
import { needsContext, type ResourceContent, resolveContext } from './inherit-from-report.ts';
import { listMembers } from './references.ts';
import { retractFacts, storeFacts } from './store-facts.ts';

/**
 * Reasons of work items that no mapping opens, so that no mapping closes them: two contents under one version number stay
 * a matter for a person.
 */
export const NON_MAPPING_REASONS: readonly string[] = ['version-conflict', 'version-not-kept'];

/** Returns the content in force; undefined where there is none, or the resource was deleted. */
export async function readCurrentContent(
  tx: StoreTransaction,
  key: ResourceKey,
): Promise<ResourceContent | undefined> {
  const version = await tx.inbox.getCurrent(key);
  if (!version?.body) return undefined;
  return { resource: parseJson(version.body) as Resource, fhirVersion: version.fhirVersion };
}

/**
 * Restates a stored resource: derives its facts and work items again, after something on which they depend has changed. A
 * resource without content states nothing. Returns the resource; undefined where it has no content.
 */
export async function restate(tx: SiteTransaction, key: ResourceKey): Promise<Resource | undefined> {
  const content = await readCurrentContent(tx, key);
  if (!content) {
    await retractFacts(tx, key);
    return undefined;
  }
  const context = await resolveContext(tx, key, content);
  const subjects = selectParticipating(context.subjects);
  if (subjects.length === 0 && context.subjects.length > 0) {
    // All subjects have withdrawn: nothing is processed any more.
    await retractFacts(tx, key);
    return content.resource;
  }
  const { disposition } = await storeFacts(tx, key, { ...context, subjects }, NON_MAPPING_REASONS);
  await tx.inbox.setDisposition(key, disposition);
  return content.resource;
}

/** Restates every resource that uses one of the patient identifiers, after their meaning has changed. */
export async function restateByIdentifiers(
  tx: SiteTransaction,
  identifiers: readonly string[],
): Promise<void> {
  const keys = new Map<string, ResourceKey>();
  for (const identifier of identifiers) {
    for (const key of await tx.inbox.listReferrers(tx.site, identifier))
      keys.set(`${key.resourceType}/${key.id}`, key);
  }
  for (const key of keys.values()) {
    const resource = await restate(tx, key);
    // Members of a report that name no patient are about the patient of the report.
    await restateMembers(tx, [resource]);
  }
}

/** Restates every resource that refers to a product or specimen, after that has arrived, changed or been deleted. */
export async function restateReferrers(tx: SiteTransaction, key: ResourceKey): Promise<void> {
  for (const referrer of await tx.inbox.listReferrers(tx.site, `${key.resourceType}/${key.id}`)) {
    await restate(tx, referrer);
    // The specimen of a report is that of its results.
    await restateMembers(tx, [(await readCurrentContent(tx, referrer))?.resource]);
  }
}

/**
 * Restates the results that reports or panels list now or listed before, after one has arrived, changed or been deleted;
 * only those that cannot be mapped alone, and below a panel among them its own members. `done`: members that are restated
 * already.
 */
export async function restateMembers(
  tx: SiteTransaction,
  containers: readonly (Resource | undefined)[],
  done: Set<string> = new Set(),
): Promise<void> {
  const members = new Set(containers.flatMap((container) => (container ? listMembers(container) : [])));
  for (const member of members) {
    if (done.has(member)) continue;
    done.add(member);
    const key = { site: tx.site, resourceType: 'Observation', id: member.slice('Observation/'.length) };
    const resource = (await readCurrentContent(tx, key))?.resource;
    if (!resource || !needsContext(resource)) continue;
    await restate(tx, key);
    await restateMembers(tx, [resource], done);
  }
}
