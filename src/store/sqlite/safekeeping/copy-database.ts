import { chmodSync, closeSync, fsyncSync, openSync } from 'node:fs';
import { openStoreKey } from '../../keys/store-key.ts';
import { connectEncrypted } from '../files/encrypted-file.ts';
import { toStoreFailure } from '../store-failure.ts';

/** A database file and the folder with its key. */
export interface DatabasePlace {
  readonly file: string;
  readonly keysDir: string;
}

/**
 * Copies a database beside whoever uses it: the copy is one state, has everything that was committed before the call, is
 * encrypted with the same key, and is on disk when the call returns. Writers go on meanwhile.
 */
export function copyDatabase({ file, keysDir }: DatabasePlace, target: string): void {
  const key = openStoreKey(keysDir, false);
  try {
    const db = connectEncrypted(file, key, { readonly: true, fileMustExist: true });
    try {
      db.prepare('VACUUM INTO ?').run(target);
    } finally {
      db.close();
    }
  } catch (cause) {
    throw toStoreFailure(cause, file) ?? cause;
  }
  chmodSync(target, 0o600);
  const handle = openSync(target, 'r+');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Checks the structure of a database as a whole; returns what SQLite finds, empty where it finds nothing. */
export function checkDatabase({ file, keysDir }: DatabasePlace): readonly string[] {
  const key = openStoreKey(keysDir, false);
  try {
    const db = connectEncrypted(file, key, { readonly: true, fileMustExist: true });
    try {
      const found = db.prepare<[], string>('PRAGMA integrity_check').pluck().all();
      const unlinked = db.prepare('PRAGMA foreign_key_check').all();
      return [...found.filter((line) => line !== 'ok'), ...unlinked.map(() => 'a row refers to none')];
    } finally {
      db.close();
    }
  } catch (cause) {
    throw toStoreFailure(cause, file) ?? cause;
  }
}
