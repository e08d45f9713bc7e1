import { parseJson } from '../../fhir/lossless-json.ts';
import type { Resource } from '../../fhir/resource.ts';
import type { ResourceKey, StoreTransaction } from '../../store/store.ts';
import type { PipelineDependencies } from '../dependencies.ts';
import { selectParticipating } from '../identity/resolve-subject.ts';
import { needsContext, type ResourceContent, resolveContext } from './inherit-from-report.ts';
import { listMembers } from './references.ts';
import { retractFacts, storeFacts } from './store-facts.ts';

/** What no mapping has decided is not undone by one: one version with two contents stays a matter for a person. */
export const NON_MAPPING_REASONS: readonly string[] = ['version-conflict', 'version-not-kept'];

/** The content in force; undefined where there is none, or it was deleted. */
export async function readCurrentContent(
  tx: StoreTransaction,
  key: ResourceKey,
): Promise<ResourceContent | undefined> {
  const version = await tx.inbox.getCurrent(key);
  if (!version?.body) return undefined;
  return { resource: parseJson(version.body) as Resource, fhirVersion: version.fhirVersion };
}

/** States the stored resource again, after something it depends on has changed; what is gone states nothing. */
export async function restate(
  tx: StoreTransaction,
  parts: PipelineDependencies,
  key: ResourceKey,
): Promise<Resource | undefined> {
  const content = await readCurrentContent(tx, key);
  if (!content) {
    await retractFacts(tx, key);
    return undefined;
  }
  const context = await resolveContext(tx, parts, key, content);
  const subjects = selectParticipating(context.subjects);
  if (subjects.length < Math.min(1, context.subjects.length)) {
    // Withdrawn: nothing is processed any more.
    await retractFacts(tx, key);
    return content.resource;
  }
  const { disposition } = await storeFacts(tx, parts, key, { ...context, subjects }, NON_MAPPING_REASONS);
  await tx.inbox.setDisposition(key, disposition);
  return content.resource;
}

/** States again, after what the names mean has changed, whatever uses one of them. */
export async function restateByIdentifiers(
  tx: StoreTransaction,
  parts: PipelineDependencies,
  site: string,
  names: readonly string[],
): Promise<void> {
  const keys = new Map<string, ResourceKey>();
  for (const name of names) {
    for (const key of await tx.inbox.listReferrers(site, name))
      keys.set(`${key.resourceType}/${key.id}`, key);
  }
  for (const key of keys.values()) {
    const resource = await restate(tx, parts, key);
    // What a report lists, and names nobody itself, is about whomever the report is about.
    await restateMembers(tx, parts, site, [resource]);
  }
}

/** A product has arrived, changed or gone: whatever refers to it is stated again. */
export async function restateReferrers(
  tx: StoreTransaction,
  parts: PipelineDependencies,
  key: ResourceKey,
): Promise<void> {
  for (const referrer of await tx.inbox.listReferrers(key.site, `${key.resourceType}/${key.id}`)) {
    await restate(tx, parts, referrer);
    // The specimen of a report is that of its results.
    await restateMembers(tx, parts, key.site, [(await readCurrentContent(tx, referrer))?.resource]);
  }
}

/**
 * A report or panel has arrived, changed or gone: the results that it lists now or listed before, and that cannot stand
 * alone, are stated again; and below a panel that cannot, its own.
 */
export async function restateMembers(
  tx: StoreTransaction,
  parts: PipelineDependencies,
  site: string,
  containers: readonly (Resource | undefined)[],
  done: Set<string> = new Set(),
): Promise<void> {
  for (const member of new Set(
    containers.flatMap((container) => (container ? listMembers(container) : [])),
  )) {
    if (done.has(member)) continue;
    done.add(member);
    const key = { site, resourceType: 'Observation', id: member.slice('Observation/'.length) };
    const resource = (await readCurrentContent(tx, key))?.resource;
    if (!resource || !needsContext(resource)) continue;
    await restate(tx, parts, key);
    await restateMembers(tx, parts, site, [resource], done);
  }
}
