import { parseJson } from '../fhir/json.ts';
import type { Resource } from '../fhir/resource.ts';
import type { ResourceKey, StoreTransaction } from '../store/store.ts';
import type { Subject } from '../trial/facts.ts';
import { type Content, inContext, needsContext } from './context.ts';
import type { PipelineParts } from './parts.ts';
import { membersOf } from './references.ts';
import { state } from './state.ts';

/** What no mapping has decided is not undone by one: one version with two contents stays a matter for a person. */
const KEPT = ['version-conflict'];

/** The content in force; undefined where there is none, or it was deleted. */
export async function contentOf(tx: StoreTransaction, key: ResourceKey): Promise<Content | undefined> {
  const version = await tx.inbox.current(key);
  if (!version?.body) return undefined;
  return { resource: parseJson(version.body) as Resource, fhirVersion: version.fhirVersion };
}

/** States the stored resource again, after something it depends on has changed. */
export async function restate(tx: StoreTransaction, parts: PipelineParts, key: ResourceKey): Promise<void> {
  const content = await contentOf(tx, key);
  if (!content) return;
  const context = await inContext(tx, parts, key, content);
  const subjects = context.subjects.filter(({ status }) => status !== 'withdrawn');
  // Withdrawn: what was stated stays as it is, and nothing is processed any more.
  if (subjects.length < Math.min(1, context.subjects.length)) return;
  const { disposition } = await state(tx, parts, key, { ...context, subjects }, KEPT);
  await tx.inbox.setDisposition(key, disposition);
}

/** States everything of a subject again, after the names that mean him have changed. */
export async function restateSubject(
  tx: StoreTransaction,
  parts: PipelineParts,
  { site, subject }: Subject,
): Promise<void> {
  for (const key of await tx.inbox.ofSubject(site, subject)) await restate(tx, parts, key);
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
