import type { TransactionScope } from '../store.ts';
import { buildLockKey } from './advisory-locks.ts';
import type { ConnectionPool, PooledConnection } from './connection.ts';
import { type AuditBuffer, appendBuffered } from './safekeeping/audit-log.ts';
import { createTransactionSession, type Session, type TransactionSession } from './session.ts';
import { prepareSql } from './sql-statement.ts';
import { isConflict } from './store-failure.ts';

/** Work that waits for its transaction, with the functions that settle the promise of its caller. */
interface LaneJob {
  run(session: Session, audit: AuditBuffer): Promise<unknown>;
  resolve(result: unknown): void;
  reject(cause: unknown): void;
}

/** The most jobs in one commit: a long queue is committed in parts, so that the first job does not wait for the last. */
const MAX_JOBS_PER_COMMIT = 50;
/** How often work is run that other transactions prevented. */
const MAX_ATTEMPTS = 5;

const ALLOW_SITE = prepareSql(`SELECT set_config('trial_adapter.site', $1, true)`);
const LOCK = prepareSql('SELECT pg_advisory_xact_lock($1, $2)');
const LOCK_SHARED = prepareSql('SELECT pg_advisory_xact_lock_shared($1, $2)');

/**
 * The store's lock and the site's make transactions that could affect each other run one after the other, in every process:
 * one of the whole store excludes all others, one of a site excludes others of the site. Transactions about single subjects
 * run beside each other, but not beside one of the site. The work begins when the locks are held, and each of its statements
 * sees everything that was committed by then (READ COMMITTED).
 */
async function takeLocks(session: Session, scope: TransactionScope | null): Promise<void> {
  session.send(ALLOW_SITE, [scope === null ? '*' : scope.site]);
  const store = buildLockKey('store');
  if (scope === null) {
    await session.query(LOCK, store);
    return;
  }
  session.send(LOCK_SHARED, store);
  await session.query(scope.part === 'site' ? LOCK : LOCK_SHARED, buildLockKey('site', scope.site));
}

/** Runs a job in a savepoint, again where other transactions prevented it; returns what informs its caller after the commit. */
async function runInSavepoint(
  session: TransactionSession,
  audit: AuditBuffer,
  job: LaneJob,
): Promise<() => void> {
  const appended = audit.entries.length;
  for (let attempt = 1; ; attempt++) {
    session.sendCommand('SAVEPOINT piece');
    try {
      const result = await job.run(session, audit);
      await session.command('RELEASE SAVEPOINT piece');
      return () => job.resolve(result);
    } catch (cause) {
      audit.entries.length = appended;
      await session.rollback('ROLLBACK TO SAVEPOINT piece; RELEASE SAVEPOINT piece');
      if (!isConflict(cause) || attempt === MAX_ATTEMPTS) return () => job.reject(cause);
    }
  }
}

/** Runs the jobs in one transaction. Where it throws, nothing of it is known to be stored. */
async function runTransaction(
  session: TransactionSession,
  scope: TransactionScope | null,
  jobs: readonly LaneJob[],
): Promise<readonly (() => void)[]> {
  session.sendCommand('BEGIN');
  await takeLocks(session, scope);
  const settlers: (() => void)[] = [];
  const audit: AuditBuffer = { entries: [] };
  for (const job of jobs) settlers.push(await runInSavepoint(session, audit, job));
  appendBuffered(session, scope, audit);
  const command = await session.command('COMMIT');
  if (command !== 'COMMIT') throw new Error('The transaction was rolled back without an error.');
  return settlers;
}

async function endTransaction(session: TransactionSession): Promise<boolean> {
  try {
    await session.rollback('ROLLBACK');
    return true;
  } catch {
    return false;
  }
}

/** Commits the jobs together on a connection of the pool. */
async function commitTogether(
  pool: ConnectionPool,
  scope: TransactionScope | null,
  jobs: readonly LaneJob[],
): Promise<void> {
  let connection: PooledConnection | null = null;
  try {
    connection = await pool.take();
    const session = createTransactionSession(connection);
    let isUsable = true;
    try {
      for (const settle of await runTransaction(session, scope, jobs)) settle();
    } catch (cause) {
      isUsable = await endTransaction(session);
      throw cause;
    } finally {
      connection.release(isUsable);
    }
  } catch (cause) {
    for (const job of jobs) job.reject(cause);
  }
}

/** Runs work in transactions of a scope (null: of the whole store). */
export type RunInLane = <T>(
  scope: TransactionScope | null,
  work: (session: Session, audit: AuditBuffer) => Promise<T>,
) => Promise<T>;

const nameLane = (scope: TransactionScope | null): string => (scope ? `${scope.part} ${scope.site}` : '*');

/**
 * Creates the lanes of this process, one for each scope: the jobs of a lane run one after the other on one connection, each
 * in its own savepoint, and those that arrived meanwhile are committed together. A job that throws stores nothing and does
 * not affect the others. No caller learns of success before the commit. A job of the whole store runs after all that were
 * queued before it: what was begun under a former state of the service is found by work that follows.
 */
export function createTransactionLanes(pool: ConnectionPool): RunInLane {
  const lanes = new Map<string, LaneJob[]>();
  const unsettled = new Set<Promise<unknown>>();

  async function runLane(scope: TransactionScope | null, jobs: LaneJob[]): Promise<void> {
    while (jobs.length > 0) await commitTogether(pool, scope, jobs.splice(0, MAX_JOBS_PER_COMMIT));
    lanes.delete(nameLane(scope));
  }

  function queue(scope: TransactionScope | null, job: LaneJob): void {
    const waiting = lanes.get(nameLane(scope));
    if (waiting) {
      waiting.push(job);
      return;
    }
    const jobs = [job];
    lanes.set(nameLane(scope), jobs);
    // Jobs that arrive in this turn of the event loop are committed together.
    setImmediate(() => void runLane(scope, jobs));
  }

  return async <T>(
    scope: TransactionScope | null,
    work: (session: Session, audit: AuditBuffer) => Promise<T>,
  ) => {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const job: LaneJob = { run: work, resolve: (result) => resolve(result as T), reject };
    if (scope === null) void Promise.allSettled(unsettled).then(() => queue(scope, job));
    else queue(scope, job);
    unsettled.add(promise);
    try {
      return await promise;
    } finally {
      unsettled.delete(promise);
    }
  };
}
