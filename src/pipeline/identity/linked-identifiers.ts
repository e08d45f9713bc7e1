import { parseJson } from '../../fhir/lossless-json.ts';
import type { Resource } from '../../fhir/resource.ts';
import {
  listRecordIdentifiers,
  type PatientRecord,
  readPatientRecord,
} from '../../intake/patient-identifiers.ts';
import type { ResourceKey, StoreTransaction } from '../../store/store.ts';
import type { PipelineDependencies } from '../dependencies.ts';
import { type EnrolmentIdentifier, matchPersons, type Person } from './match-patients.ts';
import { isSameSubject } from './resolve-subject.ts';

type SiteLookup = Pick<PipelineDependencies, 'siteContext'>;

/** Everything at a site that has a bearing on what some names mean. */
export interface LinkedIdentifiers {
  readonly identifiers: readonly string[];
  readonly records: readonly PatientRecord[];
  readonly enrolled: readonly EnrolmentIdentifier[];
}

/** The record that a Patient in force is; null where there is none. */
export async function readCurrentPatientRecord(
  tx: StoreTransaction,
  parts: SiteLookup,
  key: ResourceKey,
): Promise<PatientRecord | null> {
  const version = await tx.inbox.getCurrent(key);
  if (!version?.body) return null;
  return readPatientRecord(parseJson(version.body) as Resource, parts.siteContext(key.site).ehrBase);
}

/** The names, who has them, what else these are called, and so on. `arriving` stands for its version in force. */
export async function collectLinkedIdentifiers(
  tx: StoreTransaction,
  parts: SiteLookup,
  site: string,
  names: readonly string[],
  arriving: PatientRecord | null,
): Promise<LinkedIdentifiers> {
  const all = new Set([...names, ...(arriving ? listRecordIdentifiers(arriving) : [])]);
  const records: PatientRecord[] = arriving ? [arriving] : [];
  const enrolled: EnrolmentIdentifier[] = [];
  // A set hands out what is added to it meanwhile.
  for (const name of all) {
    const owners = await findEnrolmentIdentifiers(tx, site, name, enrolled);
    const more = await findPatientRecords(tx, parts, site, name, records);
    enrolled.push(...owners);
    records.push(...more);
    const others = more.flatMap(listRecordIdentifiers);
    for (const { subject } of owners)
      others.push(...(await tx.subjects.listEnrolmentIdentifiersFor(subject.study, subject.subject)));
    for (const other of others) all.add(other);
  }
  return { identifiers: [...all], records, enrolled };
}

async function findEnrolmentIdentifiers(
  tx: StoreTransaction,
  site: string,
  name: string,
  known: readonly EnrolmentIdentifier[],
): Promise<readonly EnrolmentIdentifier[]> {
  const found: EnrolmentIdentifier[] = [];
  for (const owner of await tx.subjects.listEnrolmentIdentifiers(site, [name])) {
    const same = known.find(({ subject }) => isSameSubject(owner)(subject));
    const subject = same?.subject ?? (await tx.subjects.get(owner.study, owner.subject));
    if (subject) found.push({ identifier: name, subject });
  }
  return found;
}

/** The Patients in force that have the name or are merged with it, without those that are known. */
async function findPatientRecords(
  tx: StoreTransaction,
  parts: SiteLookup,
  site: string,
  name: string,
  known: readonly PatientRecord[],
): Promise<readonly PatientRecord[]> {
  const found: PatientRecord[] = [];
  for (const key of await tx.inbox.listReferrers(site, name)) {
    if (key.resourceType !== 'Patient' || known.some(({ id }) => id === `Patient/${key.id}`)) continue;
    const record = await readCurrentPatientRecord(tx, parts, key);
    if (record) found.push(record);
  }
  return found;
}

/** The person whom a Patient, in force or arriving, is a record of. */
export async function findPersonForRecord(
  tx: StoreTransaction,
  parts: SiteLookup,
  site: string,
  record: PatientRecord,
): Promise<Person> {
  const { records, enrolled } = await collectLinkedIdentifiers(tx, parts, site, [], record);
  const person = matchPersons(records, enrolled).find(({ ids }) => ids.includes(record.id));
  if (!person) throw new Error('A Patient is no person.');
  return person;
}
