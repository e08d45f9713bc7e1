import { parseJson } from '../../fhir/lossless-json.ts';
import type { Resource } from '../../fhir/resource.ts';
import { readPatientIdentifiers } from '../../intake/patient-identifiers.ts';
import type { Decider } from '../../pipeline/decisions/decider.ts';
import { isSameSubject, removeDuplicateSubjects } from '../../pipeline/identity/narrow-subjects.ts';
import { hashErasedPatient, hashErasedSubject } from '../../pipeline/receive/erased-patients.ts';
import { destroySealedResource } from '../../pipeline/receive/sealing.ts';
import { hashPatientIdentifier } from '../../pipeline/sealed-payloads.ts';
import type { SiteTransaction } from '../../pipeline/site-transaction.ts';
import type { ErasedCounts, ErasureRecord } from '../../store/erasure-store.ts';
import type { ResourceKey } from '../../store/inbox-store.ts';
import type { SubjectKey } from '../../store/subject-store.ts';
import { type ErasedPerson, listResourcesOfPerson, listSealedPayloads } from './erased-person.ts';
import { eraseNamingWorkItems, eraseTextReviews, listWaitedItems } from './naming-work-items.ts';

/** What an EHR may have from the adapter about the person. */
export interface WrittenBackResource {
  readonly site: string;
  readonly resourceType: string;
  readonly identifier: string;
  /** Where the EHR has it; null where it did not say. */
  readonly location: string | null;
}

/** What was erased, and what others have that this program cannot erase. Printed as JSON. */
export interface ErasureOutcome {
  readonly record: ErasureRecord;
  readonly sent: readonly WrittenBackResource[];
  /** The person's numbers in studies that keep them. */
  readonly keptSubjects: readonly SubjectKey[];
  /** Resources that also concern those numbers and were kept for them. */
  readonly keptResources: number;
}

/** Lists the numbers, other than those that are erased, that a resource is about. */
async function listOtherOwners(
  tx: SiteTransaction,
  key: ResourceKey,
  { subjects }: ErasedPerson,
): Promise<readonly SubjectKey[]> {
  const body = (await tx.inbox.getCurrent(key))?.body;
  const named = body ? readPatientIdentifiers(parseJson(body) as Resource, tx.ehrBase).identifiers : [];
  const owners = [
    ...(await tx.facts.listSubjects(key)),
    ...(await tx.subjects.findByIdentifiers(tx.site, named)),
  ];
  return removeDuplicateSubjects(owners).filter((owner) => !subjects.some(isSameSubject(owner)));
}

/** Removes the resources of the person; what another number of theirs needs is kept for it, under its key. */
async function eraseResources(tx: SiteTransaction, person: ErasedPerson) {
  const removed: ResourceKey[] = [];
  const digests: string[] = [];
  let versions = 0;
  let kept = 0;
  for (const key of await listResourcesOfPerson(tx, person)) {
    const [owner] = await listOtherOwners(tx, key, person);
    if (owner) {
      for (const subject of person.subjects) await tx.erasures.moveToKey(key, subject, owner);
      kept += 1;
      continue;
    }
    const removedDigests = await tx.erasures.removeResource(key);
    versions += removedDigests.length;
    digests.push(...removedDigests.filter((digest) => digest !== null));
    removed.push(key);
  }
  return { removed, digests, versions, kept };
}

async function eraseSubjects(tx: SiteTransaction, subjects: readonly SubjectKey[]) {
  const total = { assessments: 0, outboxEntries: 0, identifiers: 0 };
  for (const subject of subjects) {
    const removed = await tx.erasures.removeSubject(subject);
    for (const name of Object.keys(total) as (keyof typeof total)[]) total[name] += removed[name];
  }
  return total;
}

/** Removes what is known of contests of the identifiers, and of those that the person's Patients raise. */
async function eraseContests(tx: SiteTransaction, identifiers: readonly string[]): Promise<void> {
  await tx.subjects.replaceContestedIdentifiers(tx.site, identifiers, []);
  for (const patient of identifiers) {
    const hash = hashPatientIdentifier(tx, patient);
    for (const identifier of await tx.subjects.listIdentifiersContestedBy(tx.site, hash)) {
      const contested = await tx.subjects.listContestedIdentifiers(tx.site, [identifier]);
      const others = contested.filter(({ patientHash }) => patientHash !== hash);
      await tx.subjects.replaceContestedIdentifiers(tx.site, [identifier], others);
    }
  }
}

async function listSent(
  tx: SiteTransaction,
  subjects: readonly SubjectKey[],
): Promise<readonly WrittenBackResource[]> {
  const entries = await tx.outbox.list({ site: tx.site });
  return entries
    .filter((entry) => entry.handedOut > 0 && subjects.some(isSameSubject(entry)))
    .map(({ site, resourceType, identifier, location }) => ({ site, resourceType, identifier, location }));
}

/** Remembers the person by hash; the identifiers only where no study keeps them. */
async function rememberPerson(
  tx: SiteTransaction,
  { subjects, keptSubjects, identifiers }: ErasedPerson,
): Promise<void> {
  const hashes = subjects.map((subject) => hashErasedSubject(tx, subject));
  if (keptSubjects.length === 0)
    hashes.push(...identifiers.map((identifier) => hashErasedPatient(tx, identifier)));
  await tx.erasures.remember(hashes);
}

async function eraseSealedPayloads(tx: SiteTransaction, identifiers: readonly string[]): Promise<number> {
  const payloads = await listSealedPayloads(tx, identifiers);
  let destroyed = 0;
  for (const hash of new Set(payloads.map(({ resourceHash }) => resourceHash)))
    destroyed += await destroySealedResource(tx, hash);
  return destroyed;
}

/**
 * Erases a person: their resources in every version, facts, assessments, outbox entries, work items, identifiers and sealed
 * payloads, and destroys their keys. What remains is a record without their name. `named`: the keyed hash of what the operator
 * has named them by. Returns also the ids of the work items that were erased, whose decisions are in files too.
 */
export async function erasePerson(
  tx: SiteTransaction,
  person: ErasedPerson,
  named: string,
  { by, why }: Decider,
): Promise<{ readonly outcome: ErasureOutcome; readonly erasedItems: readonly string[] }> {
  const { subjects, keptSubjects } = person;
  const identifiers = keptSubjects.length === 0 ? person.identifiers : [];
  const sent = await listSent(tx, subjects);
  const items = await listWaitedItems(tx);
  let facts = 0;
  for (const { study, subject } of subjects) facts += (await tx.facts.listForSubject(study, subject)).length;
  const resources = await eraseResources(tx, person);
  const names = { subjects, identifiers, resources: resources.removed };
  const erasedItems = [
    ...(await eraseNamingWorkItems(tx, items, names)),
    ...(await eraseTextReviews(tx, names)),
  ];
  const sealedPayloads = await eraseSealedPayloads(tx, identifiers);
  await eraseContests(tx, identifiers);
  const removedOfSubjects = await eraseSubjects(tx, subjects);
  await rememberPerson(tx, person);
  const removed: ErasedCounts = {
    resources: resources.removed.length,
    versions: resources.versions,
    facts,
    ...removedOfSubjects,
    workItems: erasedItems.length,
    sealedPayloads,
  };
  const record: ErasureRecord = {
    at: tx.now.toISOString(),
    by,
    why: why ?? '',
    site: tx.site,
    studies: subjects.map(({ study }) => study),
    person: named,
    contents: tx.erasures.hash(resources.digests.join('\n')),
    removed,
  };
  await tx.erasures.add(record);
  return {
    outcome: { record, sent, keptSubjects, keptResources: resources.kept },
    erasedItems,
  };
}
