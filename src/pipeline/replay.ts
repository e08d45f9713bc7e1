import { parseJson } from '../fhir/json.ts';
import type { Resource } from '../fhir/resource.ts';
import type { ResourceKey, StoreTransaction } from '../store/store.ts';
import { type Content, inContext, needsContext } from './context.ts';
import type { PipelineParts } from './parts.ts';
import { membersOf } from './references.ts';
import { state, takeBack } from './state.ts';
import { takingPart } from './who.ts';

/** What no mapping has decided is not undone by one: one version with two contents stays a matter for a person. */
export const NOT_OF_MAPPING: readonly string[] = ['version-conflict', 'version-not-kept'];

/** The content in force; undefined where there is none, or it was deleted. */
export async function contentOf(tx: StoreTransaction, key: ResourceKey): Promise<Content | undefined> {
  const version = await tx.inbox.current(key);
  if (!version?.body) return undefined;
  return { resource: parseJson(version.body) as Resource, fhirVersion: version.fhirVersion };
}

/** States the stored resource again, after something it depends on has changed; what is gone states nothing. */
export async function restate(
  tx: StoreTransaction,
  parts: PipelineParts,
  key: ResourceKey,
): Promise<Resource | undefined> {
  const content = await contentOf(tx, key);
  if (!content) {
    await takeBack(tx, key);
    return undefined;
  }
  const context = await inContext(tx, parts, key, content);
  const subjects = takingPart(context.subjects);
  if (subjects.length < Math.min(1, context.subjects.length)) {
    // Withdrawn: nothing is processed any more.
    await takeBack(tx, key);
    return content.resource;
  }
  const { disposition } = await state(tx, parts, key, { ...context, subjects }, NOT_OF_MAPPING);
  await tx.inbox.setDisposition(key, disposition);
  return content.resource;
}

/** States again, after what the names mean has changed, whatever uses one of them. */
export async function restateNamed(
  tx: StoreTransaction,
  parts: PipelineParts,
  site: string,
  names: readonly string[],
): Promise<void> {
  const keys = new Map<string, ResourceKey>();
  for (const name of names) {
    for (const key of await tx.inbox.referrers(site, name)) keys.set(`${key.resourceType}/${key.id}`, key);
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
  parts: PipelineParts,
  key: ResourceKey,
): Promise<void> {
  for (const referrer of await tx.inbox.referrers(key.site, `${key.resourceType}/${key.id}`)) {
    await restate(tx, parts, referrer);
    // The specimen of a report is that of its results.
    await restateMembers(tx, parts, key.site, [(await contentOf(tx, referrer))?.resource]);
  }
}

/**
 * A report or panel has arrived, changed or gone: the results that it lists now or listed before, and that cannot stand
 * alone, are stated again; and below a panel that cannot, its own.
 */
export async function restateMembers(
  tx: StoreTransaction,
  parts: PipelineParts,
  site: string,
  containers: readonly (Resource | undefined)[],
  done: Set<string> = new Set(),
): Promise<void> {
  for (const member of new Set(containers.flatMap((container) => (container ? membersOf(container) : [])))) {
    if (done.has(member)) continue;
    done.add(member);
    const key = { site, resourceType: 'Observation', id: member.slice('Observation/'.length) };
    const resource = (await contentOf(tx, key))?.resource;
    if (!resource || !needsContext(resource)) continue;
    await restate(tx, parts, key);
    await restateMembers(tx, parts, site, [resource], done);
  }
}
