import type { Store } from '../store/store.ts';
import type { BackgroundWork } from './background-work.ts';

/**
 * Creates the check behind `/ready`: the store can be written (a row is written and synced to disk), and assessment and
 * delivery are running. Rejects with a `store/…` Failure where the store cannot be written.
 */
export function createReadinessCheck(
  store: Pick<Store, 'verifyWritable'>,
  background: Pick<BackgroundWork, 'isBroken'>,
): () => Promise<boolean> {
  return async () => {
    await store.verifyWritable();
    return !background.isBroken();
  };
}
