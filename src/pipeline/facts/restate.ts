import type { Resource } from '../../fhir/resource.ts';
import { hasMeaningElement } from '../../mapping/readers/inherit-from-container.ts';
import type { ResourceKey } from '../../store/inbox-store.ts';
import { selectParticipating } from '../identity/narrow-subjects.ts';
import { deferWork, type SiteTransaction } from '../site-transaction.ts';
import { readCurrentContent } from './current-content.ts';
import { needsContext, resolveContext } from './inherit-from-report.ts';
import { listMembers } from './references.ts';
import { retractFacts, storeFacts } from './store-facts.ts';

/**
 * Reasons of work items that mapping does not open, so mapping does not close them either: only a person can settle, for
 * example, two contents under one version number.
 */
export const NON_MAPPING_REASONS: readonly string[] = ['version-conflict', 'version-not-kept'];

/**
 * Restates a stored resource: derives its facts and work items again, after something on which they depend has changed. A
 * resource without content states nothing. Returns the resource; undefined where it has no content, and where it is restated
 * later, because the unit of work has restated as many as it may.
 */
export async function restate(tx: SiteTransaction, key: ResourceKey): Promise<Resource | undefined> {
  if (tx.budget.restates === 0) {
    await deferWork(tx, [key]);
    return undefined;
  }
  tx.budget.restates -= 1;
  const content = await readCurrentContent(tx, key);
  if (!content) {
    await retractFacts(tx, key);
    return undefined;
  }
  const context = await resolveContext(tx, key, content);
  const subjects = selectParticipating(context.subjects);
  if (subjects.length === 0 && context.subjects.length > 0) {
    // All subjects have withdrawn consent: their data are no longer processed.
    await retractFacts(tx, key);
    return content.resource;
  }
  const { disposition } = await storeFacts(tx, key, { ...context, subjects }, NON_MAPPING_REASONS);
  await tx.inbox.setDisposition(key, disposition);
  return content.resource;
}

/** Restates every resource that uses one of the patient identifiers, after their links to subjects have changed. */
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
    // A member without a patient is about the patient of its report.
    await restateMembers(tx, [resource]);
  }
}

/** Restates every resource that refers to a product or specimen, after the latter has arrived, changed or been deleted. */
export async function restateReferrers(tx: SiteTransaction, key: ResourceKey): Promise<void> {
  for (const referrer of await tx.inbox.listReferrers(tx.site, `${key.resourceType}/${key.id}`)) {
    const resource = await restate(tx, referrer);
    // The results of a report inherit its specimen.
    await restateMembers(tx, [resource]);
  }
}

/**
 * Restates the results that reports or panels list now or listed before, after one of these has arrived, changed or been
 * deleted. Results that can be mapped alone are skipped, unless the container says whose or which blood they are of; the
 * members of a restated panel follow. `done`: members that have been visited.
 */
export async function restateMembers(
  tx: SiteTransaction,
  containers: readonly (Resource | undefined)[],
  done: Set<string> = new Set(),
): Promise<void> {
  const statesMeaning = containers.some((container) => container && hasMeaningElement(container));
  const members = new Set(containers.flatMap((container) => (container ? listMembers(container) : [])));
  for (const member of members) {
    if (done.has(member)) continue;
    done.add(member);
    const key = { site: tx.site, resourceType: 'Observation', id: member.slice('Observation/'.length) };
    const resource = (await readCurrentContent(tx, key))?.resource;
    if (!resource || !(statesMeaning || needsContext(resource))) continue;
    await restate(tx, key);
    await restateMembers(tx, [resource], done);
  }
}
