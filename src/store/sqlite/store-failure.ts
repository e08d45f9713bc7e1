import { Failure } from '../../errors.ts';

/** Reads the SQLite code of an error, such as `SQLITE_BUSY`; empty for any other error. */
export function readSqliteCode(cause: unknown): string {
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : '';
  return code.startsWith('SQLITE_') ? code : '';
}

/** Whether the error means that another process has locked the database. */
export const isDatabaseBusy = (cause: unknown): boolean =>
  /^SQLITE_(BUSY|LOCKED)/.test(readSqliteCode(cause));

/**
 * Whether there was no space to write to. What could not be written was not acknowledged, and the next commit can succeed. Of the
 * errors of files only that of the index in shared memory is one: it holds nothing that is not in the log.
 */
export const isDiskFull = (cause: unknown): boolean =>
  /^SQLITE_(FULL|IOERR_SHMSIZE)$/.test(readSqliteCode(cause));

/** What makes a database unusable, by the code of SQLite without its extension, with the fix. */
const UNUSABLE: Readonly<Record<string, readonly [problem: string, fix: string]>> = {
  IOERR: ['The disk cannot be read or written', 'Check the disk, then start again.'],
  CORRUPT: ['The database is damaged', 'Check the disk, and restore the data folder from a backup.'],
  NOTADB: [
    'The file is not a database, or store.key is not its key',
    'Name another data folder, or restore this one and its folder of keys from one backup.',
  ],
  READONLY: ['The database cannot be written', 'Give the user that runs this write access to the folder.'],
  CANTOPEN: ['The database cannot be opened', 'Check the path, and the access of the user that runs this.'],
  PERM: ['The database cannot be opened', 'Check the path, and the access of the user that runs this.'],
};

/** Converts an error of SQLite to a Failure for the caller; null for any other error, which is a programming error. */
export function toStoreFailure(cause: unknown, file: string): Failure | null {
  const code = readSqliteCode(cause);
  if (isDatabaseBusy(cause)) {
    const message = 'Another process has locked the database.';
    return new Failure('store/busy', message, { fix: 'Try again.' }, { cause });
  }
  if (isDiskFull(cause)) {
    const fix = 'Free space on the disk. A service goes on by itself.';
    return new Failure('store/full', `The disk is full (${code}).`, { at: file, fix }, { cause });
  }
  const unusable = UNUSABLE[code.split('_')[1] ?? ''];
  if (!unusable) return null;
  const [problem, fix] = unusable;
  return new Failure('store/unusable', `${problem} (${code}).`, { at: file, fix }, { cause });
}
