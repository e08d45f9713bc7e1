import { createNotice, type OutcomeIssue } from '../../fhir/operation-outcome.ts';
import type { Resource } from '../../fhir/resource.ts';
import {
  listRecordIdentifiers,
  type PatientRecord,
  readPatientRecord,
} from '../../intake/patient-identifiers.ts';
import type { ResourceKey } from '../../store/inbox-store.ts';
import { findPersonForRecord, readCurrentPatientRecord } from '../identity/linked-identifiers.ts';
import { findNewestSealed, hashResourceKey } from '../sealed-payloads.ts';
import type { SiteTransaction } from '../site-transaction.ts';
import type { IntakeResult } from './receive-patient-resource.ts';
import { relinkPatients } from './relink-patients.ts';
import { removeContests } from './store-contests.ts';

/**
 * Runs a change. If it changes a Patient, the identifiers of the Patient before and after are linked again, and the result
 * reports a merge, or the end of one. `incoming`: the Patient that was sent, which may share identifiers with a subject even
 * if it is not kept.
 */
export async function applyPatientChange(
  tx: SiteTransaction,
  key: ResourceKey,
  change: () => Promise<IntakeResult>,
  incoming: Resource | null = null,
): Promise<IntakeResult> {
  if (key.resourceType !== 'Patient') return change();
  const before = await readCurrentPatientRecord(tx, key);
  const intake = await change();
  const after = await readCurrentPatientRecord(tx, key);
  const unkept = incoming ? await readUnkeptRecord(tx, key, incoming) : null;
  if (JSON.stringify(before) === JSON.stringify(after) && !unkept) return intake;
  const identifiers = [before, after].flatMap((record) => (record ? listRecordIdentifiers(record) : []));
  if (unkept) identifiers.push(...(await removeContests(tx, unkept.id)));
  const unsealed = await relinkPatients(tx, identifiers, { restated: after?.id ?? null, unkept });
  const issues = [...intake.result.issues, ...(await buildMergeIssues(tx, before, after))];
  return { result: { ...intake.result, issues }, unsealed: [...intake.unsealed, ...unsealed] };
}

/**
 * Reads the record of a Patient whose content is not in the inbox because they are not enrolled: its newest sealed version, or
 * the incoming one. null for a Patient in the inbox, and for one that was deleted.
 */
async function readUnkeptRecord(
  tx: SiteTransaction,
  key: ResourceKey,
  incoming: Resource,
): Promise<PatientRecord | null> {
  const current = await tx.inbox.getCurrent(key);
  if (current && current.retention !== 'not-enrolled') return null;
  const newest = await findNewestSealed(tx, hashResourceKey(tx, key), incoming);
  return readPatientRecord(newest ?? incoming, tx.ehrBase);
}

const listMergedIds = (record: PatientRecord | null): readonly string[] =>
  record ? [...new Set([...record.replacedBy, ...record.replaces])].sort() : [];

async function buildMergeIssues(
  tx: SiteTransaction,
  before: PatientRecord | null,
  after: PatientRecord | null,
): Promise<readonly OutcomeIssue[]> {
  const separated = listMergedIds(before).filter((id) => !listMergedIds(after).includes(id));
  const ended =
    separated.length > 0
      ? [createMergeNotice(`This Patient and ${separated.join(', ')} are no longer one person.`)]
      : [];
  if (!after || listMergedIds(after).length === 0) return ended;
  return [...ended, createMergeNotice(await describeMerge(tx, after))];
}

async function describeMerge(tx: SiteTransaction, record: PatientRecord): Promise<string> {
  const person = await findPersonForRecord(tx, record);
  if (!person) return 'This Patient and too many others are said to be one person. Their data are held.';
  const { ids, subjects, isAmbiguous } = person;
  const others = ids.filter((id) => id !== record.id).join(', ');
  const merged = `This Patient and ${others} are one person`;
  if (isAmbiguous) return `${merged}. Data are held until a person decides which subject they are about.`;
  if (subjects.length === 0) return `${merged}, who is not enrolled.`;
  const numbers = subjects.map(({ study, subject }) => `${subject} of ${study}`).join(', ');
  return `${merged}: ${numbers}. A resource may refer to any of these Patients.`;
}

const createMergeNotice = (diagnostics: string): OutcomeIssue =>
  createNotice('merge', 'Patient.link', diagnostics);
