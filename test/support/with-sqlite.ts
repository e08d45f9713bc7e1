import type Sqlite from 'better-sqlite3-multiple-ciphers';
import { prepareDatabaseFile } from '../../src/store/sqlite/database.ts';
import { connectEncrypted } from '../../src/store/sqlite/files/encrypted-file.ts';

/** Opens a connection to the database of a store, past the store: to look into it, to damage it or to lock it. */
export const connectSqlite = (file: string, options: Sqlite.Options = {}): Sqlite.Database =>
  connectEncrypted(file, prepareDatabaseFile(file), options);
