import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type Sqlite from 'better-sqlite3-multiple-ciphers';
import { createFolder } from '../../durable-folders.ts';
import { Failure } from '../../errors.ts';
import { narrowRights } from '../keys/key-file.ts';
import { openStoreKey, type StoreKey } from '../keys/store-key.ts';
import { encryptPlainFile } from './files/encrypt-plain-file.ts';
import { connectEncrypted, createPrivateFile, readFileState } from './files/encrypted-file.ts';
import { MIGRATIONS } from './schema/migrations.ts';
import { takeServiceLock } from './service-lock.ts';
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

/** Returns the folder of keys of a database for which none is named. */
export const locateKeyFolder = (file: string): string => join(dirname(file), 'keys');

/**
 * Makes the database file one that only this user may use and that is encrypted, and returns its key. A file of an earlier
 * version, which was not encrypted, is encrypted now. Throws `store/unusable` where the key is missing or cannot be used, and
 * `store/busy` where another process uses a file that is to be encrypted.
 */
export function prepareDatabaseFile(file: string, keysDir = locateKeyFolder(file)): StoreKey {
  const folder = dirname(file);
  createFolder(folder, 0o700);
  // A folder with other things in it, and no store yet, may have been named by mistake.
  if (existsSync(file) || readdirSync(folder).length === 0) narrowRights(folder, 0o700);
  const state = readFileState(file);
  const key = openStoreKey(keysDir, state !== 'encrypted');
  createPrivateFile(file);
  if (state === 'plain') encryptAlone(file, key);
  return key;
}

/** Encrypts a file while no service uses it. */
function encryptAlone(file: string, key: StoreKey): void {
  const lock = takeServiceLock(join(dirname(file), 'serve.lock'));
  if (!lock) {
    throw new Failure('store/busy', 'The store is not encrypted yet, and another process uses it.', {
      at: file,
      fix: 'Stop that process, so that this version can encrypt the store, or wait until it has done so.',
    });
  }
  try {
    // Another process may have done it since.
    if (readFileState(file) === 'plain') encryptPlainFile(file, key);
  } catch (cause) {
    throw toStoreFailure(cause, file) ?? cause;
  } finally {
    void lock.release();
  }
}

/**
 * Opens the database file, or creates it. WAL with synchronous=FULL: commits survive a killed process and a power failure.
 * better-sqlite3 leaves synchronous at NORMAL in WAL mode, so it is set here and read back. Throws a `store/…` Failure, or
 * the system's error where the folder cannot be created.
 */
export function openDatabase(file: string, key: StoreKey): Database {
  return openOrRefuse(file, key, (db) => {
    db.pragma('busy_timeout = 10000');
    db.pragma(`page_size = ${PAGE_BYTES}`);
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = FULL');
    db.pragma('foreign_keys = ON');
    // What is deleted is overwritten: pages that are free hold nothing of it.
    db.pragma('secure_delete = ON');
    db.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
    db.pragma(`cache_size = -${CACHE_KB}`);
    verifyDurability(db, file);
    migrate(db, file);
    // From here on group-commit.ts waits for other processes, without blocking this one.
    db.pragma('busy_timeout = 50');
  });
}

/** Opens a second connection to a database that openDatabase has opened; it refuses to write. */
export function openReadOnlyDatabase(file: string, key: StoreKey): Database {
  return openOrRefuse(file, key, (db) => {
    db.pragma('busy_timeout = 10000');
    db.pragma('query_only = ON');
  });
}

/** Opens and prepares a database; closes it again where that fails. */
function openOrRefuse(file: string, key: StoreKey, prepare: (db: Database) => void): Database {
  let db: Database | null = null;
  try {
    db = connectEncrypted(file, key);
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

function readVersion(db: Database, file: string): number {
  const version = db.pragma('user_version', { simple: true });
  if (typeof version === 'number' && version <= MIGRATIONS.length) return version;
  throw new Failure('store/unusable', 'The database was written by a newer version of the adapter.', {
    at: file,
    fix: 'Use that version, or another data folder.',
  });
}

/** Brings the schema up to date. Processes that open a store at once take turns: the version is read within each step. */
function migrate(db: Database, file: string): void {
  const takeStep = db.transaction(() => {
    const version = readVersion(db, file);
    const step = MIGRATIONS[version];
    if (step === undefined) return;
    db.exec(step);
    db.pragma(`user_version = ${version + 1}`);
  });
  while (readVersion(db, file) < MIGRATIONS.length) takeStep.immediate();
}
