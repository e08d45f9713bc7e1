import type { DeliveryClaim, StoreClaim, WorkTopic } from '../store.ts';
import { buildLockKey } from './advisory-locks.ts';
import { createLockConnection, type LockConnection } from './lock-connection.ts';
import { formatTopic } from './work-topics.ts';

/** The claims of this process. */
export interface ClaimKeeper {
  claimService(use: 'serve' | 'alone'): Promise<StoreClaim | null>;
  claimDelivery(site: string): Promise<DeliveryClaim | null>;
  waitForWork(topic: WorkTopic, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** Whether the last claim of the site was released, or is so old that nothing of it can still be on its way. */
const IS_FREE = `SELECT is_released OR claimed_at <= clock_timestamp() - $2 * interval '1 millisecond' AS free
  FROM delivery_claim WHERE site = $1`;

const RECORD_CLAIM = `INSERT INTO delivery_claim (site, claimed_at, is_released) VALUES ($1, clock_timestamp(), false)
  ON CONFLICT (site) DO UPDATE SET claimed_at = excluded.claimed_at, is_released = false`;

const RECORD_RELEASE = 'UPDATE delivery_claim SET is_released = true WHERE site = $1';

async function claimService(connection: LockConnection, use: 'serve' | 'alone'): Promise<StoreClaim | null> {
  const claim = await connection.lock(use === 'serve' ? 'shared' : 'exclusive', buildLockKey('service'));
  if (!claim || use === 'alone') return claim;
  connection.keepServing(true);
  return {
    async release() {
      connection.keepServing(false);
      await claim.release();
    },
  };
}

async function claimDelivery(
  connection: LockConnection,
  site: string,
  takeoverMs: number,
): Promise<DeliveryClaim | null> {
  const lock = await connection.lock('exclusive', buildLockKey('delivery', site));
  if (!lock) return null;
  const number = connection.getNumber();
  const since = performance.now();
  try {
    const [last] = await connection.query<{ free: boolean }>(IS_FREE, [site, takeoverMs]);
    if (last && !last.free) {
      await lock.release();
      return null;
    }
    await connection.query(RECORD_CLAIM, [site]);
  } catch (cause) {
    await lock.release();
    throw cause;
  }
  const isHeld = () => connection.getNumber() === number && performance.now() - since < takeoverMs / 2;
  return {
    isHeld,
    async release() {
      // Where the claim was lost, the record is that of another process, or tells it to wait.
      if (connection.getNumber() === number) await connection.query(RECORD_RELEASE, [site]).catch(() => {});
      await lock.release();
    },
  };
}

/**
 * Creates the keeper of claims: locks of one connection, which the server frees when the process ends or is cut off. After
 * the connection was lost, the claim of the service is taken again with the next claim.
 *
 * A process that was cut off from the database may still reach an EHR. So a delivery is held for half of `takeoverMs` at
 * most, a request may take the other half, and a site whose last claim was not released is claimed again only after
 * `takeoverMs`: nothing is sent twice.
 */
export function createClaimKeeper(url: string, takeoverMs: number, pollMs: number): ClaimKeeper {
  const connection = createLockConnection(url, pollMs);
  return {
    claimService: (use) => claimService(connection, use),
    claimDelivery: (site) => claimDelivery(connection, site, takeoverMs),
    waitForWork: (topic, signal) => connection.waitForNotification(formatTopic(topic), signal),
    close: connection.close,
  };
}
