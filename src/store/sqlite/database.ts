import { chmodSync } from 'node:fs';
import { dirname } from 'node:path';
import Sqlite from 'better-sqlite3';
import { Failure } from '../../errors.ts';
import { createFolder } from '../data-folder.ts';
import { MIGRATIONS } from './schema/migrations.ts';
import { toStoreFailure } from './store-failure.ts';

export type Database = Sqlite.Database;

/** `PRAGMA synchronous` as a number: 2 is FULL, which syncs the log on every commit. */
const SYNCHRONOUS_FULL = 2;

/** Larger pages than the usual 4 kB: rows have one or two kB, and a commit then writes fewer pages. For new files only. */
const PAGE_BYTES = 8_192;
/** The pages after which the log is copied into the database (32 MB): each changed page is then copied less often. */
const CHECKPOINT_PAGES = 4_000;
/** The most memory of the pages that a connection keeps, in kB; it is used only as pages are read. */
const CACHE_KB = 24_576;

/**
 * Opens the database file, or creates it. WAL with synchronous=FULL: commits survive a killed process and a power failure.
 * better-sqlite3 leaves synchronous at NORMAL in WAL mode, so it is set here and read back. Throws a `store/…` Failure, or
 * the system's error where the folder cannot be created.
 */
export function openDatabase(file: string): Database {
  createFolder(dirname(file), 0o700);
  return openOrRefuse(file, (db) => {
    db.pragma('busy_timeout = 10000');
    db.pragma(`page_size = ${PAGE_BYTES}`);
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = FULL');
    db.pragma('foreign_keys = ON');
    db.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
    db.pragma(`cache_size = -${CACHE_KB}`);
    verifyDurability(db, file);
    migrate(db, file);
    // The file contains readable patient data: only its owner may read it. SQLite creates its other files with these rights.
    chmodSync(file, 0o600);
    // From here on group-commit.ts waits for other processes, without blocking this one.
    db.pragma('busy_timeout = 50');
  });
}

/** Opens a second connection to a database that openDatabase has opened; it refuses to write. */
export function openReadOnlyDatabase(file: string): Database {
  return openOrRefuse(file, (db) => {
    db.pragma('busy_timeout = 10000');
    db.pragma('query_only = ON');
  });
}

/** Opens and prepares a database; closes it again where that fails. */
function openOrRefuse(file: string, prepare: (db: Database) => void): Database {
  let db: Database | null = null;
  try {
    db = new Sqlite(file);
    prepare(db);
    return db;
  } catch (cause) {
    db?.close();
    throw toStoreFailure(cause, file) ?? cause;
  }
}

/** Verifies that a commit is on disk. Throws a `store/unusable` Failure where the settings do not guarantee it. */
export function verifyDurability(db: Database, file: string): void {
  const synchronous = db.pragma('synchronous', { simple: true });
  const journal = db.pragma('journal_mode', { simple: true });
  if (synchronous !== SYNCHRONOUS_FULL || journal !== 'wal') {
    throw new Failure('store/unusable', 'The database does not sync on commit.', {
      at: file,
      fix: 'Put the data folder on a local file system that supports SQLite WAL.',
    });
  }
}

function migrate(db: Database, file: string): void {
  const version = db.pragma('user_version', { simple: true });
  if (typeof version !== 'number' || version > MIGRATIONS.length) {
    throw new Failure('store/unusable', 'The database was written by a newer version of the adapter.', {
      at: file,
      fix: 'Use that version, or another data folder.',
    });
  }
  MIGRATIONS.slice(version).forEach((step, index) => {
    db.transaction(() => {
      db.exec(step);
      db.pragma(`user_version = ${version + index + 1}`);
    }).immediate();
  });
}
