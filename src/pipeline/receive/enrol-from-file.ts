import { Failure } from '../../errors.ts';
import { listIdentifiersOfPatient } from '../../fhir/long-ids.ts';
import { buildUnknownStudyFailure } from '../../library/unknown-study.ts';
import type { Subject } from '../../trial/facts.ts';
import type { PipelineDependencies } from '../dependencies.ts';
import type { EnrolmentRequest, EnrolSubjects } from '../ports.ts';
import { createSiteTransaction } from '../site-transaction.ts';
import { acceptUnsealed } from './accept-interactions.ts';
import { ENROLMENT_FILE_SOURCE, enrolSubject } from './enrol-subject.ts';
import type { EnrolmentRefusal } from './enrolment-days.ts';

/** Creates the function that enrols the rows of a file in one transaction: all, or none with a Failure for the row. */
export function createEnrolSubjects(dependencies: PipelineDependencies): EnrolSubjects {
  return (study, rows) =>
    dependencies.store.transaction(async (tx) => {
      if (!dependencies.studies.includes(study)) throw buildUnknownStudyFailure(study, dependencies.studies);
      const results: { subject: string; result: 'enrolled' | 'unchanged'; opened: number }[] = [];
      for (const [index, row] of rows.entries()) {
        const siteTx = createSiteTransaction(tx, dependencies, row.site);
        const enrolment = await enrolSubject(
          siteTx,
          toSubject(study, row),
          listIdentifiersOfPatient(row.patient),
          ENROLMENT_FILE_SOURCE,
        );
        if (enrolment.refusal) throw buildRowFailure(row.at ?? `row ${index + 1}`, enrolment.refusal);
        const opened = await acceptUnsealed(siteTx, enrolment.unsealed);
        results.push({ subject: row.subject, result: enrolment.result, opened });
      }
      return results;
    });
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
