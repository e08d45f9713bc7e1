import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { createNameHash } from '../../audit/name-hash.ts';
import type { Config, DatabaseConfig } from '../../config.ts';
import { listFolders } from '../../library/library-files.ts';
import { formatDatabaseUrl } from '../../store/postgres/database-url.ts';
import type { Store } from '../../store/store.ts';
import { keepTrail, type TrailStore } from '../audit/keep-trail.ts';
import type { StorePlace } from './claim-store.ts';

/** How long work waits where an instance learns of it by the clock, or its notification was lost. */
const POLL_MS = 1_000;

/** Returns where the store is, without passwords. */
export function locateStore({ dataDir, database }: Pick<Config, 'dataDir' | 'database'>): StorePlace {
  return database
    ? { isFolder: false, text: formatDatabaseUrl(database.url) }
    : { isFolder: true, text: dataDir };
}

/**
 * Opens the store that the configuration names: a file in the data folder, or a PostgreSQL database, where the facts of each
 * study have a table of their own. What is changed through it has no audit trail (see openTrailStore). Throws a `store/…` Failure where it cannot be used.
 */
export async function openStore({
  dataDir,
  keysDir,
  database,
  studiesDir,
}: Pick<Config, 'dataDir' | 'keysDir' | 'database' | 'studiesDir'>): Promise<Store> {
  // Only the driver that is used is loaded.
  if (database) {
    const { openPostgresStore } = await import('../../store/postgres/postgres-store.ts');
    return openPostgresStore({ ...database, keysDir, pollMs: POLL_MS, studies: listFolders(studiesDir) });
  }
  const { openSqliteStore } = await import('../../store/sqlite/sqlite-store.ts');
  return openSqliteStore(join(dataDir, 'store.db'), { keysDir });
}

/** Logs that the trail could not be kept. The log is loaded only then: most commands write none. */
async function reportAuditFailure({ logLevel }: Pick<Config, 'logLevel'>, error: unknown): Promise<void> {
  const { createEventLog } = await import('../../observe/event-log.ts');
  const { createLog } = await import('../../observe/log.ts');
  createEventLog(createLog(logLevel)).auditFailed({ error });
}

/** Opens the store, and keeps its audit trail. A replica, which cannot be written, has none of its own. */
export async function openTrailStore(
  config: Pick<Config, 'dataDir' | 'keysDir' | 'auditHeadsDir' | 'database' | 'studiesDir' | 'logLevel'>,
): Promise<TrailStore> {
  const store = await openStore(config);
  if (config.database?.replicaUrl) return { ...store, hashes: createNameHash(randomBytes(32)) };
  try {
    return await keepTrail(store, config, (error) => void reportAuditFailure(config, error));
  } catch (cause) {
    await store.close();
    throw cause;
  }
}

/** Brings the decisions in the data folder up to date with the database. */
export async function updateDecisionFiles(
  { dataDir }: Pick<Config, 'dataDir'>,
  { replicaUrl }: DatabaseConfig,
  store: Store,
): Promise<void> {
  const { fetchDecisions, shareDecisions } = await import('../../pipeline/facts/shared-decisions.ts');
  if (replicaUrl !== null) await store.read((tx) => fetchDecisions(tx, dataDir));
  else await store.transaction((tx) => shareDecisions(tx, dataDir));
}
