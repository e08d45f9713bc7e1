import {
  listRecordIdentifiers,
  type PatientRecord,
  readPatientRecord,
} from '../../intake/patient-identifiers.ts';
import type { ResourceKey } from '../../store/inbox-store.ts';
import type { ContestedIdentifier } from '../../store/subject-store.ts';
import { parseContent } from '../current-versions.ts';
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
  /** Identifiers that so many Patients carry that they identify nobody. */
  readonly overused: readonly string[];
  /** Whether the Patients are so many that they were not all collected: nobody can then say who of them is who. */
  readonly isTooLarge: boolean;
}

/** The most Patients that may carry one identifier, be merged with one Patient, and be collected as those of one person. */
const MAX_CARRIERS = 20;
export const MAX_RECORDS = 30;
/** The most identifiers of one person. */
const MAX_IDENTIFIERS = 1_000;

/** Reads the record of the current version of a Patient; null where the store has no content of it. */
export async function readCurrentPatientRecord(
  tx: SiteTransaction,
  key: ResourceKey,
): Promise<PatientRecord | null> {
  const version = await tx.inbox.getCurrent(key);
  const patient = version && parseContent(version);
  return patient ? readPatientRecord(patient, tx.ehrBase) : null;
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
  const found: Collected = {
    linked: new Set([...identifiers, ...(incoming ? listRecordIdentifiers(incoming.record) : [])]),
    records: new Map(incoming ? [[incoming.record.id, incoming.record]] : []),
    unkeptRecords: new Set(incoming?.isUnkept ? [incoming.record.id] : []),
    enrolled: [],
    overused: [],
  };
  let isTooLarge = false;
  // The iteration also visits identifiers that are added to the set during it.
  for (const identifier of found.linked) {
    await addEnrolments(tx, identifier, found);
    const isFollowed = await addCarriers(tx, identifier, found);
    // A shared number just identifies nobody; a merge with more Patients than are followed leaves open whose they are.
    isTooLarge =
      (!isFollowed && identifier.startsWith('Patient/')) ||
      found.records.size > MAX_RECORDS ||
      found.linked.size > MAX_IDENTIFIERS;
    if (isTooLarge) break;
  }
  const { linked, records, ...others } = found;
  return { identifiers: [...linked], records: [...records.values()], ...others, isTooLarge };
}

/** What has been collected so far. */
interface Collected {
  readonly linked: Set<string>;
  readonly records: Map<string, PatientRecord>;
  readonly unkeptRecords: Set<string>;
  readonly enrolled: EnrolmentIdentifier[];
  readonly overused: string[];
}

async function addEnrolments(
  tx: SiteTransaction,
  identifier: string,
  { linked, enrolled }: Collected,
): Promise<void> {
  const found = await findEnrolmentIdentifiers(tx, identifier, enrolled);
  enrolled.push(...found);
  for (const { subject } of found)
    for (const own of await tx.subjects.listEnrolmentIdentifiersFor(subject.study, subject.subject))
      linked.add(own);
}

/** Adds the Patients that carry the identifier, and their other identifiers; false where they are too many. */
async function addCarriers(
  tx: SiteTransaction,
  identifier: string,
  { linked, records, unkeptRecords, overused }: Collected,
): Promise<boolean> {
  const carriers = await findCarriers(tx, identifier);
  if (!carriers) {
    overused.push(identifier);
    return false;
  }
  for (const { record, isSealed } of await readCarriers(tx, carriers, records)) {
    records.set(record.id, record);
    if (isSealed) unkeptRecords.add(record.id);
    for (const own of listRecordIdentifiers(record)) linked.add(own);
  }
  return true;
}

/** The Patients that carry an identifier or are merged with it: those in the inbox, and sealed ones by their hash. */
interface Carriers {
  readonly keys: readonly ResourceKey[];
  readonly sealed: readonly string[];
}

/** Finds the Patients that carry the identifier; null where they are more than are followed. */
async function findCarriers(tx: SiteTransaction, identifier: string): Promise<Carriers | null> {
  const limit = MAX_CARRIERS + 1;
  const keys = await tx.inbox.listReferrers(tx.site, identifier, { resourceType: 'Patient', limit });
  const sealed = (await tx.sealedPayloads.isEmpty(tx.site))
    ? []
    : await tx.sealedPayloads.listResourceHashes(tx.site, hashRecordIdentifier(tx, identifier), limit);
  return keys.length + sealed.length > MAX_CARRIERS ? null : { keys, sealed };
}

/** Reads the records of the carriers that are not known yet: of sealed Patients the newest version. */
async function readCarriers(
  tx: SiteTransaction,
  { keys, sealed }: Carriers,
  known: ReadonlyMap<string, PatientRecord>,
): Promise<readonly { readonly record: PatientRecord; readonly isSealed: boolean }[]> {
  const found = new Map<string, { readonly record: PatientRecord; readonly isSealed: boolean }>();
  for (const key of keys) {
    const record = known.has(`Patient/${key.id}`) ? null : await readCurrentPatientRecord(tx, key);
    if (record) found.set(record.id, { record, isSealed: false });
  }
  for (const resourceHash of sealed) {
    const patient = await findNewestSealed(tx, resourceHash, null);
    const record = patient && readPatientRecord(patient, tx.ehrBase);
    if (record && !known.has(record.id) && !found.has(record.id))
      found.set(record.id, { record, isSealed: true });
  }
  return [...found.values()];
}

/** Derives persons and contests from the records, and from what is known of contests whose Patient was destroyed. */
export async function linkRecords(
  tx: SiteTransaction,
  { identifiers, records, enrolled, overused, isTooLarge }: LinkedIdentifiers,
): Promise<RecordLinkage & { readonly destroyed: readonly ContestedIdentifier[] }> {
  const hashes = new Set(records.map(({ id }) => hashPatientIdentifier(tx, id)));
  const known = await tx.subjects.listContestedIdentifiers(tx.site, identifiers);
  const destroyed = known.filter(({ isSealed, patientHash }) => isSealed && !hashes.has(patientHash));
  if (isTooLarge) return { persons: [], contests: [], destroyed };
  const contested = [...overused, ...destroyed.map(({ identifier }) => identifier)];
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

/**
 * Finds the person that a Patient describes; `record` is the current Patient or an incoming version of it. Null where the
 * Patient is linked with more others than are followed.
 */
export async function findPersonForRecord(
  tx: SiteTransaction,
  record: PatientRecord,
): Promise<Person | null> {
  const known = tx.linkage.personsById?.get(record.id);
  if (known) return known;
  const linked = await collectLinkedIdentifiers(tx, [], { record, isUnkept: false });
  if (linked.isTooLarge) return null;
  const { persons } = await linkRecords(tx, linked);
  const person = persons.find(({ ids }) => ids.includes(record.id));
  if (!person) throw new Error('A Patient belongs to no person.');
  return person;
}
