import pg from 'pg';
import type { StoreClaim } from '../store.ts';
import { buildLockKey, type LockKey } from './advisory-locks.ts';
import { buildConnectionSettings, toConnectFailure } from './connection.ts';
import { formatDatabaseUrl } from './database-url.ts';
import { createUnreachableFailure, toPostgresFailure } from './store-failure.ts';

/** The claims of this process. */
export interface ClaimKeeper {
  claimService(use: 'serve' | 'alone'): Promise<StoreClaim | null>;
  claimDelivery(site: string): Promise<StoreClaim | null>;
  close(): Promise<void>;
}

/** How a lock is taken without waiting, and given back. */
const LOCKS = {
  exclusive: { take: 'pg_try_advisory_lock', give: 'pg_advisory_unlock' },
  shared: { take: 'pg_try_advisory_lock_shared', give: 'pg_advisory_unlock_shared' },
};

async function tryLock(client: pg.Client, kind: keyof typeof LOCKS, key: LockKey): Promise<boolean> {
  const { rows } = await client.query<{ taken: boolean }>(`SELECT ${LOCKS[kind].take}($1, $2) AS taken`, [
    ...key,
  ]);
  return rows[0]?.taken ?? false;
}

/**
 * Creates the keeper of claims. They are locks of one connection: when the process ends or is cut off, the server frees
 * them. After the connection was lost, a claim of the service is taken again with the next claim.
 */
export function createClaimKeeper(url: string): ClaimKeeper {
  const at = formatDatabaseUrl(url);
  let current: Promise<pg.Client> | null = null;
  let isServing = false;

  async function open(): Promise<pg.Client> {
    const client = new pg.Client(buildConnectionSettings(url));
    const forget = () => {
      current = null;
    };
    client.on('error', forget);
    client.once('end', forget);
    await client.connect();
    if (isServing && !(await tryLock(client, 'shared', buildLockKey('service')))) {
      await client.end();
      throw createUnreachableFailure(new Error('Another process has claimed the store.'));
    }
    return client;
  }

  async function connect(): Promise<pg.Client> {
    current ??= open();
    try {
      return await current;
    } catch (cause) {
      current = null;
      throw toConnectFailure(cause, at);
    }
  }

  async function claim(kind: keyof typeof LOCKS, key: LockKey): Promise<StoreClaim | null> {
    const client = await connect();
    try {
      if (!(await tryLock(client, kind, key))) return null;
    } catch (cause) {
      throw current === null ? createUnreachableFailure(cause) : (toPostgresFailure(cause, at) ?? cause);
    }
    return {
      async release() {
        // Where the connection is lost, the lock is free already.
        await client.query(`SELECT ${LOCKS[kind].give}($1, $2)`, [...key]).catch(() => {});
      },
    };
  }

  return {
    async claimService(use) {
      const found = await claim(use === 'serve' ? 'shared' : 'exclusive', buildLockKey('service'));
      if (!found || use === 'alone') return found;
      isServing = true;
      return {
        async release() {
          isServing = false;
          await found.release();
        },
      };
    },
    claimDelivery: (site) => claim('exclusive', buildLockKey('delivery', site)),
    async close() {
      isServing = false;
      const client = await current?.catch(() => null);
      await client?.end();
    },
  };
}
