import { parseJson } from '../../fhir/lossless-json.ts';
import type { Resource } from '../../fhir/resource.ts';
import type { ResourceKey, ResourceVersion } from '../../store/inbox-store.ts';
import type { Subject } from '../../trial/facts.ts';
import { readCurrentContent } from '../facts/current-content.ts';
import { resolveContext } from '../facts/inherit-from-report.ts';
import { listIndexedReferences, listMembers } from '../facts/references.ts';
import { restate } from '../facts/restate.ts';
import { holdAsWorkItem } from '../facts/store-facts.ts';
import type { IntakeTransaction, SiteTransaction } from '../site-transaction.ts';
import {
  buildResourceVersion,
  type IncomingVersion,
  retireCurrentVersion,
  supersedeWithoutContent,
} from './apply-version.ts';
import { addVersionMarker, findNewestVersionMarker, hasVersionMarker } from './version-markers.ts';

/*
 * While consent is withdrawn, the subject's facts stay as they are, and no content that arrives is kept. It must however be
 * recorded that a resource in the store has a newer version or was deleted: if the subject takes part again, the stored
 * version is out of date.
 */

/** Whether the current version is about subjects who have withdrawn, and nobody else. */
export async function hasOnlyWithdrawnSubjects(tx: SiteTransaction, key: ResourceKey): Promise<boolean> {
  const content = await readCurrentContent(tx, key);
  if (!content || key.resourceType === 'ResearchSubject') return false;
  const { subjects } = await resolveContext(tx, key, content);
  return subjects.length > 0 && subjects.every(({ status }) => status === 'withdrawn');
}

/** Records, without content, that a version about withdrawn subjects arrived; nothing where the resource is unknown. */
export async function withholdVersion(
  tx: IntakeTransaction,
  incoming: IncomingVersion,
  patientIdentifiers: readonly string[],
): Promise<void> {
  const { key } = incoming;
  if (!(await tx.inbox.getCurrent(key))) return;
  const row = buildResourceVersion(tx, incoming, 'superseded');
  if (await hasOnlyWithdrawnSubjects(tx, key)) {
    await addVersionMarker(tx, key, { ...row, digest: null, retention: 'marker' });
    return;
  }
  // Until now the resource was about somebody else: those facts are retracted.
  if (!(await hasVersionMarker(tx, key, { ...row, retention: 'withheld' })))
    await supersedeWithoutContent(tx, incoming, patientIdentifiers);
}

/** Records that the sender deleted the resource. */
export async function withholdDeletion(tx: IntakeTransaction, current: ResourceVersion): Promise<void> {
  await addVersionMarker(tx, current, {
    ...current,
    receivedAt: tx.now.toISOString(),
    door: tx.door,
    disposition: 'superseded',
    digest: null,
    retention: 'deletion-marker',
  });
}

/**
 * Resumes the processing of a subject who takes part again. Versions and deletions that were recorded meanwhile take
 * effect: the facts of these resources are retracted, and a work item asks the site to send them again. All other
 * resources of the subject are restated.
 */
export async function resumeParticipation(tx: SiteTransaction, subject: Subject): Promise<void> {
  const keys = new Map<string, ResourceKey>();
  for (const key of await listSubjectResources(tx, subject)) keys.set(`${key.resourceType}/${key.id}`, key);
  // The iteration also visits members of reports, which are added during it: a member may name no patient itself.
  for (const key of keys.values()) {
    const resource = (await readCurrentContent(tx, key))?.resource;
    for (const member of resource ? listMembers(resource) : []) {
      const id = member.slice('Observation/'.length);
      keys.set(member, { site: tx.site, resourceType: 'Observation', id });
    }
    await resumeResource(tx, key, subject);
  }
}

/** Lists the resources that state facts of the subject, and those that refer to them. */
async function listSubjectResources(
  tx: SiteTransaction,
  { study, subject }: Subject,
): Promise<readonly ResourceKey[]> {
  const stated = await tx.facts.listResources(study, subject);
  // Answers of a person are no resources: they stay as they are.
  const keys = stated.filter(({ resourceType }) => resourceType !== 'WorkItem');
  for (const identifier of await tx.subjects.listPatientIdentifiers(study, subject))
    keys.push(...(await tx.inbox.listReferrers(tx.site, identifier)));
  return keys;
}

async function resumeResource(tx: SiteTransaction, key: ResourceKey, subject: Subject): Promise<void> {
  const marker = await findNewestVersionMarker(tx, key);
  const current = await tx.inbox.getCurrent(key);
  if (marker && current) await applyVersionMarker(tx, marker, current);
  if ((await tx.inbox.getCurrent(key))?.retention === 'withheld') await requestResend(tx, key, subject);
  await restate(tx, key);
}

/** Applies the deletion or the version that the marker records; the content of a version must be sent again. */
async function applyVersionMarker(
  tx: SiteTransaction,
  marker: ResourceVersion,
  current: ResourceVersion,
): Promise<void> {
  const row = { ...marker, receivedAt: tx.now.toISOString(), disposition: 'withdrawn' } as const;
  if (marker.retention === 'deletion-marker') {
    const { digest, retention } = current;
    await retireCurrentVersion(tx, { ...row, digest, retention }, []);
    return;
  }
  const resource = current.body === null ? null : (parseJson(current.body) as Resource);
  const references = resource ? listIndexedReferences(resource, tx.ehrBase) : [];
  await retireCurrentVersion(tx, { ...row, digest: null, retention: 'withheld' }, references);
}

async function requestResend(
  tx: SiteTransaction,
  key: ResourceKey,
  { study, subject }: Subject,
): Promise<void> {
  await holdAsWorkItem(tx, key, {
    reason: 'version-not-kept',
    element: `${key.resourceType}.meta.versionId`,
    group: `${study} ${subject}`,
    detail:
      'A newer version arrived while consent was withdrawn and was not kept; the version before it no longer counts.',
    fix: 'Send the resource again in its current version.',
    waitsFor: null,
  });
}
