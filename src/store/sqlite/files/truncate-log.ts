import { setTimeout } from 'node:timers/promises';
import type { StoreKey } from '../../keys/store-key.ts';
import { connectEncrypted } from './encrypted-file.ts';

const ATTEMPTS = 40;
const RETRY_MS = 50;

/**
 * Copies the log into the database and makes it empty, so that no former page remains in it. The connection is its own: that of
 * the store may be in a transaction. False where readers of former states, or another process, prevent it for two seconds.
 */
export async function truncateLog(file: string, key: StoreKey): Promise<boolean> {
  // Waiting for a lock would block this process, which may hold it.
  const db = connectEncrypted(file, key, { timeout: 0 });
  try {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const [result] = db.pragma('wal_checkpoint(TRUNCATE)') as [{ busy: number }];
      if (result.busy === 0) return true;
      await setTimeout(RETRY_MS);
    }
    return false;
  } finally {
    db.close();
  }
}
