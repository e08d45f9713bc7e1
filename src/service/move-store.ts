import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Config, DatabaseConfig } from '../config.ts';
import { Failure } from '../errors.ts';
import type { Service } from '../service.ts';
import { type MovedTableProof, moveToPostgres, type ReportMove } from '../store/moving/move-to-postgres.ts';
import { formatDatabaseUrl } from '../store/postgres/database-url.ts';
import type { Store } from '../store/store.ts';
import { claimStore } from './opening/claim-store.ts';
import { locateStore, openStore } from './opening/open-store.ts';

/** A study whose report is the same in both stores. */
interface ComparedReport {
  readonly study: string;
  readonly subjects: number;
}

/** What was moved, with the proof that both stores are equal. Printed as JSON. */
export interface MoveResult {
  readonly from: string;
  readonly to: string;
  readonly tables: readonly MovedTableProof[];
  /** The studies whose `report` is the same from both stores. */
  readonly reports: readonly ComparedReport[];
}

/** Operations on a store of SQLite and one of PostgreSQL. They open the stores by themselves. */
export interface MoveOperations {
  /**
   * Moves a store out of a SQLite file (or the data folder that has it) into an empty PostgreSQL database, and proves that
   * both are equal: rows, digests and reports. Throws `store/unusable` where they are not, where there is no such file, or
   * where the database is not empty, and `store/busy` beside a service on either.
   */
  moveStore(config: Config, from: string, database: DatabaseConfig, report: ReportMove): Promise<MoveResult>;
}

function locateFile(path: string): string {
  const file = existsSync(path) && statSync(path).isDirectory() ? join(path, 'store.db') : path;
  if (existsSync(file)) return file;
  throw new Failure('store/unusable', 'There is no SQLite store here.', {
    at: path,
    fix: 'Name the file store.db, or the data folder that has it.',
  });
}

/** Returns the folder of keys of a store: the one that is named, else that in its own data folder. */
const locateSourceKeys = ({ dataDir, keysDir }: Config, file: string): string =>
  keysDir === join(dataDir, 'keys') ? join(dirname(file), 'keys') : keysDir;

/** Runs the work while this process alone uses the store. */
async function withStoreAlone<T>(config: Config, work: (store: Store) => Promise<T>): Promise<T> {
  const store = await openStore(config);
  try {
    const claim = await claimStore(store, 'alone', locateStore(config));
    try {
      return await work(store);
    } finally {
      await claim.release();
    }
  } finally {
    await store.close();
  }
}

async function withOpenService<T>(config: Config, work: (service: Service) => Promise<T>): Promise<T> {
  const { openService } = await import('../service.ts');
  const service = await openService(config);
  try {
    return await work(service);
  } finally {
    await service.close();
  }
}

/** Compares the report of each study; throws `store/unusable` where one differs. */
function compareReports(source: Config, target: Config): Promise<readonly ComparedReport[]> {
  return withOpenService(source, (before) =>
    withOpenService(target, async (after) => {
      const compared: ComparedReport[] = [];
      for (const study of await before.listStudies()) {
        const query = { study, asOf: null, withSensitivity: false };
        const report = await before.report(query);
        if (!isDeepStrictEqual(report, await after.report(query))) {
          throw new Failure('store/unusable', `The report of ${study} differs after the move.`, {
            at: locateStore(target).text,
            fix: 'Keep the SQLite store, and report the error. Drop the database before another attempt.',
          });
        }
        compared.push({ study, subjects: report.subjects });
      }
      return compared;
    }),
  );
}

export const MOVE_OPERATIONS: MoveOperations = {
  async moveStore(config, from, database, report) {
    const file = locateFile(from);
    const folders = { dataDir: dirname(file), keysDir: locateSourceKeys(config, file) };
    const source = { ...config, ...folders, database: null };
    const target = { ...config, ...folders, database };
    const place = { file, keysDir: folders.keysDir };
    const tables = await withStoreAlone(source, () =>
      withStoreAlone(target, () => moveToPostgres(place, database.ownerUrl ?? database.url, report)),
    );
    const reports = await compareReports(source, target);
    return { from: file, to: formatDatabaseUrl(database.url), tables, reports };
  },
};
