import { setTimeout } from 'node:timers/promises';
import type { Database } from './database.ts';

/** Queued work, with the functions that settle the promise of its caller. */
interface CommitJob {
  run(): Promise<unknown>;
  resolve(result: unknown): void;
  reject(cause: unknown): void;
}

const BUSY_RETRY_MS = 20;
const BUSY_TIMEOUT_MS = 5_000;

/** Reads the SQLite code of an error, such as `SQLITE_BUSY`; empty for any other error. */
export function readSqliteCode(cause: unknown): string {
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : '';
  return code.startsWith('SQLITE_') ? code : '';
}

/** Whether the error means that another process has locked the database. */
export const isDatabaseBusy = (cause: unknown): boolean =>
  /^SQLITE_(BUSY|LOCKED)/.test(readSqliteCode(cause));

/** The most jobs in one commit: a long queue is committed in parts, so that the first job does not wait for the last. */
const MAX_JOBS_PER_COMMIT = 64;

type TransactionKind = 'IMMEDIATE' | 'DEFERRED';

function prepareStatements(db: Database, kind: TransactionKind) {
  return {
    begin: db.prepare(`BEGIN ${kind}`),
    commit: db.prepare('COMMIT'),
    rollback: db.prepare('ROLLBACK'),
    save: db.prepare('SAVEPOINT piece'),
    release: db.prepare('RELEASE piece'),
    undo: db.prepare('ROLLBACK TO piece'),
  };
}

type Statements = ReturnType<typeof prepareStatements>;

/** Begins a transaction. While another process has locked the database, it retries without blocking this process. */
async function beginPatiently({ begin }: Statements): Promise<void> {
  for (let waitedMs = 0; ; waitedMs += BUSY_RETRY_MS) {
    try {
      begin.run();
      return;
    } catch (cause) {
      if (!isDatabaseBusy(cause) || waitedMs >= BUSY_TIMEOUT_MS) throw cause;
      await setTimeout(BUSY_RETRY_MS);
    }
  }
}

/**
 * Runs one job in a savepoint and returns the function that informs its caller after the commit. Throws where the whole
 * transaction has ended: some disk failures end it, and then there is no savepoint to return to.
 */
async function runInSavepoint(db: Database, statements: Statements, job: CommitJob): Promise<() => void> {
  statements.save.run();
  try {
    const result = await job.run();
    statements.release.run();
    return () => job.resolve(result);
  } catch (cause) {
    if (!db.inTransaction) throw cause;
    statements.undo.run();
    statements.release.run();
    return () => job.reject(cause);
  }
}

async function commitTogether(
  db: Database,
  statements: Statements,
  jobs: readonly CommitJob[],
): Promise<void> {
  try {
    await beginPatiently(statements);
    const settlers: (() => void)[] = [];
    for (const job of jobs) settlers.push(await runInSavepoint(db, statements, job));
    statements.commit.run();
    for (const settle of settlers) settle();
  } catch (cause) {
    if (db.inTransaction) statements.rollback.run();
    for (const job of jobs) job.reject(cause);
  }
}

/**
 * Creates a queue that runs jobs one after the other, each in its own savepoint, and commits together those that arrived
 * during the last commit: one sync of the disk answers all of them. A job that throws stores nothing and does not affect
 * the others. No caller learns of success before the commit.
 */
export function createGroupCommit(
  db: Database,
  kind: TransactionKind,
): <T>(work: () => Promise<T>) => Promise<T> {
  const statements = prepareStatements(db, kind);
  const queue: CommitJob[] = [];
  let isRunning = false;

  async function runQueue(): Promise<void> {
    while (queue.length > 0) await commitTogether(db, statements, queue.splice(0, MAX_JOBS_PER_COMMIT));
    isRunning = false;
  }

  return <T>(work: () => Promise<T>) =>
    new Promise<T>((resolve, reject) => {
      queue.push({ run: work, resolve: (result) => resolve(result as T), reject });
      if (isRunning) return;
      isRunning = true;
      // Jobs that arrive in this turn of the event loop are committed together.
      setImmediate(() => void runQueue());
    });
}
