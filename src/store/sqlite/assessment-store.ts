import type { SubjectAssessment } from '../../trial/assessment.ts';
import type { AssessmentStore } from '../store.ts';
import type { Database } from './database.ts';

/** Creates the assessment store on the table `judgement`. */
export function createSqliteAssessmentStore(db: Database): AssessmentStore {
  const get = db.prepare<[string, string], { judgement: string }>(
    'SELECT judgement FROM judgement WHERE study = ? AND subject = ?',
  );
  const put = db.prepare(`INSERT INTO judgement (study, subject, made_at, judgement) VALUES (?, ?, ?, ?)
    ON CONFLICT (study, subject) DO UPDATE SET made_at = excluded.made_at, judgement = excluded.judgement`);
  return {
    async get(study, subject) {
      const row = get.get(study, subject);
      return row && (JSON.parse(row.judgement) as SubjectAssessment);
    },
    async put(study, subject, assessment, now) {
      put.run(study, subject, now, JSON.stringify(assessment));
    },
  };
}
