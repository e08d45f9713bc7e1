import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import type { Store } from '../../src/store/store.ts';
import { type Lifecycle, requireOpen, type Scope, useLifecycle } from './use-lifecycle.ts';
import { createTestFolder } from './with-folder.ts';

/** A store in a folder of its own. */
export interface TestStore {
  readonly store: Store;
  /** Closes the store and opens the same file, as after a restart. */
  reopen(): Promise<void>;
  /** Closes the store and opens a new one, which is empty. */
  renew(): Promise<void>;
}

export interface TestStoreOptions {
  /** Opens the store of a file; by default the SQLite store. */
  readonly open?: (file: string) => Store;
  /** Writes the database before the store opens it: one of an earlier version, say. */
  readonly prepare?: (database: Sqlite.Database) => void;
}

function createTestStore({ open = openSqliteStore, prepare }: TestStoreOptions): TestStore & Lifecycle {
  let file = '';
  let store: Store | null = null;
  let opened = new AsyncDisposableStack();
  const openFile = () => {
    const current = open(file);
    store = current;
    opened.defer(() => current.close());
  };
  const testStore: TestStore & Lifecycle = {
    get store() {
      return requireOpen(store, 'The store');
    },
    async open() {
      opened = new AsyncDisposableStack();
      const folder = createTestFolder();
      opened.defer(() => folder.remove());
      file = join(folder.path, 'store.db');
      if (prepare) {
        const database = new Sqlite(file);
        opened.defer(() => void database.close());
        prepare(database);
        database.close();
      }
      openFile();
    },
    async close() {
      store = null;
      await opened.disposeAsync();
    },
    async reopen() {
      await testStore.store.close();
      openFile();
    },
    async renew() {
      await testStore.close();
      await testStore.open();
    },
  };
  return testStore;
}

/** Opens an empty store for all tests of the file, or a new one for each test. */
export function useStore(per: Scope, options: TestStoreOptions = {}): TestStore {
  const testStore = createTestStore(options);
  useLifecycle(per, testStore);
  return testStore;
}

/** Runs the work with a store of its own. */
export async function withStore<T>(
  options: TestStoreOptions,
  work: (testStore: TestStore) => Promise<T>,
): Promise<T> {
  const testStore = createTestStore(options);
  try {
    await testStore.open();
    return await work(testStore);
  } finally {
    await testStore.close();
  }
}
