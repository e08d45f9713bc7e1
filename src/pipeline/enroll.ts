import { Failure } from '../errors.ts';
import type { Subject } from '../trial/facts.ts';
import { acceptUnsealed } from './accept.ts';
import type { Enroll, EnrolmentRow } from './doors.ts';
import type { PipelineParts } from './parts.ts';
import { ENROLMENT_FILE, enrolSubject } from './subjects.ts';

/** Enrols row by row in one transaction: all of them, or none with a Failure that names the row. */
export function createEnroll(parts: PipelineParts): Enroll {
  return (study, rows) =>
    parts.store.transaction(async (tx) => {
      if (!parts.studies.includes(study)) throw unknownStudy(study, parts.studies);
      const results: { subject: string; result: 'enrolled' | 'unchanged'; opened: number }[] = [];
      for (const [index, row] of rows.entries()) {
        const done = await enrolSubject(tx, parts, subjectOf(study, row), [row.patient], ENROLMENT_FILE);
        if (done.refused) throw rowRefused(index, done.refused);
        const opened = await acceptUnsealed(tx, parts, row.site, done.unsealed);
        results.push({ subject: row.subject, result: done.result, opened });
      }
      return results;
    });
}

function subjectOf(study: string, { subject, site, enrolledOn, consentedOn }: EnrolmentRow): Subject {
  return { study, subject, site, enrolledOn, consentedOn, status: 'on-study' };
}

function unknownStudy(study: string, known: readonly string[]): Failure {
  return new Failure('intake/enrolment', `There is no study ${study}.`, {
    at: '--study',
    fix: `Use one of ${known.join(', ')}, or add mappings/studies/${study}.`,
  });
}

function rowRefused(index: number, why: string): Failure {
  return new Failure('intake/enrolment', why, {
    at: `row ${index + 1}`,
    fix: 'Correct the row; no row was enrolled.',
  });
}
