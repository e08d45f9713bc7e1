import type { SubjectAssessment } from '../../trial/assessment.ts';
import type { AssessmentStore } from '../store.ts';
import type { Session } from './session.ts';
import { prepareSql } from './sql-statement.ts';

const GET = prepareSql('SELECT assessment FROM assessment WHERE study = $1 AND subject = $2');

const PUT =
  prepareSql(`INSERT INTO assessment (study, subject, made_at, assessment, rules, as_of, unchanged_until)
  VALUES ($1, $2, $3, $4, $5, $6, $7)
  ON CONFLICT (study, subject) DO UPDATE SET made_at = excluded.made_at, assessment = excluded.assessment,
    rules = excluded.rules, as_of = excluded.as_of, unchanged_until = excluded.unchanged_until`);

const EXPIRE = prepareSql('UPDATE assessment SET rules = NULL WHERE study = $1 AND subject = $2');

/** Creates the assessment store on the table `assessment`. */
export function createPostgresAssessmentStore(session: Session): AssessmentStore {
  return {
    async get(study, subject) {
      const [row] = await session.query<{ assessment: string }>(GET, [study, subject]);
      return row && (JSON.parse(row.assessment) as SubjectAssessment);
    },
    async put({ study, subject }, assessment, { rules, asOf, unchangedUntil }, now) {
      const content = JSON.stringify(assessment);
      session.send(PUT, [study, subject, now, content, rules, asOf, unchangedUntil]);
    },
    expire: async ({ study, subject }) => session.send(EXPIRE, [study, subject]),
  };
}
