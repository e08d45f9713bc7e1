import { parseJson } from '../fhir/json.ts';
import type { Resource } from '../fhir/resource.ts';
import { patientNames } from '../intake/patient.ts';
import type { ResourceKey, StoreTransaction } from '../store/store.ts';
import type { Subject } from '../trial/facts.ts';
import type { PipelineParts } from './parts.ts';
import { holdUnclear, state } from './state.ts';
import { whoIs } from './who.ts';

/** What no mapping has decided is not undone by one: one version with two contents stays a matter for a person. */
const KEPT = ['version-conflict'];

/** States the stored resource again, after something it depends on has changed. */
export async function restate(tx: StoreTransaction, parts: PipelineParts, key: ResourceKey): Promise<void> {
  const version = await tx.inbox.current(key);
  if (!version?.body) return;
  const resource = parseJson(version.body) as Resource;
  const who = patientNames(resource, parts.site(key.site).ehrBase);
  const { subjects, unclear } = await whoIs(tx, key, who.names);
  const present = subjects.filter(({ status }) => status !== 'withdrawn');
  if (present.length === 0 && subjects.length > 0) return;
  const stated =
    present.length === 0 || unclear
      ? await holdUnclear(tx, parts, key, who.element)
      : await state(tx, parts, key, resource, present, KEPT);
  await tx.inbox.setDisposition(key, stated.disposition);
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
  }
}
