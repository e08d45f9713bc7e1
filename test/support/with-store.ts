import { join } from 'node:path';
import Sqlite from 'better-sqlite3-multiple-ciphers';
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import type { Store } from '../../src/store/store.ts';
import { type Lifecycle, requireOpen, type Scope, useLifecycle } from './use-lifecycle.ts';
import { createTestFolder } from './with-folder.ts';

/** A store in a folder or database of its own. */
export interface TestStore {
  readonly store: Store;
  /** Closes the store and opens the same file or database, as after a restart. */
  reopen(): Promise<void>;
  /** Closes the store and opens a new one, which is empty. */
  renew(): Promise<void>;
}

/** How a test gets a store of one kind. */
export interface StoreKind {
  /** Creates an empty place for a store: a file below the folder, or a database; returns its path or URL. */
  createPlace(folder: string): Promise<string>;
  open(place: string): Promise<Store>;
}

const SQLITE: StoreKind = {
  createPlace: async (folder) => join(folder, 'store.db'),
  open: async (file) => openSqliteStore(file),
};

export interface TestStoreOptions {
  /** The kind of store; by default SQLite. */
  readonly kind?: StoreKind;
  /** Writes the database before the store opens it: one of an earlier version, say. */
  readonly prepare?: (database: Sqlite.Database) => void;
}

function createTestStore({ kind = SQLITE, prepare }: TestStoreOptions): TestStore & Lifecycle {
  let place = '';
  let store: Store | null = null;
  let opened = new AsyncDisposableStack();
  const openPlace = async () => {
    const current = await kind.open(place);
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
      place = await kind.createPlace(folder.path);
      if (prepare) {
        const database = new Sqlite(place);
        opened.defer(() => void database.close());
        prepare(database);
        database.close();
      }
      await openPlace();
    },
    async close() {
      store = null;
      await opened.disposeAsync();
    },
    async reopen() {
      await testStore.store.close();
      await openPlace();
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
