import { Failure } from '../../errors.ts';
import type { Judgement } from '../../trial/assessment.ts';
import type { Judgements, Notes, Store, StoreTransaction } from '../store.ts';
import { type Database, openDatabase, verifyDurable } from './database.ts';
import { sqliteFacts } from './facts.ts';
import { sqliteInbox } from './inbox.ts';
import { sqliteOutbox } from './outbox.ts';
import { sqliteSealed } from './sealed.ts';
import { sqliteSubjects } from './subjects.ts';
import { sqliteWork } from './work.ts';

function sqliteJudgements(db: Database): Judgements {
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

function sqliteNotes(db: Database): Notes {
  const get = db.prepare<[string], { value: string }>('SELECT value FROM note WHERE name = ?');
  const put = db.prepare(
    'INSERT INTO note (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
  );
  return {
    async get(name) {
      return get.get(name)?.value ?? null;
    },
    async put(name, value) {
      put.run(name, value);
    },
  };
}

/** What SQLite's own word for an error means to a caller; null for a mistake of ours. */
function failureOf(cause: unknown, file: string): Failure | null {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  if (/^SQLITE_(BUSY|LOCKED)/.test(code)) {
    return new Failure('store/busy', 'Another process holds the database.', { fix: 'Try again.' }, { cause });
  }
  // A disk that cannot be trusted any more: the service must stop, not guess.
  if (/^SQLITE_(IOERR|CORRUPT|FULL|NOTADB|READONLY|CANTOPEN)/.test(code)) {
    return new Failure(
      'store/unusable',
      `The database cannot be used (${code}).`,
      { at: file, fix: 'Check the disk.' },
      { cause },
    );
  }
  return null;
}

/** The embedded store: one SQLite file. One transaction at a time; the others wait their turn in order. */
export function openSqliteStore(file: string): Store {
  const db = openDatabase(file);
  const tx: StoreTransaction = {
    inbox: sqliteInbox(db),
    facts: sqliteFacts(db),
    work: sqliteWork(db),
    subjects: sqliteSubjects(db),
    judgements: sqliteJudgements(db),
    outbox: sqliteOutbox(db),
    sealed: sqliteSealed(db),
    notes: sqliteNotes(db),
  };
  let turn: Promise<unknown> = Promise.resolve();

  async function run<T>(work: (tx: StoreTransaction) => Promise<T>): Promise<T> {
    try {
      db.exec('BEGIN IMMEDIATE');
      const result = await work(tx);
      db.exec('COMMIT');
      return result;
    } catch (cause) {
      if (db.inTransaction) db.exec('ROLLBACK');
      throw failureOf(cause, file) ?? cause;
    }
  }

  return {
    transaction<T>(work: (tx: StoreTransaction) => Promise<T>): Promise<T> {
      const mine = turn.then(() => run(work));
      turn = mine.catch(() => undefined);
      return mine;
    },
    async verify() {
      verifyDurable(db, file);
    },
    async close() {
      await turn;
      db.close();
    },
  };
}
