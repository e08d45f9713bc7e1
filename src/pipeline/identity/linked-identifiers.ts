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

/** Everything at a site that affects what some patient identifiers mean. */
interface LinkedIdentifiers {
  readonly identifiers: readonly string[];
  readonly records: readonly PatientRecord[];
  readonly enrolled: readonly EnrolmentIdentifier[];
}

/** Returns the record of the Patient in force; null where there is none. */
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
 * `incoming` takes the place of its version in force.
 */
export async function collectLinkedIdentifiers(
  tx: SiteTransaction,
  identifiers: readonly string[],
  incoming: PatientRecord | null = null,
): Promise<LinkedIdentifiers> {
  const linked = new Set([...identifiers, ...(incoming ? listRecordIdentifiers(incoming) : [])]);
  const records: PatientRecord[] = incoming ? [incoming] : [];
  const enrolled: EnrolmentIdentifier[] = [];
  // Iterating a set includes what is added to it during the iteration.
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

/** Returns the Patients in force that have the identifier or are merged with it, without those already known. */
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

/** Returns the person whose record a Patient is; `record` is the Patient in force or an incoming version of it. */
export async function findPersonForRecord(tx: SiteTransaction, record: PatientRecord): Promise<Person> {
  const { records, enrolled } = await collectLinkedIdentifiers(tx, [], record);
  const person = matchPersons(records, enrolled).find(({ ids }) => ids.includes(record.id));
  if (!person) throw new Error('A Patient belongs to no person.');
  return person;
}
