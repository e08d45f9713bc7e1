import { parseJson } from '../../fhir/lossless-json.ts';
import type { Resource } from '../../fhir/resource.ts';
import {
  listRecordIdentifiers,
  type PatientRecord,
  readPatientRecord,
} from '../../intake/patient-identifiers.ts';
import type { ResourceKey } from '../../store/store.ts';
import type { ContestedIdentifier } from '../../store/subject-store.ts';
import { findNewestSealed, hashPatientIdentifier, hashRecordIdentifier } from '../sealed-payloads.ts';
import type { SiteTransaction } from '../site-transaction.ts';
import { type EnrolmentIdentifier, matchPersons, type Person, type RecordLinkage } from './match-patients.ts';
import { isSameSubject } from './narrow-subjects.ts';

/** Everything at a site that affects the links of some patient identifiers. */
export interface LinkedIdentifiers {
  readonly identifiers: readonly string[];
  readonly records: readonly PatientRecord[];
  /** `Patient/id` of the records that are not in the inbox: their patients are not enrolled. */
  readonly unkeptRecords: ReadonlySet<string>;
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

/** A Patient that takes the place of the stored one with its id, or of none. */
interface IncomingRecord {
  readonly record: PatientRecord;
  /** Whether it is not kept, because its patient is not enrolled. */
  readonly isUnkept: boolean;
}

/**
 * Collects the identifiers, the Patients and enrolments that use them, the other identifiers of these, and so on. Sealed
 * Patients count too: an identifier that they share with a subject may belong to somebody else.
 */
export async function collectLinkedIdentifiers(
  tx: SiteTransaction,
  identifiers: readonly string[],
  incoming: IncomingRecord | null = null,
): Promise<LinkedIdentifiers> {
  const linked = new Set([...identifiers, ...(incoming ? listRecordIdentifiers(incoming.record) : [])]);
  const records: PatientRecord[] = incoming ? [incoming.record] : [];
  const unkeptRecords = new Set(incoming?.isUnkept ? [incoming.record.id] : []);
  const enrolled: EnrolmentIdentifier[] = [];
  // The iteration also visits identifiers that are added to the set during it.
  for (const identifier of linked) {
    const newEnrolled = await findEnrolmentIdentifiers(tx, identifier, enrolled);
    const newRecords = await findPatientRecords(tx, identifier, records);
    const sealedRecords = await findSealedRecords(tx, identifier, [...records, ...newRecords]);
    enrolled.push(...newEnrolled);
    records.push(...newRecords, ...sealedRecords);
    for (const { id } of sealedRecords) unkeptRecords.add(id);
    const found = [...newRecords, ...sealedRecords].flatMap(listRecordIdentifiers);
    for (const { subject } of newEnrolled)
      found.push(...(await tx.subjects.listEnrolmentIdentifiersFor(subject.study, subject.subject)));
    for (const foundIdentifier of found) linked.add(foundIdentifier);
  }
  return { identifiers: [...linked], records, unkeptRecords, enrolled };
}

/** Finds the newest versions of sealed Patients that carry the identifier, without those already known. */
async function findSealedRecords(
  tx: SiteTransaction,
  identifier: string,
  known: readonly PatientRecord[],
): Promise<readonly PatientRecord[]> {
  const payloads = await tx.sealedPayloads.listForPatient(tx.site, [hashRecordIdentifier(tx, identifier)]);
  const found: PatientRecord[] = [];
  for (const resourceHash of new Set(payloads.map((payload) => payload.resourceHash))) {
    const patient = await findNewestSealed(tx, resourceHash, null);
    if (!patient) continue;
    const record = readPatientRecord(patient, tx.ehrBase);
    if (![...known, ...found].some(({ id }) => id === record.id)) found.push(record);
  }
  return found;
}

/** Derives persons and contests from the records, and from what is known of contests whose Patient was destroyed. */
export async function linkRecords(
  tx: SiteTransaction,
  { identifiers, records, enrolled }: LinkedIdentifiers,
): Promise<RecordLinkage & { readonly destroyed: readonly ContestedIdentifier[] }> {
  const hashes = new Set(records.map(({ id }) => hashPatientIdentifier(tx, id)));
  const known = await tx.subjects.listContestedIdentifiers(tx.site, identifiers);
  const destroyed = known.filter(({ isSealed, patientHash }) => isSealed && !hashes.has(patientHash));
  const contested = destroyed.map(({ identifier }) => identifier);
  return { ...matchPersons(records, enrolled, contested), destroyed };
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
  const linked = await collectLinkedIdentifiers(tx, [], { record, isUnkept: false });
  const { persons } = await linkRecords(tx, linked);
  const person = persons.find(({ ids }) => ids.includes(record.id));
  if (!person) throw new Error('A Patient belongs to no person.');
  return person;
}
