import { setTimeout } from 'node:timers/promises';
import type { Database } from './database.ts';

interface CommitJob {
  run(): Promise<unknown>;
  resolve(result: unknown): void;
  reject(cause: unknown): void;
}

const BUSY_RETRY_MS = 20;
const BUSY_TIMEOUT_MS = 5_000;

/** SQLite's own word for what went wrong, such as `SQLITE_BUSY`; empty for anything else. */
export function readSqliteCode(cause: unknown): string {
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : '';
  return code.startsWith('SQLITE_') ? code : '';
}

/** Another process holds the database. */
export const isDatabaseBusy = (cause: unknown): boolean =>
  /^SQLITE_(BUSY|LOCKED)/.test(readSqliteCode(cause));

/** A long queue is committed in parts, so that the first of it does not wait for the last. */
const MAX_JOBS_PER_COMMIT = 64;

/**
 * Runs pieces of work one after the other, each in a savepoint of its own, and commits together what came while the
 * last commit was under way: one sync of the disk answers all of them. A piece that throws leaves nothing behind and
 * harms no other. Nobody hears of success before the commit.
 */
export function createGroupCommit(
  db: Database,
  kind: 'IMMEDIATE' | 'DEFERRED',
): <T>(work: () => Promise<T>) => Promise<T> {
  const [begin, commit, rollback] = [`BEGIN ${kind}`, 'COMMIT', 'ROLLBACK'].map((sql) => db.prepare(sql));
  const [save, release, undo] = ['SAVEPOINT piece', 'RELEASE piece', 'ROLLBACK TO piece'].map((sql) =>
    db.prepare(sql),
  );
  const queue: CommitJob[] = [];
  let running = false;

  /** What the piece gave, to be told after the commit. Throws where the whole transaction is gone. */
  async function piece(job: CommitJob): Promise<() => void> {
    save?.run();
    try {
      const result = await job.run();
      release?.run();
      return () => job.resolve(result);
    } catch (cause) {
      // Some failures of the disk end the whole transaction: then there is no savepoint to go back to.
      if (!db.inTransaction) throw cause;
      undo?.run();
      release?.run();
      return () => job.reject(cause);
    }
  }

  /** Another process may hold the database: it is asked again and again, while this process goes on with other things. */
  async function beginPatiently(): Promise<void> {
    for (let waited = 0; ; waited += BUSY_RETRY_MS) {
      try {
        begin?.run();
        return;
      } catch (cause) {
        if (!isDatabaseBusy(cause) || waited >= BUSY_TIMEOUT_MS) throw cause;
        await setTimeout(BUSY_RETRY_MS);
      }
    }
  }

  async function together(jobs: readonly CommitJob[]): Promise<void> {
    try {
      await beginPatiently();
      const told: (() => void)[] = [];
      for (const job of jobs) told.push(await piece(job));
      commit?.run();
      for (const tell of told) tell();
    } catch (cause) {
      if (db.inTransaction) rollback?.run();
      for (const job of jobs) job.reject(cause);
    }
  }

  async function runAll(): Promise<void> {
    while (queue.length > 0) await together(queue.splice(0, MAX_JOBS_PER_COMMIT));
    running = false;
  }

  return <T>(work: () => Promise<T>) =>
    new Promise<T>((resolve, reject) => {
      queue.push({ run: work, resolve: (result) => resolve(result as T), reject });
      if (running) return;
      running = true;
      // What arrives in this turn of the event loop goes together.
      setImmediate(() => void runAll());
    });
}
