import type { Judgement } from '../../trial/assessment.ts';
import type { Judgements } from '../store.ts';
import type { Database } from './database.ts';

export function sqliteJudgements(db: Database): Judgements {
  const get = db.prepare<[string, string], { judgement: string }>(
    'SELECT judgement FROM judgement WHERE study = ? AND subject = ?',
  );
  const put = db.prepare(`INSERT INTO judgement (study, subject, made_at, judgement) VALUES (?, ?, ?, ?)
    ON CONFLICT (study, subject) DO UPDATE SET made_at = excluded.made_at, judgement = excluded.judgement`);
  return {
    async get(study, subject) {
      const row = get.get(study, subject);
      return row && (JSON.parse(row.judgement) as Judgement);
    },
    async put(study, subject, judgement, now) {
      put.run(study, subject, now, JSON.stringify(judgement));
    },
  };
}
