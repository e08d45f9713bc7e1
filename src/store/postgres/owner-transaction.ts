import pg from 'pg';
import { buildLockKey } from './advisory-locks.ts';
import { buildConnectionSettings, toConnectFailure } from './connection.ts';
import { formatDatabaseUrl } from './database-url.ts';
import { toPostgresFailure } from './store-failure.ts';

/** Runs the work with a connection of its own, outside of any pool. */
export async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const at = formatDatabaseUrl(url);
  // A migration may wait for others, and move many rows.
  const client = new pg.Client({
    ...buildConnectionSettings(url),
    query_timeout: 0,
    lock_timeout: 0,
    pipeline: false,
  });
  client.on('error', () => {});
  try {
    await client.connect();
  } catch (cause) {
    throw toConnectFailure(cause, at);
  }
  try {
    return await work(client);
  } catch (cause) {
    throw toPostgresFailure(cause, at) ?? cause;
  } finally {
    await client.end();
  }
}

/**
 * Runs the work in one transaction of the role that owns the schema, with all sites allowed, while no other transaction of
 * the store runs.
 */
export function withOwnerTransaction<T>(
  ownerUrl: string,
  work: (client: pg.ClientBase) => Promise<T>,
): Promise<T> {
  return withClient(ownerUrl, async (client) => {
    await client.query('BEGIN');
    await client.query('SELECT pg_advisory_xact_lock($1, $2)', [...buildLockKey('store')]);
    await client.query(`SELECT set_config('trial_adapter.site', '*', true)`);
    const result = await work(client);
    await client.query('COMMIT');
    await client.query('ANALYZE');
    return result;
  });
}
