import { parseJson } from '../../fhir/lossless-json.ts';
import type { Resource } from '../../fhir/resource.ts';
import {
  listRecordIdentifiers,
  type PatientRecord,
  readPatientRecord,
} from '../../intake/patient-identifiers.ts';
import type { ResourceKey } from '../../store/store.ts';
import type { SiteTransaction } from '../site-transaction.ts';
import { type EnrolmentIdentifier, matchPersons, type Person } from './match-patients.ts';
import { isSameSubject } from './narrow-subjects.ts';

/** Everything at a site that affects the links of some patient identifiers. */
interface LinkedIdentifiers {
  readonly identifiers: readonly string[];
  readonly records: readonly PatientRecord[];
  readonly enrolled: readonly EnrolmentIdentifier[];
}

/** Reads the record of the current version of a Patient; null where the store has no content of it. */
export async function readCurrentPatientRecord(
  tx: SiteTransaction,
  key: ResourceKey,
): Promise<PatientRecord | null> {
  const version = await tx.inbox.getCurrent(key);
  if (!version?.body) return null;
  return readPatientRecord(parseJson(version.body) as Resource, tx.ehrBase);
}

/**
 * Collects the identifiers, the Patients and enrolments that use them, the other identifiers of these, and so on.
 * `incoming` takes the place of the current version of that Patient.
 */
export async function collectLinkedIdentifiers(
  tx: SiteTransaction,
  identifiers: readonly string[],
  incoming: PatientRecord | null = null,
): Promise<LinkedIdentifiers> {
  const linked = new Set([...identifiers, ...(incoming ? listRecordIdentifiers(incoming) : [])]);
  const records: PatientRecord[] = incoming ? [incoming] : [];
  const enrolled: EnrolmentIdentifier[] = [];
  // The iteration also visits identifiers that are added to the set during it.
  for (const identifier of linked) {
    const newEnrolled = await findEnrolmentIdentifiers(tx, identifier, enrolled);
    const newRecords = await findPatientRecords(tx, identifier, records);
    enrolled.push(...newEnrolled);
    records.push(...newRecords);
    const found = newRecords.flatMap(listRecordIdentifiers);
    for (const { subject } of newEnrolled)
      found.push(...(await tx.subjects.listEnrolmentIdentifiersFor(subject.study, subject.subject)));
    for (const foundIdentifier of found) linked.add(foundIdentifier);
  }
  return { identifiers: [...linked], records, enrolled };
}

async function findEnrolmentIdentifiers(
  tx: SiteTransaction,
  identifier: string,
  known: readonly EnrolmentIdentifier[],
): Promise<readonly EnrolmentIdentifier[]> {
  const found: EnrolmentIdentifier[] = [];
  for (const enrolment of await tx.subjects.listEnrolmentIdentifiers(tx.site, [identifier])) {
    const loaded = known.find(({ subject }) => isSameSubject(enrolment)(subject));
    const subject = loaded?.subject ?? (await tx.subjects.get(enrolment.study, enrolment.subject));
    if (subject) found.push({ identifier, subject });
  }
  return found;
}

/** Finds the current Patients that have the identifier or are merged with it, without those already known. */
async function findPatientRecords(
  tx: SiteTransaction,
  identifier: string,
  known: readonly PatientRecord[],
): Promise<readonly PatientRecord[]> {
  const found: PatientRecord[] = [];
  for (const key of await tx.inbox.listReferrers(tx.site, identifier)) {
    if (key.resourceType !== 'Patient' || known.some(({ id }) => id === `Patient/${key.id}`)) continue;
    const record = await readCurrentPatientRecord(tx, key);
    if (record) found.push(record);
  }
  return found;
}

/** Finds the person that a Patient describes; `record` is the current Patient or an incoming version of it. */
export async function findPersonForRecord(tx: SiteTransaction, record: PatientRecord): Promise<Person> {
  const { records, enrolled } = await collectLinkedIdentifiers(tx, [], record);
  const person = matchPersons(records, enrolled).find(({ ids }) => ids.includes(record.id));
  if (!person) throw new Error('A Patient belongs to no person.');
  return person;
}
