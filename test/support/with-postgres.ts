import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPostgresStore } from '../../src/store/postgres/postgres-store.ts';
import { type PostgresServer, type PostgresVersion, startPostgresServer } from './postgres-server.ts';
import { requireOpen, useLifecycle } from './use-lifecycle.ts';
import type { StoreKind } from './with-store.ts';

/** A server for all tests of the file. */
export interface TestPostgres {
  readonly server: PostgresServer;
  /** Creates a database with the schema of a store, which is empty; returns its URL. */
  createStoreDatabase(): Promise<string>;
}

/** The study whose facts have a table of their own in the databases of tests. */
const STUDY = 'msc-aa';

/** Starts a server of the version for all tests of the file. */
export function usePostgres(
  version: PostgresVersion,
  settings: Readonly<Record<string, string>> = {},
): TestPostgres {
  let server: PostgresServer | null = null;
  let template: string | null = null;
  useLifecycle('file', {
    async open() {
      server = await startPostgresServer(version, settings);
    },
    async close() {
      await server?.stop();
      [server, template] = [null, null];
    },
  });
  const current = () => requireOpen(server, 'PostgreSQL');
  return {
    get server() {
      return current();
    },
    async createStoreDatabase() {
      if (template === null) {
        const url = await current().createDatabase();
        await (await openTestStore(url)).close();
        template = new URL(url).pathname.slice(1);
        // Whoever opens a copy first decides with which key.
        await current().query('DELETE FROM store_key', template);
      }
      return current().createDatabase(template);
    },
  };
}

/** The store is on one server, and its user owns the schema. */
export const TEST_OPTIONS = {
  ownerUrl: null,
  replicaUrl: null,
  takeoverMs: 60_000,
  pollMs: 1_000,
  // Every store of tests has the same keys, so that it can be opened again.
  keysDir: join(tmpdir(), 'trial-adapter-test-keys'),
} as const;

/** Opens the store of a database, whose user owns the schema. */
export const openTestStore = (url: string, keysDir: string = TEST_OPTIONS.keysDir) =>
  openPostgresStore({ url, ...TEST_OPTIONS, keysDir, studies: [STUDY] });

/** Stores in databases of their own. */
export const createPostgresKind = (postgres: TestPostgres): StoreKind => ({
  createPlace: () => postgres.createStoreDatabase(),
  open: (url) => openTestStore(url),
});
