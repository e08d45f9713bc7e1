import type { PatientRecord } from '../../intake/patient-identifiers.ts';
import type { IdentifierLink, SubjectKey } from '../../store/subject-store.ts';
import { restate, restateByIdentifiers } from '../facts/restate.ts';
import { collectLinkedIdentifiers, linkRecords } from '../identity/linked-identifiers.ts';
import { deriveIdentifierLinks, type Person } from '../identity/match-patients.ts';
import { isSameSubject, removeDuplicateSubjects } from '../identity/narrow-subjects.ts';
import type { UnsealedInteraction } from '../sealed-payloads.ts';
import type { SiteTransaction } from '../site-transaction.ts';
import { unsealPayloads, updateSealedReasons } from './sealing.ts';
import { storeContests } from './store-contests.ts';

const formatLink = (link: IdentifierLink): string => JSON.stringify(Object.entries(link).sort());

/** Selects the links that `others` does not contain. */
function subtractLinks(
  links: readonly IdentifierLink[],
  others: readonly IdentifierLink[],
): readonly IdentifierLink[] {
  const known = new Set(others.map(formatLink));
  return links.filter((link) => !known.has(formatLink(link)));
}

const listIdentifiers = (links: readonly IdentifierLink[]): readonly string[] => [
  ...new Set(links.map(({ identifier }) => identifier)),
];

/** Indexes the persons by each of their Patients. Those of which nothing is known but an id describe nobody. */
const indexPersons = (persons: readonly Person[]): ReadonlyMap<string, Person> =>
  new Map(persons.flatMap((person) => person.records.map(({ id }) => [id, person] as const)));

/** What is known of the Patient whose change is the reason to link again. */
interface RelinkCause {
  /** `Patient/id` of a Patient that has just been restated. */
  readonly restated?: string | null;
  /** A Patient that was not kept, because its patient is not enrolled. */
  readonly unkept?: PatientRecord | null;
}

/**
 * Links identifiers to subjects again after a Patient or an enrolment has arrived, changed or been deleted, and restates
 * every resource that changes its subjects by this. Returns the payloads that are no longer sealed.
 */
export async function relinkPatients(
  tx: SiteTransaction,
  changedIdentifiers: readonly string[],
  { restated = null, unkept = null }: RelinkCause = {},
): Promise<readonly UnsealedInteraction[]> {
  const incoming = unkept && { record: unkept, isUnkept: true };
  const linked = await collectLinkedIdentifiers(tx, changedIdentifiers, incoming);
  const { identifiers, records, enrolled, unkeptRecords } = linked;
  const linkage = await linkRecords(tx, linked);
  const before = await tx.subjects.listIdentifierLinks(tx.site, identifiers);
  const after = deriveIdentifierLinks(linkage.persons, enrolled);
  const contestChanges = await storeContests(tx, linked, linkage);
  const removed = subtractLinks(before, after);
  const added = subtractLinks(after, before);
  const subjects: readonly SubjectKey[] = removeDuplicateSubjects([...removed, ...added]);
  if (subjects.length > 0) await tx.subjects.replaceIdentifierLinks(tx.site, identifiers, after);
  // What is written back refers to the patient by the best of their identifiers.
  for (const { study, subject } of subjects) await tx.subjects.markForAssessment(study, subject);
  const affected = [...before, ...after].filter((link) => subjects.some(isSameSubject(link)));
  if (!linked.isTooLarge) tx.linkage.personsById = indexPersons(linkage.persons);
  // What was accepted before a contest keeps its subject only as long as the contest lasts.
  await restateByIdentifiers(tx, [...new Set([...listIdentifiers(affected), ...contestChanges])]);
  await updateSealedReasons(tx, contestChanges);
  // Another of the person's records may describe them now, even if no identifier has changed.
  for (const { id } of records.filter((record) => record.id !== restated && !unkeptRecords.has(record.id)))
    await restate(tx, { site: tx.site, resourceType: 'Patient', id: id.slice('Patient/'.length) });
  tx.linkage.personsById = null;
  return unsealPayloads(tx, listIdentifiers(added));
}
