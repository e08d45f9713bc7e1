import type { Store, StoreTransaction, TransactionScope } from '../store.ts';
import { createPostgresUsedAssertionStore } from './access/used-assertion-store.ts';
import { createPostgresAssessmentStore } from './assessment-store.ts';
import { createClaimKeeper } from './claims.ts';
import { type ConnectionPool, createConnectionPool, verifyDurableCommit } from './connection.ts';
import { formatDatabaseUrl } from './database-url.ts';
import { createPostgresErasureStore } from './erasure-store.ts';
import { createPostgresFactStore } from './fact-store.ts';
import { createPostgresInbox } from './inbox.ts';
import { openDatabaseKey } from './keys/database-key.ts';
import {
  createKeyMemory,
  createPostgresSubjectKeys,
  type KeyMemory,
  type SubjectKeysInTransaction,
} from './keys/subject-keys.ts';
import { createPostgresOutbox } from './outbox.ts';
import { createPostgresDecisionLog } from './people/decision-log.ts';
import { createPostgresPersonSessionStore } from './people/session-store.ts';
import { createPostgresPostponedStore } from './postponed-store.ts';
import { type AuditBuffer, createPostgresAuditLog } from './safekeeping/audit-log.ts';
import { ensureSchema } from './schema/migrate-schema.ts';
import { createPostgresSealedPayloadStore } from './sealed-payload-store.ts';
import { createTransactionSession, type Session } from './session.ts';
import { createPostgresSharedValueStore } from './shared-value-store.ts';
import { createUnreachableFailure, toPostgresFailure } from './store-failure.ts';
import { createPostgresSubjectStore } from './subject-store.ts';
import { createTransactionLanes } from './transaction-lanes.ts';
import { createPostgresWorkItemStore } from './work-item-store.ts';

/** Where a store of several instances is. */
export interface PostgresOptions {
  /** The URL of the database, `postgres://…`. */
  readonly url: string;
  /** The URL of the role that owns the schema; null: that of `url` owns it, or the schema is up to date. */
  readonly ownerUrl: string | null;
  /** The URL of a replica that answers what is only read; null: the same server. */
  readonly replicaUrl: string | null;
  /** How long after the last sign of a process that was sending another may send to the same site, in milliseconds. */
  readonly takeoverMs: number;
  /** How long work may wait where no notification of it arrives, in milliseconds. */
  readonly pollMs: number;
  /** The studies whose facts are stored apart from those of others. */
  readonly studies: readonly string[];
  /** The folder of keys. Where only a replica is read, it need not have a key as long as no content is read. */
  readonly keysDir: string;
}

/** How many transactions of a process run at once; a transaction that waits for another holds its connection. */
const WRITE_CONNECTIONS = 10;
const READ_CONNECTIONS = 5;

function createStores(
  session: Session,
  keys: SubjectKeysInTransaction,
  { storeKey }: KeyMemory,
  audit: AuditBuffer,
): StoreTransaction {
  return {
    inbox: createPostgresInbox(session, keys),
    facts: createPostgresFactStore(session),
    workItems: createPostgresWorkItemStore(session),
    subjects: createPostgresSubjectStore(session),
    assessments: createPostgresAssessmentStore(session),
    outbox: createPostgresOutbox(session),
    sealedPayloads: createPostgresSealedPayloadStore(session),
    sharedValues: createPostgresSharedValueStore(session),
    usedAssertions: createPostgresUsedAssertionStore(session),
    postponed: createPostgresPostponedStore(session),
    erasures: createPostgresErasureStore(session, keys, storeKey),
    audit: createPostgresAuditLog(session, audit),
    decisions: createPostgresDecisionLog(session),
    personSessions: createPostgresPersonSessionStore(session),
  };
}

/** Runs work that only reads on one state of the database. */
async function runRead<T>(
  pool: ConnectionPool,
  memory: KeyMemory,
  work: (tx: StoreTransaction) => Promise<T>,
): Promise<T> {
  const connection = await pool.take();
  const session = createTransactionSession(connection);
  let isUsable = false;
  try {
    session.sendCommand('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    session.sendCommand(`SET LOCAL trial_adapter.site = '*'`);
    const keys = createPostgresSubjectKeys(session, memory);
    return await work(createStores(session, keys, memory, { entries: [] }));
  } finally {
    isUsable = await session.rollback('ROLLBACK').then(
      () => true,
      () => false,
    );
    connection.release(isUsable);
  }
}

/** Opens a first connection, which verifies that commits are durable; ends the pool where it fails. */
async function verifyPool(pool: ConnectionPool): Promise<void> {
  try {
    (await pool.take()).release(true);
  } catch (cause) {
    await pool.end();
    throw cause;
  }
}

const BEAT = `INSERT INTO heartbeat (beat, at) VALUES (1, $1)
  ON CONFLICT (beat) DO UPDATE SET at = excluded.at`;

async function recordHeartbeat(pool: ConnectionPool, at: string): Promise<void> {
  const connection = await pool.take();
  let isUsable = false;
  try {
    await verifyDurableCommit(connection.client, at);
    await connection.client.query(BEAT, [new Date().toISOString()]);
    isUsable = true;
  } catch (cause) {
    throw connection.isLost() ? createUnreachableFailure(cause) : cause;
  } finally {
    connection.release(isUsable);
  }
}

/**
 * Opens the store of several instances: a PostgreSQL database. Transactions that could affect each other run one after the
 * other in all processes (see transaction-lanes.ts). A connection that is lost fails its transaction with `store/busy`, and
 * the next one opens another. Throws a `store/…` Failure where the database cannot be used, or would lose commits.
 */
export async function openPostgresStore(options: PostgresOptions): Promise<Store> {
  const { url, ownerUrl, replicaUrl, takeoverMs, pollMs, studies } = options;
  const at = formatDatabaseUrl(url);
  if (replicaUrl === null) await ensureSchema({ url, ownerUrl: ownerUrl ?? url, studies });
  const writers = createConnectionPool(url, WRITE_CONNECTIONS, true);
  if (replicaUrl === null) await verifyPool(writers);
  const readers = createConnectionPool(replicaUrl ?? url, READ_CONNECTIONS, false);
  const memory = createKeyMemory(await openDatabaseKey(replicaUrl === null ? writers : readers, options));
  const claims = createClaimKeeper(url, takeoverMs, pollMs);
  const runInLane = createTransactionLanes(writers);
  const running = new Set<Promise<unknown>>();
  let closed: Promise<unknown> | null = null;

  /** Tracks work until it settles, since close() waits for it, and converts errors of PostgreSQL. */
  async function track<T>(result: Promise<T>): Promise<T> {
    running.add(result);
    try {
      return await result;
    } catch (cause) {
      throw toPostgresFailure(cause, at) ?? cause;
    } finally {
      running.delete(result);
    }
  }

  async function runWrite<T>(
    work: (tx: StoreTransaction) => Promise<T>,
    scope: TransactionScope | null,
  ): Promise<T> {
    let keys: SubjectKeysInTransaction | null = null;
    const result = await runInLane(scope, (session, audit) => {
      keys = createPostgresSubjectKeys(session, memory);
      return work(createStores(session, keys, memory, audit));
    });
    (keys as SubjectKeysInTransaction | null)?.settle();
    return result;
  }

  return {
    transaction: (work, scope) => track(runWrite(work, scope ?? null)),
    read: (work) => track(runRead(readers, memory, work)),
    verifyWritable: () => track(recordHeartbeat(writers, at)),
    claimService: claims.claimService,
    claimDelivery: claims.claimDelivery,
    waitForWork: claims.waitForWork,
    purgeDeleted: async () => false,
    async close() {
      await Promise.allSettled(running);
      closed ??= Promise.all([writers.end(), readers.end(), claims.close()]);
      await closed;
    },
  };
}
