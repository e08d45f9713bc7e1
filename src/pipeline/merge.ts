import type { Issue } from '../fhir/outcome.ts';
import { namesOfRecord, type PatientRecord } from '../intake/patient.ts';
import type { ResourceKey, StoreTransaction } from '../store/store.ts';
import { personOf, recordInForce } from './names.ts';
import type { PipelineParts } from './parts.ts';
import type { Reception } from './patient-data.ts';
import { settleNames } from './settle-names.ts';

/**
 * Does what is to be done about a Patient, and then finds anew what its names mean: those that it had and those that it
 * has. The answer says what a merge, or the end of one, has done.
 */
export async function withNamesSettled(
  tx: StoreTransaction,
  parts: PipelineParts,
  key: ResourceKey,
  work: () => Promise<Reception>,
): Promise<Reception> {
  if (key.resourceType !== 'Patient') return work();
  const before = await recordInForce(tx, parts, key);
  const { answer, unsealed } = await work();
  const after = await recordInForce(tx, parts, key);
  if (JSON.stringify(before) === JSON.stringify(after)) return { answer, unsealed };
  const touched = [before, after].flatMap((record) => (record ? namesOfRecord(record) : []));
  const opened = await settleNames(tx, parts, key.site, touched, after?.id ?? null);
  const issues = [...answer.issues, ...(await mergeIssues(tx, parts, key.site, before, after))];
  return { answer: { ...answer, issues }, unsealed: [...unsealed, ...opened] };
}

const linksOf = (record: PatientRecord | null): readonly string[] =>
  record ? [...new Set([...record.replacedBy, ...record.replaces])].sort() : [];

async function mergeIssues(
  tx: StoreTransaction,
  parts: PipelineParts,
  site: string,
  before: PatientRecord | null,
  after: PatientRecord | null,
): Promise<readonly Issue[]> {
  const ended = linksOf(before).filter((id) => !linksOf(after).includes(id));
  const over = ended.length > 0 ? [mergeIssue(`It is no more one person with ${ended.join(', ')}.`)] : [];
  if (!after || linksOf(after).length === 0) return over;
  const { ids, subjects, unclear } = await personOf(tx, parts, site, after);
  const others = ids.filter((id) => id !== after.id).join(', ');
  const numbers = subjects.map(({ study, subject }) => `${subject} of ${study}`).join(', ');
  const counts = unclear ? 'whose data wait for a person.' : `${numbers}, whatever names one of them.`;
  return [...over, mergeIssue(`It is one person with ${others}: ${counts}`)];
}

function mergeIssue(diagnostics: string): Issue {
  return {
    severity: 'information',
    code: 'informational',
    detail: 'merge',
    expression: 'Patient.link',
    diagnostics,
  };
}
