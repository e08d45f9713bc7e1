import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Store } from '../store.ts';
import { createConnectionStores, type RememberedAmounts } from './connection-stores.ts';
import { openDatabase, openReadOnlyDatabase, prepareDatabaseFile, verifyDurability } from './database.ts';
import { truncateLog } from './files/truncate-log.ts';
import { createGroupCommit } from './group-commit.ts';
import { takeServiceLock } from './service-lock.ts';
import { isDiskFull, readSqliteCode, toStoreFailure } from './store-failure.ts';

/** About 50 MB: assessing reads facts in the connection that writes them. The one that only reads remembers none. */
const REMEMBERED: RememberedAmounts = { facts: 20_000, assessments: 50 };

/** How long work may wait until it is noticed; short enough that a new fact is assessed without a noticeable delay. */
const POLL_MS = 200;

/** How long the disk counts as full after work was refused for want of space, while no other work succeeds. */
const FULL_MS = 5_000;

/** Whether the disk failed, or the file is not our database: it may be used again only after a restart, which recovers. */
const isDiskUntrustworthy = (cause: unknown): boolean =>
  !isDiskFull(cause) && /^SQLITE_(IOERR|CORRUPT|NOTADB)/.test(readSqliteCode(cause));

/** How the embedded store is opened. */
interface SqliteStoreOptions {
  /** The folder of keys; by default `keys` beside the file. */
  readonly keysDir?: string;
  /** The clock, in milliseconds, by which a transaction waits for a lock of another process. */
  readonly now?: () => number;
}

/**
 * Opens the embedded store: one SQLite file, encrypted as a whole. Transactions run one at a time; waiting ones are committed
 * together. Reading has its own connection: it does not wait for writers, in this process or another, and does not block them.
 */
export function openSqliteStore(file: string, { keysDir, now }: SqliteStoreOptions = {}): Store {
  const clock = now ?? (() => performance.now());
  const key = prepareDatabaseFile(file, keysDir);
  const db = openDatabase(file, key);
  const reader = openReadOnlyDatabase(file, key);
  const writing = createConnectionStores(db, key, REMEMBERED);
  const reading = createConnectionStores(reader, key);
  const write = createGroupCommit(db, 'IMMEDIATE', writing.memory, now);
  const read = createGroupCommit(reader, 'DEFERRED', reading.memory, now);
  const recordHeartbeat = db.prepare(
    'INSERT INTO heartbeat (only, at) VALUES (1, ?) ON CONFLICT (only) DO UPDATE SET at = excluded.at',
  );
  const running = new Set<Promise<unknown>>();
  /** The first error after which the disk cannot be trusted; null while no such error has occurred. */
  let diskFailure: unknown = null;
  /** The last refusal for want of space, unless a transaction has succeeded since. */
  let lastFull: { readonly cause: unknown; readonly at: number } | null = null;

  /** Refuses work after a disk failure: the system may count lost data as written, so a later sync proves nothing. */
  const whileDiskIsTrusted =
    <T>(work: () => Promise<T>) =>
    async (): Promise<T> => {
      if (diskFailure !== null) throw diskFailure;
      return work();
    };

  /** Tracks work until it settles, since close() waits for it, and converts errors of SQLite. */
  async function track<T>(result: Promise<T>): Promise<T> {
    running.add(result);
    try {
      return await result;
    } catch (cause) {
      if (isDiskUntrustworthy(cause)) diskFailure ??= cause;
      if (isDiskFull(cause)) lastFull = { cause, at: clock() };
      throw toStoreFailure(cause, file) ?? cause;
    } finally {
      running.delete(result);
    }
  }

  return {
    async transaction(work, scope) {
      const run = whileDiskIsTrusted(() => work(writing.stores));
      const result = await track(write(run, scope?.expected, scope?.part === 'site-subject'));
      lastFull = null;
      return result;
    },
    read: (work) => track(read(whileDiskIsTrusted(() => work(reading.stores)))),
    async verifyWritable() {
      verifyDurability(db, file);
      // A row may still fit where no resource does.
      if (lastFull !== null && clock() - lastFull.at < FULL_MS)
        throw toStoreFailure(lastFull.cause, file) ?? lastFull.cause;
      await track(write(whileDiskIsTrusted(async () => recordHeartbeat.run(new Date().toISOString()))));
    },
    // One process serves an embedded store, and it alone sends: two services would write everything back twice.
    claimService: async () => takeServiceLock(join(dirname(file), 'serve.lock')),
    claimDelivery: async () => ({ isHeld: () => true, release: async () => {} }),
    waitForWork: (_topic, signal) => setTimeout(POLL_MS, undefined, { signal }).catch(() => {}),
    purgeDeleted: () => track(truncateLog(file, key)),
    async close() {
      await Promise.allSettled(running);
      reader.close();
      db.close();
    },
  };
}
