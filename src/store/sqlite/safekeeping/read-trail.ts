import type { AuditTrail } from '../../../audit/audit-trail.ts';
import { openStoreKey } from '../../keys/store-key.ts';
import { connectEncrypted } from '../files/encrypted-file.ts';
import { toStoreFailure } from '../store-failure.ts';
import { createSqliteAuditLog } from './audit-log.ts';

/** Whether the database has a trail; one of an earlier version has none. */
const HAS_TRAIL = `SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'audit_entry'`;

const EMPTY_TRAIL: AuditTrail = {
  listChainEnds: async () => [],
  listEntries: async () => [],
  listHeads: async () => [],
};

/**
 * Reads the trail of a database file in one state, without changing the file: also of a copy that nobody may change, and
 * beside a service. Throws a `store/…` Failure where the file or its key cannot be read.
 */
export async function readSqliteTrail<T>(
  { file, keysDir }: { readonly file: string; readonly keysDir: string },
  work: (trail: AuditTrail) => Promise<T>,
): Promise<T> {
  const key = openStoreKey(keysDir, false);
  try {
    const db = connectEncrypted(file, key, { readonly: true, fileMustExist: true });
    try {
      db.exec('BEGIN');
      const hasTrail = db.prepare<[], number>(HAS_TRAIL).pluck().get() === 1;
      return await work(hasTrail ? createSqliteAuditLog(db) : EMPTY_TRAIL);
    } finally {
      db.close();
    }
  } catch (cause) {
    throw toStoreFailure(cause, file) ?? cause;
  }
}
