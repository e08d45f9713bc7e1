import { setTimeout, setImmediate as turn } from 'node:timers/promises';
import type { ExpectedReads } from '../store.ts';
import type { Database } from './database.ts';
import { isDatabaseBusy } from './store-failure.ts';

/** Queued work, with the functions that settle the promise of its caller. */
interface CommitJob {
  /** What the work will probably read. */
  readonly expected: ExpectedReads | undefined;
  /** When it was queued, in milliseconds of the clock of its queue. */
  readonly queuedAt: number;
  /** Whether it waits while others do. */
  readonly canWait: boolean;
  run(): Promise<unknown>;
  resolve(result: unknown): void;
  reject(cause: unknown): void;
}

const BUSY_RETRY_MS = 20;
/** The longest time that a job waits for another process that has locked the database. */
const BUSY_TIMEOUT_MS = 5_000;

/** The most jobs in one commit: a long queue is committed in parts, so that the first job does not wait for the last. */
const MAX_JOBS_PER_COMMIT = 64;

/** The longest time that work that can wait does so: it must not wait for ever where there is always other work. */
const MAX_WAIT_MS = 1_000;

/**
 * How long one commit goes on with the jobs that were waiting: each of them, and whatever else the process does, waits for all of
 * them. Those that are not reached are first in the next commit.
 */
const MAX_COMMIT_MS = 50;

/** How long one commit goes on with work that can wait: what arrives meanwhile waits for that and for one job more. */
const WAITING_WORK_MS = 20;

/**
 * How long the jobs of a commit go on before the event loop has a turn, and how many it has between two commits: it accepts one
 * new connection a turn, and what does not concern the store must not wait for a whole commit.
 */
const HELD_MS = 2;
const TURNS_BETWEEN_COMMITS = 8;

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

/** What a connection remembers of the database, and for how long that is true. */
export interface ConnectionMemory {
  /** Called after a transaction has begun, with what its jobs will probably read. */
  begin(expected: readonly ExpectedReads[]): void;
  /** Called after writes were undone. */
  undo(): void;
}

/** The jobs of one connection, the first queued first. `now`: a clock in milliseconds that never goes back. */
interface CommitQueue {
  readonly jobs: CommitJob[];
  readonly now: () => number;
  readonly memory: ConnectionMemory;
}

/**
 * Takes the jobs of the next commit: those that cannot wait, and one of those that have waited too long, since all of them
 * together would hold up the others for as long as they themselves have waited; without such a job the first one.
 */
function takeJobs({ jobs, now }: CommitQueue): CommitJob[] {
  const latest = now() - MAX_WAIT_MS;
  const overdue = jobs.find(({ canWait, queuedAt }) => canWait && queuedAt <= latest);
  const urgent = jobs.filter((job) => !job.canWait || job === overdue);
  const taken = urgent.length > 0 ? urgent.slice(0, MAX_JOBS_PER_COMMIT) : jobs.slice(0, 1);
  const others = jobs.filter((job) => !taken.includes(job));
  jobs.splice(0, jobs.length, ...others);
  return taken;
}

/** Takes another job that can wait into a commit of such jobs; undefined where it has had its time, or other work waits. */
async function takeWaitingJob(
  { jobs, now }: CommitQueue,
  taken: readonly CommitJob[],
  begunAt: number,
): Promise<CommitJob | undefined> {
  if (taken.length === MAX_JOBS_PER_COMMIT || jobs.length === 0) return undefined;
  await turn();
  if (![...taken, ...jobs].every(({ canWait }) => canWait) || now() - begunAt >= WAITING_WORK_MS)
    return undefined;
  return jobs.shift();
}

/** Begins a transaction; returns the error of SQLite where another process has locked the database, else null. */
function tryToBegin({ begin }: Statements): unknown {
  try {
    begin.run();
    return null;
  } catch (cause) {
    if (!isDatabaseBusy(cause)) throw cause;
    return cause;
  }
}

/** Rejects the first jobs of the queue, those that have waited too long for a lock that another process has held since. */
function rejectExpired({ jobs, now }: CommitQueue, lockedSince: number, cause: unknown): void {
  const latest = now() - BUSY_TIMEOUT_MS;
  const waitsOn = jobs.findIndex(({ queuedAt }) => Math.max(queuedAt, lockedSince) > latest);
  for (const job of jobs.splice(0, waitsOn < 0 ? jobs.length : waitsOn)) job.reject(cause);
}

/**
 * Begins a transaction. While another process has locked the database, it retries without blocking this process. A job
 * that has waited for the lock too long, by the clock, is rejected; later jobs wait on. Returns whether a transaction has
 * begun; if not, no job waits any more.
 */
async function beginPatiently(statements: Statements, queue: CommitQueue): Promise<boolean> {
  const lockedSince = queue.now();
  for (;;) {
    const cause = tryToBegin(statements);
    if (cause === null) return true;
    rejectExpired(queue, lockedSince, cause);
    if (queue.jobs.length === 0) return false;
    await setTimeout(BUSY_RETRY_MS);
  }
}

/**
 * Runs one job in a savepoint and returns the function that informs its caller after the commit. Throws where the whole
 * transaction has ended: some disk failures end it, and then there is no savepoint to return to.
 */
async function runInSavepoint(
  db: Database,
  statements: Statements,
  memory: ConnectionMemory,
  job: CommitJob,
): Promise<() => void> {
  statements.save.run();
  try {
    const result = await job.run();
    statements.release.run();
    return () => job.resolve(result);
  } catch (cause) {
    if (!db.inTransaction) throw cause;
    statements.undo.run();
    statements.release.run();
    memory.undo();
    return () => job.reject(cause);
  }
}

/** Puts the jobs for which this commit has no time back to the front of the queue. */
function replaceJobs({ jobs }: CommitQueue, taken: CommitJob[], job: CommitJob): void {
  jobs.unshift(...taken.splice(taken.indexOf(job) + 1));
}

/**
 * Runs the jobs, and more that can wait, which are added to them; those for which there is no time go back to the queue. Returns
 * the functions that inform the callers after the commit.
 */
async function runJobs(
  db: Database,
  statements: Statements,
  queue: CommitQueue,
  jobs: CommitJob[],
): Promise<readonly (() => void)[]> {
  const begunAt = queue.now();
  let heldSince = begunAt;
  const settlers: (() => void)[] = [];
  for (const job of jobs) {
    if (queue.now() - heldSince >= HELD_MS) {
      await turn();
      heldSince = queue.now();
    }
    settlers.push(await runInSavepoint(db, statements, queue.memory, job));
    const next = job === jobs.at(-1) ? await takeWaitingJob(queue, jobs, begunAt) : undefined;
    if (next) jobs.push(next);
    else if (job !== jobs.at(-1) && queue.now() - begunAt >= MAX_COMMIT_MS) replaceJobs(queue, jobs, job);
  }
  return settlers;
}

/** Commits the first queued jobs together, once the database can be locked. */
async function commitTogether(db: Database, statements: Statements, queue: CommitQueue): Promise<void> {
  let jobs: CommitJob[] = [];
  try {
    if (!(await beginPatiently(statements, queue))) return;
    jobs = takeJobs(queue);
    queue.memory.begin(jobs.flatMap(({ expected }) => expected ?? []));
    const settlers = await runJobs(db, statements, queue, jobs);
    statements.commit.run();
    for (const settle of settlers) settle();
  } catch (cause) {
    if (db.inTransaction) statements.rollback.run();
    queue.memory.undo();
    // Where no transaction could begin, no job was taken: the same jobs would fail again.
    if (jobs.length === 0) jobs = takeJobs(queue);
    for (const job of jobs) job.reject(cause);
  }
}

/**
 * Creates a queue that runs jobs one after the other, each in its own savepoint, and commits together those that arrived
 * during the last commit: one sync of the disk answers all of them. A job that throws stores nothing and does not affect
 * the others. Work that can wait runs when no other work waits, and is committed with more of its kind until other work
 * arrives. No caller learns of success before the commit. While another process has locked the database, each job waits five
 * seconds by the clock `now` and then fails.
 */
export function createGroupCommit(
  db: Database,
  kind: TransactionKind,
  memory: ConnectionMemory,
  now: () => number = () => performance.now(),
): <T>(work: () => Promise<T>, expected?: ExpectedReads, canWait?: boolean) => Promise<T> {
  const statements = prepareStatements(db, kind);
  const queue: CommitQueue = { jobs: [], now, memory };
  let isRunning = false;

  async function runQueue(): Promise<void> {
    while (queue.jobs.length > 0) {
      await commitTogether(db, statements, queue);
      for (let turns = 0; turns < TURNS_BETWEEN_COMMITS && queue.jobs.length > 0; turns++) await turn();
    }
    isRunning = false;
  }

  return <T>(work: () => Promise<T>, expected?: ExpectedReads, canWait = false) =>
    new Promise<T>((resolve, reject) => {
      const settle = { resolve: (result: unknown) => resolve(result as T), reject };
      queue.jobs.push({ queuedAt: now(), canWait, expected, run: work, ...settle });
      if (isRunning) return;
      isRunning = true;
      // Jobs that arrive in this turn of the event loop are committed together.
      setImmediate(() => void runQueue());
    });
}
