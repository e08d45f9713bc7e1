import { parseJson } from '../../fhir/lossless-json.ts';
import type { Resource } from '../../fhir/resource.ts';
import type { ResourceKey, ResourceVersion, StoreTransaction } from '../../store/store.ts';
import type { Subject } from '../../trial/facts.ts';
import type { PipelineDependencies } from '../dependencies.ts';
import { resolveContext } from '../facts/inherit-from-report.ts';
import { listIndexedReferences, listMembers } from '../facts/references.ts';
import { readCurrentContent, restate } from '../facts/restate.ts';
import { holdAsWorkItem } from '../facts/store-facts.ts';
import {
  buildResourceVersion,
  type IncomingVersion,
  retireCurrentVersion,
  supersedeWithoutContent,
} from './apply-version.ts';
import {
  addVersionMarker,
  findNewestVersionMarker,
  hasVersionMarker,
  type NewResourceVersion,
} from './version-markers.ts';

/*
 * Consent was withdrawn. Nothing changes as long as that holds, and nothing that comes is kept. But that a resource which
 * we hold has a newer version, or was deleted, must not be forgotten: should the subject come back, what we hold of it
 * is no longer true.
 */

/** Whether what is in force is about subjects who have withdrawn, and nobody else. */
export async function hasOnlyWithdrawnSubjects(
  tx: StoreTransaction,
  parts: PipelineDependencies,
  key: ResourceKey,
): Promise<boolean> {
  const content = await readCurrentContent(tx, key);
  if (!content || key.resourceType === 'ResearchSubject') return false;
  const { subjects } = await resolveContext(tx, parts, key, content);
  return subjects.length > 0 && subjects.every(({ status }) => status === 'withdrawn');
}

/** Keeps of a version about subjects who have withdrawn that it exists; nothing where the resource is not held. */
export async function withholdVersion(
  tx: StoreTransaction,
  parts: PipelineDependencies,
  arrived: IncomingVersion,
  names: readonly string[],
): Promise<void> {
  const { key } = arrived;
  if (!(await tx.inbox.getCurrent(key))) return;
  const row = buildResourceVersion(parts, arrived, 'superseded');
  if (await hasOnlyWithdrawnSubjects(tx, parts, key))
    await addVersionMarker(tx, key, { ...row, digest: null, retention: 'marker' });
  // Until now it was somebody else's, and is that no longer.
  else if (!(await hasVersionMarker(tx, key, { ...row, retention: 'withheld' })))
    await supersedeWithoutContent(tx, parts, arrived, names);
}

/** Keeps that what is in force was deleted. */
export async function withholdDeletion(
  tx: StoreTransaction,
  inForce: ResourceVersion,
  at: Pick<NewResourceVersion, 'receivedAt' | 'door'>,
): Promise<void> {
  await addVersionMarker(tx, inForce, {
    ...inForce,
    ...at,
    disposition: 'superseded',
    digest: null,
    retention: 'deletion-marker',
  });
}

/**
 * The subject takes part again. What was noted meanwhile takes effect: what such a resource stated is taken back, and
 * the site is asked to send it again. Everything else is stated as it is now.
 */
export async function resumeParticipation(
  tx: StoreTransaction,
  parts: PipelineDependencies,
  subject: Subject,
): Promise<void> {
  const { site, study, subject: number } = subject;
  const keys = new Map<string, ResourceKey>();
  const found = [...(await tx.facts.listResources(study, number))];
  for (const name of await tx.subjects.patients(study, number)) {
    found.push(...(await tx.inbox.listReferrers(site, name)));
  }
  for (const key of found) keys.set(`${key.resourceType}/${key.id}`, key);
  // A map hands out what is added to it meanwhile: what a report lists may name nobody itself.
  for (const key of keys.values()) {
    const listed = (await readCurrentContent(tx, key))?.resource;
    for (const member of listed ? listMembers(listed) : []) {
      keys.set(member, { site, resourceType: 'Observation', id: member.slice('Observation/'.length) });
    }
    await resumeResource(tx, parts, key, subject);
  }
}

async function resumeResource(
  tx: StoreTransaction,
  parts: PipelineDependencies,
  key: ResourceKey,
  subject: Subject,
): Promise<void> {
  const marker = await findNewestVersionMarker(tx, key);
  const current = await tx.inbox.getCurrent(key);
  if (marker && current) await applyVersionMarker(tx, parts, marker, current);
  if ((await tx.inbox.getCurrent(key))?.retention === 'withheld')
    await requestResend(tx, parts, key, subject);
  await restate(tx, parts, key);
}

/** Puts in force what the marker records: a deletion, or a version whose content must be sent again. */
async function applyVersionMarker(
  tx: StoreTransaction,
  parts: PipelineDependencies,
  marker: ResourceVersion,
  current: ResourceVersion,
): Promise<void> {
  const shared = {
    ...marker,
    receivedAt: parts.now().toISOString(),
    disposition: 'withdrawn',
  } as const;
  if (marker.retention === 'deletion-marker') {
    const { digest, retention } = current;
    await retireCurrentVersion(tx, parts, { ...shared, digest, retention }, []);
    return;
  }
  const { body, site } = current;
  const resource = body === null ? null : (parseJson(body) as Resource);
  const references = resource ? listIndexedReferences(resource, parts.siteContext(site).ehrBase) : [];
  await retireCurrentVersion(tx, parts, { ...shared, digest: null, retention: 'withheld' }, references);
}

async function requestResend(
  tx: StoreTransaction,
  parts: PipelineDependencies,
  key: ResourceKey,
  { study, subject }: Subject,
): Promise<void> {
  await holdAsWorkItem(tx, parts, key, {
    reason: 'version-not-kept',
    element: `${key.resourceType}.meta.versionId`,
    group: `${study} ${subject}`,
    detail:
      'A newer version came while consent was withdrawn and was not kept; what it replaced is no longer true.',
    fix: 'Send the resource again as it is now.',
    waitsFor: null,
  });
}
