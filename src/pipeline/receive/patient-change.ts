import type { OutcomeIssue } from '../../fhir/operation-outcome.ts';
import { listRecordIdentifiers, type PatientRecord } from '../../intake/patient-identifiers.ts';
import type { ResourceKey, StoreTransaction } from '../../store/store.ts';
import type { PipelineDependencies } from '../dependencies.ts';
import { findPersonForRecord, readCurrentPatientRecord } from '../identity/linked-identifiers.ts';
import type { IntakeResult } from './receive-patient-resource.ts';
import { relinkPatients } from './relink-patients.ts';

/**
 * Does what is to be done about a Patient, and then finds anew what its names mean: those that it had and those that it
 * has. The answer says what a merge, or the end of one, has done.
 */
export async function applyPatientChange(
  tx: StoreTransaction,
  parts: PipelineDependencies,
  key: ResourceKey,
  work: () => Promise<IntakeResult>,
): Promise<IntakeResult> {
  if (key.resourceType !== 'Patient') return work();
  const before = await readCurrentPatientRecord(tx, parts, key);
  const { result: answer, unsealed } = await work();
  const after = await readCurrentPatientRecord(tx, parts, key);
  if (JSON.stringify(before) === JSON.stringify(after)) return { result: answer, unsealed };
  const touched = [before, after].flatMap((record) => (record ? listRecordIdentifiers(record) : []));
  const opened = await relinkPatients(tx, parts, key.site, touched, after?.id ?? null);
  const issues = [...answer.issues, ...(await buildMergeIssues(tx, parts, key.site, before, after))];
  return { result: { ...answer, issues }, unsealed: [...unsealed, ...opened] };
}

const listLinkedIds = (record: PatientRecord | null): readonly string[] =>
  record ? [...new Set([...record.replacedBy, ...record.replaces])].sort() : [];

async function buildMergeIssues(
  tx: StoreTransaction,
  parts: PipelineDependencies,
  site: string,
  before: PatientRecord | null,
  after: PatientRecord | null,
): Promise<readonly OutcomeIssue[]> {
  const ended = listLinkedIds(before).filter((id) => !listLinkedIds(after).includes(id));
  const over =
    ended.length > 0 ? [buildMergeIssue(`It is no more one person with ${ended.join(', ')}.`)] : [];
  if (!after || listLinkedIds(after).length === 0) return over;
  const { ids, subjects, isAmbiguous: unclear } = await findPersonForRecord(tx, parts, site, after);
  const others = ids.filter((id) => id !== after.id).join(', ');
  const numbers = subjects.map(({ study, subject }) => `${subject} of ${study}`).join(', ');
  const counts = unclear ? 'whose data wait for a person.' : `${numbers}, whatever names one of them.`;
  return [...over, buildMergeIssue(`It is one person with ${others}: ${counts}`)];
}

function buildMergeIssue(diagnostics: string): OutcomeIssue {
  return {
    severity: 'information',
    code: 'informational',
    detail: 'merge',
    expression: 'Patient.link',
    diagnostics,
  };
}
