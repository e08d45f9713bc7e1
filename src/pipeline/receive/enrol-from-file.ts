import { Failure } from '../../errors.ts';
import { listIdentifiersOfPatient } from '../../fhir/long-ids.ts';
import { buildUnknownStudyFailure } from '../../library/unknown-study.ts';
import type { Subject } from '../../trial/facts.ts';
import type { PipelineDependencies } from '../dependencies.ts';
import type { EnrolmentRequest, EnrolSubjects } from '../ports.ts';
import { createSiteTransaction, type SiteTransaction } from '../site-transaction.ts';
import { acceptUnsealed } from './accept-interactions.ts';
import { ENROLMENT_FILE_SOURCE, enrolSubject } from './enrol-subject.ts';
import type { EnrolmentRefusal } from './enrolment-days.ts';
import { runPostponedAtSite } from './run-postponed.ts';

/** Creates the function that enrols the rows of a file in one transaction: all, or none with a Failure for the row. */
export function createEnrolSubjects(dependencies: PipelineDependencies): EnrolSubjects {
  return async (study, rows) => {
    if (!dependencies.studies.includes(study)) throw buildUnknownStudyFailure(study, dependencies.studies);
    const enrolled = await dependencies.store.transaction(async (tx) => {
      const results: EnrolledRow[] = [];
      for (const [index, row] of rows.entries())
        results.push(await enrolRow(createSiteTransaction(tx, dependencies, row.site), study, row, index));
      return results;
    });
    return finishRows(dependencies, enrolled);
  };
}

async function enrolRow(
  tx: SiteTransaction,
  study: string,
  row: EnrolmentRequest,
  index: number,
): Promise<EnrolledRow> {
  const identifiers = listIdentifiersOfPatient(row.patient);
  const enrolment = await enrolSubject(tx, toSubject(study, row), identifiers, ENROLMENT_FILE_SOURCE);
  if (enrolment.refusal) throw buildRowFailure(row.at ?? `row ${index + 1}`, enrolment.refusal);
  const opened = await acceptUnsealed(tx, enrolment.unsealed);
  const postponedAt = tx.budget.hasPostponed ? row.site : null;
  return { subject: row.subject, result: enrolment.result, opened, postponedAt };
}

/** A row that has been enrolled, and the site at which more is to be done because of it; null where all is done. */
interface EnrolledRow {
  readonly subject: string;
  readonly result: 'enrolled' | 'unchanged';
  readonly opened: number;
  readonly postponedAt: string | null;
}

/** Does what the rows have postponed. Payloads that are opened then count for the first of the rows that left some at the site. */
async function finishRows(
  dependencies: PipelineDependencies,
  rows: readonly EnrolledRow[],
): ReturnType<EnrolSubjects> {
  const results: { subject: string; result: EnrolledRow['result']; opened: number }[] = [];
  for (const { postponedAt, opened, ...row } of rows) {
    const more =
      postponedAt === null ? 0 : await runPostponedAtSite(dependencies, postponedAt, acceptUnsealed);
    results.push({ ...row, opened: opened + more });
  }
  return results;
}

function toSubject(study: string, { subject, site, enrolledOn, consentedOn }: EnrolmentRequest): Subject {
  return { study, subject, site, enrolledOn, consentedOn, status: 'on-study' };
}

function buildRowFailure(place: string, { problem, fix, column }: EnrolmentRefusal): Failure {
  return new Failure('intake/enrolment', problem, {
    at: `${place}: ${column}`,
    fix: `${fix}; no row was enrolled.`,
  });
}
