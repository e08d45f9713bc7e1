import pg from 'pg';
import { Failure } from '../../errors.ts';
import { formatDatabaseUrl } from './database-url.ts';
import { createUnreachableFailure, readSqlState, toPostgresFailure } from './store-failure.ts';

/** The longest wait for a connection, in milliseconds: until one is free, or a server that is starting again is up. */
const CONNECT_TIMEOUT_MS = 10_000;
/** The longest wait for a lock that other processes hold. */
const LOCK_TIMEOUT_MS = 10_000;
/** After this time without an answer the connection is given up, as a network that is cut does not say so. */
const ANSWER_TIMEOUT_MS = 120_000;
/** How long a process that does not continue its transaction may hold its locks. */
const IDLE_TRANSACTION_TIMEOUT_MS = 60_000;
/** The server finds out within half a minute that a process has been cut off, and frees its locks. */
const SERVER_KEEPALIVE = '-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=4';
/** Every statement is short and prepared: planning it each time, as is usual for divided tables, costs more than running it. */
const PLAN_ONCE = '-c plan_cache_mode=force_generic_plan -c jit=off';

/** Builds the settings of every connection to the database. */
export function buildConnectionSettings(url: string): pg.ClientConfig {
  return {
    connectionString: url,
    application_name: 'trial-adapter',
    pipeline: true,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    lock_timeout: LOCK_TIMEOUT_MS,
    query_timeout: ANSWER_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_TRANSACTION_TIMEOUT_MS,
    options: `${SERVER_KEEPALIVE} ${PLAN_ONCE}`,
  };
}

/** Settings without which a commit may be lost when the server loses power, with the values that are safe. */
const DURABLE_SETTINGS: Readonly<Record<string, readonly string[]>> = {
  fsync: ['on'],
  full_page_writes: ['on'],
  synchronous_commit: ['on', 'remote_apply'],
};

const READ_SETTINGS = `SELECT ${Object.keys(DURABLE_SETTINGS)
  .map((name) => `current_setting('${name}') AS ${name}`)
  .join(', ')}`;

/** Verifies that a commit of this connection is on disk. Throws `store/unusable` where the settings do not guarantee it. */
export async function verifyDurableCommit(client: pg.ClientBase, at: string): Promise<void> {
  const { rows } = await client.query<Record<string, string>>(READ_SETTINGS);
  for (const [name, values] of Object.entries(DURABLE_SETTINGS)) {
    const value = rows[0]?.[name] ?? '';
    if (values.includes(value)) continue;
    throw new Failure('store/unusable', `The database does not sync on commit: ${name} is ${value}.`, {
      at,
      fix: `Set ${name} = on for the server, the database and the role of the database URL.`,
    });
  }
}

/** A connection that is used for one transaction at a time. */
export interface PooledConnection {
  readonly client: pg.PoolClient;
  /** Whether the connection has ended: every error since then follows from that. */
  isLost(): boolean;
  /** Gives the connection back; one that was lost, or whose state is uncertain, is closed. */
  release(isUsable: boolean): void;
}

/** The connections of this process to one server. */
export interface ConnectionPool {
  /** Takes a connection. Throws `store/busy` where the server does not answer, `store/unusable` where it refuses. */
  take(): Promise<PooledConnection>;
  end(): Promise<void>;
}

/** Converts the failure to open a connection: what is no error of the server's is one of the network. */
export function toConnectFailure(cause: unknown, at: string): unknown {
  if (cause instanceof Failure) return cause;
  return readSqlState(cause) === ''
    ? createUnreachableFailure(cause, at)
    : (toPostgresFailure(cause, at) ?? cause);
}

/**
 * Creates a pool. The connections of one that is to be written (`isWritten`) are verified to be durable. The server may end
 * a connection at any time: without the handlers of its error the process would end with it.
 */
export function createConnectionPool(url: string, max: number, isWritten: boolean): ConnectionPool {
  const at = formatDatabaseUrl(url);
  const pool = new pg.Pool({
    ...buildConnectionSettings(url),
    max,
    ...(isWritten
      ? { verify: (client, done) => void verifyDurableCommit(client, at).then(() => done(), done) }
      : {}),
  });
  pool.on('error', () => {});
  return {
    async take() {
      let client: pg.PoolClient;
      try {
        client = await pool.connect();
      } catch (cause) {
        throw toConnectFailure(cause, at);
      }
      let isLost = false;
      const onLost = () => {
        isLost = true;
      };
      client.on('error', onLost);
      client.once('end', onLost);
      return {
        client,
        isLost: () => isLost,
        release(isUsable) {
          client.off('end', onLost);
          // The handler of errors stays where the connection is closed: its last error may follow.
          if (isUsable && !isLost) client.off('error', onLost);
          client.release(!isUsable || isLost);
        },
      };
    },
    end: () => pool.end(),
  };
}
