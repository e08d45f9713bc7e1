import {
  closeSync,
  copyFileSync,
  fstatSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import Sqlite from 'better-sqlite3-multiple-ciphers';
import { syncFolder } from '../../../durable-folders.ts';
import type { StoreKey } from '../../keys/store-key.ts';
import { connectEncrypted, createPrivateFile, encryptInPlace } from './encrypted-file.ts';

const BLOCK_BYTES = 1_048_576;

/** Encrypts a copy of the database, and verifies that it is whole. */
function encryptCopy(file: string, copy: string, key: StoreKey): void {
  rmSync(copy, { force: true });
  createPrivateFile(copy);
  copyFileSync(file, copy);
  const db = new Sqlite(copy);
  try {
    // Nobody needs the copy if this process ends before it is complete.
    db.pragma('journal_mode = OFF');
    db.pragma('synchronous = OFF');
    encryptInPlace(db, key);
  } finally {
    db.close();
  }
  const encrypted = connectEncrypted(copy, key);
  try {
    const result = encrypted.pragma('integrity_check', { simple: true });
    if (result !== 'ok') throw new Error('The encrypted copy of the database is damaged.');
  } finally {
    encrypted.close();
  }
}

function syncFile(file: string): void {
  const handle = openSync(file, 'r+');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Overwrites what an open file holds, as far as the file system writes in place. */
function overwrite(handle: number, bytes: number): void {
  const zeros = Buffer.alloc(BLOCK_BYTES);
  for (let at = 0; at < bytes; at += BLOCK_BYTES)
    writeSync(handle, zeros, 0, Math.min(BLOCK_BYTES, bytes - at), at);
  fsyncSync(handle);
}

/**
 * Encrypts a database that an earlier version has written. The file is replaced in one step by an encrypted copy that is
 * complete, verified and synced: a process that is killed, or a power failure, leaves the one or the other. The caller holds
 * the lock of the service. Throws SQLITE_BUSY where another process uses the database.
 */
export function encryptPlainFile(file: string, key: StoreKey): void {
  const plain = new Sqlite(file);
  const handle = openSync(file, 'r+');
  const copy = `${file}.encrypting`;
  try {
    plain.pragma('busy_timeout = 10000');
    // Everything in the log goes into the file. It is refused while another connection is open.
    plain.pragma('journal_mode = DELETE');
    plain.exec('BEGIN EXCLUSIVE');
    encryptCopy(file, copy, key);
    syncFile(copy);
    renameSync(copy, file);
    syncFolder(dirname(file));
    overwrite(handle, fstatSync(handle).size);
  } finally {
    closeSync(handle);
    plain.close();
    rmSync(copy, { force: true });
  }
}
