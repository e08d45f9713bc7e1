import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import Sqlite from 'better-sqlite3-multiple-ciphers';
import { narrowRights } from '../../keys/key-file.ts';
import type { StoreKey } from '../../keys/store-key.ts';

/** The bytes with which an unencrypted SQLite database begins. */
const PLAIN_HEADER = Buffer.from('SQLite format 3\0', 'latin1');

/** `new`: no file, or an empty one. `encrypted`: also any file that is no database. */
export type DatabaseFileState = 'new' | 'plain' | 'encrypted';

/** Reads what a database file is, from its first bytes. */
export function readFileState(file: string): DatabaseFileState {
  if (!existsSync(file) || statSync(file).size === 0) return 'new';
  const header = Buffer.alloc(PLAIN_HEADER.length);
  const handle = openSync(file, 'r');
  try {
    readSync(handle, header, 0, header.length, 0);
  } finally {
    closeSync(handle);
  }
  return header.equals(PLAIN_HEADER) ? 'plain' : 'encrypted';
}

/** Creates a file that only this user may use, unless it exists; SQLite gives its other files the same rights. */
export function createPrivateFile(file: string): void {
  closeSync(openSync(file, 'a', 0o600));
  narrowRights(file, 0o600);
}

const formatRawKey = (key: Buffer): string => `"x'${key.toString('hex')}'"`;

/** Sets the cipher and the key of a connection; must come before anything else. ChaCha20-Poly1305, a tag for each page. */
export function unlock(db: Sqlite.Database, { database }: StoreKey): void {
  db.pragma("cipher = 'chacha20'");
  db.pragma(`key = ${formatRawKey(database)}`);
  // What SQLite sorts or keeps beside the database would otherwise be in files that are not encrypted.
  db.pragma('temp_store = MEMORY');
}

/** Encrypts a database as a whole with the key, in place, or replaces its key. It must not be in WAL mode. */
export function encryptInPlace(db: Sqlite.Database, { database }: StoreKey): void {
  db.pragma("cipher = 'chacha20'");
  db.pragma('temp_store = MEMORY');
  db.pragma(`rekey = ${formatRawKey(database)}`);
}

/** Opens a connection to an encrypted database; a wrong key shows when it is first read (`SQLITE_NOTADB`). */
export function connectEncrypted(file: string, key: StoreKey, options: Sqlite.Options = {}): Sqlite.Database {
  const db = new Sqlite(file, options);
  try {
    unlock(db, key);
    return db;
  } catch (cause) {
    db.close();
    throw cause;
  }
}
