import { parseJson } from '../fhir/json.ts';
import type { Resource } from '../fhir/resource.ts';
import { namesOfRecord, type PatientRecord, recordOf } from '../intake/patient.ts';
import type { ResourceKey, StoreTransaction } from '../store/store.ts';
import type { PipelineParts } from './parts.ts';
import { type EnrolledName, type Person, personsOf } from './persons.ts';
import { isSubject } from './who.ts';

type Sites = Pick<PipelineParts, 'site'>;

/** Everything at a site that has a bearing on what some names mean. */
export interface Circle {
  readonly names: readonly string[];
  readonly records: readonly PatientRecord[];
  readonly enrolled: readonly EnrolledName[];
}

/** The record that a Patient in force is; null where there is none. */
export async function recordInForce(
  tx: StoreTransaction,
  parts: Sites,
  key: ResourceKey,
): Promise<PatientRecord | null> {
  const version = await tx.inbox.current(key);
  if (!version?.body) return null;
  return recordOf(parseJson(version.body) as Resource, parts.site(key.site).ehrBase);
}

/** The names, who has them, what else these are called, and so on. `arriving` stands for its version in force. */
export async function circleOf(
  tx: StoreTransaction,
  parts: Sites,
  site: string,
  names: readonly string[],
  arriving: PatientRecord | null,
): Promise<Circle> {
  const all = new Set([...names, ...(arriving ? namesOfRecord(arriving) : [])]);
  const records: PatientRecord[] = arriving ? [arriving] : [];
  const enrolled: EnrolledName[] = [];
  // A set hands out what is added to it meanwhile.
  for (const name of all) {
    const owners = await enrolledBy(tx, site, name, enrolled);
    const more = await recordsNaming(tx, parts, site, name, records);
    enrolled.push(...owners);
    records.push(...more);
    const others = more.flatMap(namesOfRecord);
    for (const { subject } of owners)
      others.push(...(await tx.subjects.enrolledAs(subject.study, subject.subject)));
    for (const other of others) all.add(other);
  }
  return { names: [...all], records, enrolled };
}

async function enrolledBy(
  tx: StoreTransaction,
  site: string,
  name: string,
  known: readonly EnrolledName[],
): Promise<readonly EnrolledName[]> {
  const found: EnrolledName[] = [];
  for (const owner of await tx.subjects.enrolledNames(site, [name])) {
    const same = known.find(({ subject }) => isSubject(owner)(subject));
    const subject = same?.subject ?? (await tx.subjects.get(owner.study, owner.subject));
    if (subject) found.push({ name, subject });
  }
  return found;
}

/** The Patients in force that have the name or are merged with it, without those that are known. */
async function recordsNaming(
  tx: StoreTransaction,
  parts: Sites,
  site: string,
  name: string,
  known: readonly PatientRecord[],
): Promise<readonly PatientRecord[]> {
  const found: PatientRecord[] = [];
  for (const key of await tx.inbox.referrers(site, name)) {
    if (key.resourceType !== 'Patient' || known.some(({ id }) => id === `Patient/${key.id}`)) continue;
    const record = await recordInForce(tx, parts, key);
    if (record) found.push(record);
  }
  return found;
}

/** The person whom a Patient, in force or arriving, is a record of. */
export async function personOf(
  tx: StoreTransaction,
  parts: Sites,
  site: string,
  record: PatientRecord,
): Promise<Person> {
  const { records, enrolled } = await circleOf(tx, parts, site, [], record);
  const person = personsOf(records, enrolled).find(({ ids }) => ids.includes(record.id));
  if (!person) throw new Error('A Patient is no person.');
  return person;
}
