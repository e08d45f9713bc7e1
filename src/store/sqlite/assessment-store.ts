import type { SubjectAssessment } from '../../trial/assessment.ts';
import type { AssessmentStore, AssessmentValidity } from '../store.ts';
import type { SubjectKey } from '../subject-store.ts';
import type { Database } from './database.ts';
import { stringifyOnce } from './stringify-once.ts';

const PUT_ASSESSMENT = `INSERT INTO judgement (study, subject, made_at, judgement, rules, as_of, unchanged_until)
  VALUES (?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (study, subject) DO UPDATE SET made_at = excluded.made_at, judgement = excluded.judgement,
    rules = excluded.rules, as_of = excluded.as_of, unchanged_until = excluded.unchanged_until`;

/** The same assessment was made again: its text, which may be long, is not written again. */
const CONFIRM_ASSESSMENT = `UPDATE judgement SET made_at = ?, rules = ?, as_of = ?, unchanged_until = ?
  WHERE study = ? AND subject = ?`;

function prepareStatements(db: Database) {
  return {
    get: db
      .prepare<[string, string], string>('SELECT judgement FROM judgement WHERE study = ? AND subject = ?')
      .pluck(),
    put: db.prepare(PUT_ASSESSMENT),
    confirm: db.prepare(CONFIRM_ASSESSMENT),
    expire: db.prepare('UPDATE judgement SET rules = NULL WHERE study = ? AND subject = ?'),
  };
}

type Statements = ReturnType<typeof prepareStatements>;

function put(
  { put: store, confirm }: Statements,
  { study, subject }: SubjectKey,
  assessment: SubjectAssessment,
  isStored: boolean,
  { rules, asOf, unchangedUntil }: AssessmentValidity,
  now: string,
): void {
  if (isStored) confirm.run(now, rules, asOf, unchangedUntil, study, subject);
  else store.run(study, subject, now, stringifyOnce(assessment), rules, asOf, unchangedUntil);
}

const joinKey = (study: string, subject: string): string => `${study}\n${subject}`;

/**
 * Creates the assessment store on the table `judgement`. It remembers the assessments of so many subjects: `get` returns the
 * object that was put, and one that is put again is not written again. `forget`: another connection, or a transaction that
 * was undone, may have changed them.
 */
export function createSqliteAssessmentStore(
  db: Database,
  maxRemembered: number,
): AssessmentStore & { forget(): void } {
  const statements = prepareStatements(db);
  /** The subject whose assessment was used last comes last. */
  const known = new Map<string, SubjectAssessment>();

  function remember(key: string, assessment: SubjectAssessment): void {
    known.delete(key);
    known.set(key, assessment);
    for (const oldest of known.keys()) {
      if (known.size <= maxRemembered) break;
      known.delete(oldest);
    }
  }

  return {
    async get(study, subject) {
      const key = joinKey(study, subject);
      const remembered = known.get(key);
      if (remembered) return remembered;
      const text = statements.get.get(study, subject);
      if (text === undefined) return undefined;
      const assessment = JSON.parse(text) as SubjectAssessment;
      remember(key, assessment);
      return assessment;
    },
    async put(subject, assessment, validity, now) {
      const key = joinKey(subject.study, subject.subject);
      put(statements, subject, assessment, known.get(key) === assessment, validity, now);
      remember(key, assessment);
    },
    async expire({ study, subject }) {
      statements.expire.run(study, subject);
    },
    forget: () => known.clear(),
  };
}
