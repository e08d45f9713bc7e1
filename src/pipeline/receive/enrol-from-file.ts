import { Failure } from '../../errors.ts';
import { buildUnknownStudyFailure } from '../../library/unknown-study.ts';
import type { Subject } from '../../trial/facts.ts';
import type { PipelineDependencies } from '../dependencies.ts';
import type { EnrolmentRequest, EnrolSubjects } from '../ports.ts';
import { acceptUnsealed } from './accept-interactions.ts';
import { ENROLMENT_FILE_SOURCE, enrolSubject } from './enrol-subject.ts';

/** Enrols row by row in one transaction: all of them, or none with a Failure that names the row. */
export function createEnrolSubjects(parts: PipelineDependencies): EnrolSubjects {
  return (study, rows) =>
    parts.store.transaction(async (tx) => {
      if (!parts.studies.includes(study)) throw buildUnknownStudyFailure(study, parts.studies);
      const results: { subject: string; result: 'enrolled' | 'unchanged'; opened: number }[] = [];
      for (const [index, row] of rows.entries()) {
        const done = await enrolSubject(
          tx,
          parts,
          toSubject(study, row),
          [row.patient],
          ENROLMENT_FILE_SOURCE,
        );
        if (done.refusal) throw buildRowFailure(index, done.refusal);
        const opened = await acceptUnsealed(tx, parts, row.site, done.unsealed);
        results.push({ subject: row.subject, result: done.result, opened });
      }
      return results;
    });
}

function toSubject(study: string, { subject, site, enrolledOn, consentedOn }: EnrolmentRequest): Subject {
  return { study, subject, site, enrolledOn, consentedOn, status: 'on-study' };
}

function buildRowFailure(index: number, why: string): Failure {
  return new Failure('intake/enrolment', why, {
    at: `row ${index + 1}`,
    fix: 'Correct the row; no row was enrolled.',
  });
}
