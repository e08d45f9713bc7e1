import { formatSubjectToken } from '../../fhir/canonical-urls.ts';
import { readPatientIdentifiers } from '../../intake/patient-identifiers.ts';
import { isSameSubject, removeDuplicateSubjects } from '../../pipeline/identity/narrow-subjects.ts';
import { hashPatientIdentifier, hashRecordIdentifier, openPayload } from '../../pipeline/sealed-payloads.ts';
import type { SiteTransaction } from '../../pipeline/site-transaction.ts';
import type { ResourceKey } from '../../store/inbox-store.ts';
import type { SealedPayload } from '../../store/sealed-payload-store.ts';
import type { SubjectKey } from '../../store/subject-store.ts';

/** A person at a site, as far as they are to be erased. */
export interface ErasedPerson {
  /** Their numbers that are erased; empty for a patient who is not enrolled. */
  readonly subjects: readonly SubjectKey[];
  /** Their numbers in studies that keep them. */
  readonly keptSubjects: readonly SubjectKey[];
  /** What means them and nobody else: identifiers that people share who differ are left out. */
  readonly identifiers: readonly string[];
}

/** Lists those of the identifiers that link nobody because people who differ carry them. */
async function listContested(
  tx: SiteTransaction,
  identifiers: readonly string[],
): Promise<ReadonlySet<string>> {
  const contested = await tx.subjects.listContestedIdentifiers(tx.site, identifiers);
  return new Set(contested.map(({ identifier }) => identifier));
}

/** Lists every identifier by which the site knows the subject. */
async function listOwnIdentifiers(
  tx: SiteTransaction,
  { study, subject }: SubjectKey,
): Promise<readonly string[]> {
  const linked = await tx.subjects.listPatientIdentifiers(study, subject);
  const enrolled = await tx.subjects.listEnrolmentIdentifiersFor(study, subject);
  const all = [...new Set([...linked, ...enrolled, formatSubjectToken(study, subject)])];
  const contested = await listContested(tx, all);
  return all.filter((identifier) => !contested.has(identifier));
}

/** Finds the person of a subject: their identifiers, and their numbers in other studies of the site. */
export async function findPersonOfSubject(
  tx: SiteTransaction,
  subject: SubjectKey,
  withOtherStudies: boolean,
): Promise<ErasedPerson> {
  const identifiers = await listOwnIdentifiers(tx, subject);
  const found = await tx.subjects.findByIdentifiers(tx.site, identifiers);
  const others = removeDuplicateSubjects(found).filter((other) => !isSameSubject(subject)(other));
  if (!withOtherStudies) return { subjects: [subject], keptSubjects: others, identifiers };
  const ofOthers = await Promise.all(others.map((other) => listOwnIdentifiers(tx, other)));
  return {
    subjects: [subject, ...others],
    keptSubjects: [],
    identifiers: [...new Set([...identifiers, ...ofOthers.flat()])],
  };
}

/** Lists the sealed payloads about a patient with one of the identifiers. */
export function listSealedPayloads(
  tx: SiteTransaction,
  identifiers: readonly string[],
): Promise<readonly SealedPayload[]> {
  const hashes = identifiers.flatMap((identifier) => [
    hashPatientIdentifier(tx, identifier),
    hashRecordIdentifier(tx, identifier),
  ]);
  return tx.sealedPayloads.listForPatient(tx.site, hashes);
}

/** Lists the identifiers of a sealed Patient that mean no subject and nobody else; none for another resource. */
async function listCarriedIdentifiers(
  tx: SiteTransaction,
  payload: SealedPayload,
): Promise<readonly string[]> {
  const { resource } = openPayload(tx, payload).interaction;
  if (resource?.resourceType !== 'Patient') return [];
  const carried = readPatientIdentifiers(resource, tx.ehrBase).identifiers;
  const contested = await listContested(tx, carried);
  const linked = await tx.subjects.listIdentifierLinks(tx.site, carried);
  const isOthers = (each: string) => contested.has(each) || linked.some((link) => link.identifier === each);
  return carried.filter((each) => !isOthers(each));
}

/**
 * Finds the identifiers of a patient who is not enrolled: those of the sealed Patients with the identifier, and so on. Those that
 * mean a subject, or that people share who differ, are left out.
 */
export async function findUnenrolledPerson(tx: SiteTransaction, identifier: string): Promise<ErasedPerson> {
  const identifiers = new Set([identifier]);
  // The iteration also visits identifiers that are added to the set during it.
  for (const known of identifiers)
    for (const payload of await listSealedPayloads(tx, [known]))
      for (const carried of await listCarriedIdentifiers(tx, payload)) identifiers.add(carried);
  return { subjects: [], keptSubjects: [], identifiers: [...identifiers] };
}

/** Lists every resource that is about the person: by its facts, by the identifiers that it names, and by its key. */
export async function listResourcesOfPerson(
  tx: SiteTransaction,
  { subjects, identifiers }: ErasedPerson,
): Promise<readonly ResourceKey[]> {
  const found: ResourceKey[] = [];
  for (const subject of subjects) {
    found.push(...(await tx.facts.listResources(subject.study, subject.subject)));
    found.push(...(await tx.erasures.listResourcesUnderKey(subject)));
  }
  for (const identifier of identifiers) found.push(...(await tx.inbox.listReferrers(tx.site, identifier)));
  return [...new Map(found.map((key) => [`${key.resourceType}/${key.id}`, key])).values()];
}
