import type { SubjectAssessment } from '../../trial/assessment.ts';
import type { AssessmentStore } from '../store.ts';
import type { Database } from './database.ts';

const PUT_ASSESSMENT = `INSERT INTO judgement (study, subject, made_at, judgement, rules, as_of, unchanged_until)
  VALUES (?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (study, subject) DO UPDATE SET made_at = excluded.made_at, judgement = excluded.judgement,
    rules = excluded.rules, as_of = excluded.as_of, unchanged_until = excluded.unchanged_until`;

/** Creates the assessment store on the table `judgement`. */
export function createSqliteAssessmentStore(db: Database): AssessmentStore {
  const get = db.prepare<[string, string], { judgement: string }>(
    'SELECT judgement FROM judgement WHERE study = ? AND subject = ?',
  );
  const put = db.prepare(PUT_ASSESSMENT);
  const expire = db.prepare('UPDATE judgement SET rules = NULL WHERE study = ? AND subject = ?');
  return {
    async get(study, subject) {
      const row = get.get(study, subject);
      return row && (JSON.parse(row.judgement) as SubjectAssessment);
    },
    async put({ study, subject }, assessment, { rules, asOf, unchangedUntil }, now) {
      put.run(study, subject, now, JSON.stringify(assessment), rules, asOf, unchangedUntil);
    },
    async expire({ study, subject }) {
      expire.run(study, subject);
    },
  };
}
