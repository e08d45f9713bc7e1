import { setTimeout } from 'node:timers/promises';
import pg from 'pg';
import type { StoreClaim } from '../store.ts';
import { buildLockKey, type LockKey } from './advisory-locks.ts';
import { buildConnectionSettings, toConnectFailure } from './connection.ts';
import { formatDatabaseUrl } from './database-url.ts';
import { createUnreachableFailure, toPostgresFailure } from './store-failure.ts';
import { WORK_CHANNEL } from './work-topics.ts';

/** How a lock is taken without waiting, and given back. */
const LOCKS = {
  exclusive: { take: 'pg_try_advisory_lock', give: 'pg_advisory_unlock' },
  shared: { take: 'pg_try_advisory_lock_shared', give: 'pg_advisory_unlock_shared' },
};

export type LockKind = keyof typeof LOCKS;

/** A connection that lasts, and the locks that it holds. When it ends, however it ends, the server frees them. */
export interface LockConnection {
  /** Takes a lock without waiting; null where another process holds it. */
  lock(kind: LockKind, key: LockKey): Promise<StoreClaim | null>;
  /** Runs a statement on the connection of the locks; returns the rows. */
  query<Row extends object>(text: string, values: readonly unknown[]): Promise<readonly Row[]>;
  /** Returns the number of the connection: another after it was lost; null while there is none. */
  getNumber(): number | null;
  /** Waits for a notification of the topic, also one that has arrived since the last wait; at the latest for `pollMs`. */
  waitForNotification(topic: string, signal: AbortSignal): Promise<void>;
  /** Whether the shared lock of the service is taken again after the connection was lost. */
  keepServing(isServing: boolean): void;
  close(): Promise<void>;
}

/** The notifications that have arrived, by topic. */
function createMailbox(pollMs: number) {
  const arrived = new Set<string>();
  const waiting = new Map<string, () => void>();
  return {
    put(topic: string): void {
      arrived.add(topic);
      waiting.get(topic)?.();
    },
    /** One wait at a time for each topic. */
    async wait(topic: string, signal: AbortSignal): Promise<void> {
      const notified = Promise.withResolvers<void>();
      waiting.set(topic, notified.resolve);
      const ended = new AbortController();
      const timeout = setTimeout(pollMs, undefined, { signal: AbortSignal.any([signal, ended.signal]) });
      if (!arrived.has(topic)) await Promise.race([notified.promise, timeout.catch(() => {})]);
      ended.abort();
      await timeout.catch(() => {});
      waiting.delete(topic);
      arrived.delete(topic);
    },
  };
}

async function tryLock(client: pg.Client, kind: LockKind, key: LockKey): Promise<boolean> {
  const text = `SELECT ${LOCKS[kind].take}($1, $2) AS taken`;
  const { rows } = await client.query<{ taken: boolean }>(text, [...key]);
  return rows[0]?.taken ?? false;
}

/**
 * Creates the connection of the locks. `pollMs`: how long work may wait where no notification arrives, because the connection
 * was lost or work is due by the clock. The connection is opened by the first call, and again by the next one after it
 * was lost.
 */
export function createLockConnection(url: string, pollMs: number): LockConnection {
  const at = formatDatabaseUrl(url);
  let opening: Promise<pg.Client> | null = null;
  let connected: pg.Client | null = null;
  let number = 0;
  let isServing = false;
  const mailbox = createMailbox(pollMs);

  async function open(): Promise<pg.Client> {
    const client = new pg.Client(buildConnectionSettings(url));
    const forget = () => {
      if (connected === client) [opening, connected] = [null, null];
    };
    client.on('error', forget);
    client.once('end', forget);
    client.on('notification', ({ payload }) => mailbox.put(payload ?? ''));
    await client.connect();
    await client.query(`LISTEN ${WORK_CHANNEL}`);
    if (isServing && !(await tryLock(client, 'shared', buildLockKey('service')))) {
      await client.end();
      throw createUnreachableFailure(new Error('Another process has claimed the store.'));
    }
    [connected, number] = [client, number + 1];
    return client;
  }

  async function connect(): Promise<pg.Client> {
    opening ??= open();
    try {
      return await opening;
    } catch (cause) {
      opening = null;
      throw toConnectFailure(cause, at);
    }
  }

  /** Runs work on the connection, and converts its errors. */
  async function run<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
    const client = await connect();
    try {
      return await work(client);
    } catch (cause) {
      if (connected !== client) throw createUnreachableFailure(cause);
      throw toPostgresFailure(cause, at) ?? cause;
    }
  }

  return {
    lock: (kind, key) =>
      run(async (client) => {
        if (!(await tryLock(client, kind, key))) return null;
        return {
          async release() {
            // Where the connection is lost, the lock is free already.
            await client.query(`SELECT ${LOCKS[kind].give}($1, $2)`, [...key]).catch(() => {});
          },
        };
      }),
    query: <Row extends object>(text: string, values: readonly unknown[]) =>
      run(async (client) => (await client.query<Row>(text, [...values])).rows),
    getNumber: () => (connected === null ? null : number),
    async waitForNotification(topic, signal) {
      // Without a connection, the time alone ends the wait.
      await connect().catch(() => null);
      await mailbox.wait(topic, signal);
    },
    keepServing(isKept) {
      isServing = isKept;
    },
    async close() {
      isServing = false;
      const client = await opening?.catch(() => null);
      await client?.end();
    },
  };
}
