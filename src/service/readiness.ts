import type { Store } from '../store/store.ts';
import type { BackgroundWork } from './background-work.ts';

/** How long a check counts. Anybody may ask for it, so asking must not cost a sync of the disk each time. */
const REMEMBERED_MS = 1_000;

/**
 * Creates the check behind `/ready`: the store can be written (a row is written and synced to disk), and assessment and
 * delivery are running. Whoever asks within a second of the last check, or during one, receives its result: at most one row
 * is written a second. Rejects with a `store/…` Failure where the store cannot be written. `now`: a clock in milliseconds
 * that never goes back.
 */
export function createReadinessCheck(
  store: Pick<Store, 'verifyWritable'>,
  background: Pick<BackgroundWork, 'isBroken'>,
  now: () => number = () => performance.now(),
): () => Promise<boolean> {
  /** The check that is running or was the last one, with the time at which it ended. */
  let last: { readonly written: Promise<void>; endedAt: number } | null = null;

  function beginCheck(): Promise<void> {
    const check = { written: store.verifyWritable(), endedAt: Number.POSITIVE_INFINITY };
    const end = () => {
      check.endedAt = now();
    };
    check.written.then(end, end);
    last = check;
    return check.written;
  }

  return async () => {
    // A broken service is so at once.
    if (background.isBroken()) return false;
    await (last && now() < last.endedAt + REMEMBERED_MS ? last.written : beginCheck());
    return !background.isBroken();
  };
}
