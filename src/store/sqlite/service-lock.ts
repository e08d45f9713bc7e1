import Sqlite from 'better-sqlite3-multiple-ciphers';
import type { StoreClaim } from '../store.ts';
import { createPrivateFile } from './files/encrypted-file.ts';
import { isDatabaseBusy, toStoreFailure } from './store-failure.ts';

/** How long a service that starts waits for one that is about to end or to say who it is. */
const LOCK_WAIT_MS = 1_000;

/**
 * Takes the lock of a data folder for the process that serves it; null where another process holds it. The lock is an open
 * transaction on an empty database of its own: the operating system releases it when the process ends, however it ends, so
 * the file that remains means nothing. It is always empty, so that there is nothing to encrypt. Throws `store/unusable` where
 * the file cannot be used.
 */
export function takeServiceLock(file: string): StoreClaim | null {
  let db: Sqlite.Database | null = null;
  try {
    createPrivateFile(file);
    db = new Sqlite(file, { timeout: LOCK_WAIT_MS });
    db.exec('BEGIN EXCLUSIVE');
    const holder = db;
    return { release: async () => void holder.close() };
  } catch (cause) {
    db?.close();
    if (isDatabaseBusy(cause)) return null;
    throw toStoreFailure(cause, file) ?? cause;
  }
}
