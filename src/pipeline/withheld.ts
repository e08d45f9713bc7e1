import { parseJson } from '../fhir/json.ts';
import type { Resource } from '../fhir/resource.ts';
import { NOTED, NOTED_DELETION, WITHHELD } from '../intake/identity.ts';
import type { InboxVersion, ResourceKey, StoreTransaction } from '../store/store.ts';
import type { Subject } from '../trial/facts.ts';
import { type Arrived, putOutOfForce, rowOf, supersede } from './arrive.ts';
import { inContext } from './context.ts';
import { isNoted, lastNoted, note, type Row } from './noted.ts';
import type { PipelineParts } from './parts.ts';
import { indexedReferences, membersOf } from './references.ts';
import { contentOf, restate } from './replay.ts';
import { hold } from './state.ts';

/*
 * Consent was withdrawn. Nothing changes as long as that holds, and nothing that comes is kept. But that a resource which
 * we hold has a newer version, or was deleted, must not be forgotten: should the subject come back, what we hold of it
 * is no longer true.
 */

/** Whether what is in force is about subjects who have withdrawn, and nobody else. */
export async function isFrozen(
  tx: StoreTransaction,
  parts: PipelineParts,
  key: ResourceKey,
): Promise<boolean> {
  const content = await contentOf(tx, key);
  if (!content || key.resourceType === 'ResearchSubject') return false;
  const { subjects } = await inContext(tx, parts, key, content);
  return subjects.length > 0 && subjects.every(({ status }) => status === 'withdrawn');
}

/** Keeps of a version about subjects who have withdrawn that it exists; nothing where the resource is not held. */
export async function withhold(
  tx: StoreTransaction,
  parts: PipelineParts,
  arrived: Arrived,
  names: readonly string[],
): Promise<void> {
  const { key } = arrived;
  if (!(await tx.inbox.current(key))) return;
  const row = rowOf(parts, arrived, 'superseded');
  if (await isFrozen(tx, parts, key)) await note(tx, key, { ...row, digest: NOTED });
  // Until now it was somebody else's, and is that no longer.
  else if (!(await isNoted(tx, key, { ...row, digest: WITHHELD })))
    await supersede(tx, parts, arrived, names);
}

/** Keeps that what is in force was deleted. */
export async function withholdDeletion(
  tx: StoreTransaction,
  inForce: InboxVersion,
  at: Pick<Row, 'receivedAt' | 'door'>,
): Promise<void> {
  await note(tx, inForce, { ...inForce, ...at, disposition: 'superseded', digest: NOTED_DELETION });
}

/**
 * The subject takes part again. What was noted meanwhile takes effect: what such a resource stated is taken back, and
 * the site is asked to send it again. Everything else is stated as it is now.
 */
export async function comeBack(tx: StoreTransaction, parts: PipelineParts, subject: Subject): Promise<void> {
  const { site, study, subject: number } = subject;
  const keys = new Map<string, ResourceKey>();
  const found = [...(await tx.facts.statedOf(study, number))];
  for (const name of await tx.subjects.patients(study, number)) {
    found.push(...(await tx.inbox.referrers(site, name)));
  }
  for (const key of found) keys.set(`${key.resourceType}/${key.id}`, key);
  // A map hands out what is added to it meanwhile: what a report lists may name nobody itself.
  for (const key of keys.values()) {
    const listed = (await contentOf(tx, key))?.resource;
    for (const member of listed ? membersOf(listed) : []) {
      keys.set(member, { site, resourceType: 'Observation', id: member.slice('Observation/'.length) });
    }
    await catchUp(tx, parts, key, subject);
  }
}

async function catchUp(
  tx: StoreTransaction,
  parts: PipelineParts,
  key: ResourceKey,
  subject: Subject,
): Promise<void> {
  const noted = await lastNoted(tx, key);
  const inForce = await tx.inbox.current(key);
  if (noted && inForce) {
    const digest = noted.digest === NOTED ? WITHHELD : inForce.digest;
    const row = {
      ...noted,
      receivedAt: parts.now().toISOString(),
      digest,
      disposition: 'withdrawn' as const,
    };
    const { body } = inForce;
    const resource = body === null ? null : (parseJson(body) as Resource);
    const names = resource ? indexedReferences(resource, parts.site(key.site).ehrBase) : [];
    await putOutOfForce(tx, parts, row, digest === WITHHELD ? names : []);
  }
  if ((await tx.inbox.current(key))?.digest === WITHHELD) await askAgain(tx, parts, key, subject);
  await restate(tx, parts, key);
}

async function askAgain(
  tx: StoreTransaction,
  parts: PipelineParts,
  key: ResourceKey,
  { study, subject }: Subject,
): Promise<void> {
  await hold(tx, parts, key, {
    reason: 'version-not-kept',
    element: `${key.resourceType}.meta.versionId`,
    group: `${study} ${subject}`,
    detail:
      'A newer version came while consent was withdrawn and was not kept; what it replaced is no longer true.',
    fix: 'Send the resource again as it is now.',
    waitsFor: null,
  });
}
