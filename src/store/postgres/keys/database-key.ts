import { createOtherKeyFailure, findStoreKey, openStoreKey, type StoreKey } from '../../keys/store-key.ts';
import type { ConnectionPool } from '../connection.ts';

/** Input of the check value: a keyed hash, from which nobody can derive the key. Another text would be another check value. */
const CHECK_TEXT = 'trial-adapter check value of the store key';

const GET = 'SELECT check_value AS value FROM store_key';
const PUT = 'INSERT INTO store_key (only_row, check_value) VALUES (1, $1) ON CONFLICT (only_row) DO NOTHING';

async function readCheckValue(pool: ConnectionPool): Promise<string | null> {
  const connection = await pool.take();
  try {
    const { rows } = await connection.client.query<{ value: string }>(GET);
    return rows[0]?.value ?? null;
  } finally {
    connection.release(true);
  }
}

async function storeCheckValue(pool: ConnectionPool, value: string): Promise<void> {
  const connection = await pool.take();
  try {
    await connection.client.query(PUT, [value]);
  } finally {
    connection.release(true);
  }
}

/**
 * Opens the key of a database, of which each instance has a copy; creates it for a database that was never used with one. Throws
 * `store/unusable` where the key is missing, or is not the one of the other instances. A replica may be read without a key
 * (null): then contents cannot be.
 */
export async function openDatabaseKey(
  pool: ConnectionPool,
  { keysDir, replicaUrl }: { readonly keysDir: string; readonly replicaUrl: string | null },
): Promise<StoreKey | null> {
  const expected = await readCheckValue(pool);
  const key = replicaUrl === null ? openStoreKey(keysDir, expected === null) : findStoreKey(keysDir);
  if (key === null) return null;
  const value = key.hash(CHECK_TEXT);
  if (expected === null && replicaUrl === null) {
    await storeCheckValue(pool, value);
    return openDatabaseKey(pool, { keysDir, replicaUrl });
  }
  if (expected !== null && value !== expected) throw createOtherKeyFailure(keysDir);
  return key;
}
