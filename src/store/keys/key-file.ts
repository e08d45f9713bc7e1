import { randomBytes } from 'node:crypto';
import { chmodSync, linkSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createFolder, syncFolder } from '../../durable-folders.ts';

/** The length of every key: 256 bits. */
const KEY_BYTES = 32;
const KEY_PATTERN = /^[0-9a-f]{64}$/i;
/** A key of fewer different bytes was typed by somebody: of random keys, fewer than 1 in 10^20 has so few. */
const MIN_DIFFERENT_BYTES = 12;

/** The rights of all users but the owner, and of all but the owner and the group. */
const RIGHTS_BESIDE_OWNER = 0o077;
const RIGHTS_OF_OTHERS = 0o007;
/** The sticky bit: in a folder that all may write to, each may remove only their own files. */
const SHARED_BY_ALL = 0o1000;

/**
 * What a key file holds. `weak`: a value that somebody has chosen, such as zeros. `exposed`: other users may read it, and this
 * one may not change that.
 */
export type KeyFile =
  | { readonly kind: 'key'; readonly key: Buffer }
  | { readonly kind: 'missing' | 'damaged' | 'weak' | 'exposed' | 'unreadable' };

/** Returns the code of an error of the operating system, such as `ENOENT`; null for any other error. */
export function readSystemCode(cause: unknown): string | null {
  const isError = typeof cause === 'object' && cause !== null && 'syscall' in cause && 'code' in cause;
  return isError ? String(cause.code) : null;
}

/**
 * Takes the rights of other users from a file or folder, where it belongs to this user and the file system can be written.
 * Windows has no such rights.
 */
export function narrowRights(path: string, mode: 0o600 | 0o700): void {
  if (process.platform === 'win32') return;
  const rights = statSync(path).mode;
  // A folder such as /tmp, which all users share, is nobody's data folder.
  if ((rights & RIGHTS_BESIDE_OWNER) === 0 || (rights & SHARED_BY_ALL) !== 0) return;
  try {
    chmodSync(path, mode);
  } catch (cause) {
    if (readSystemCode(cause) === null) throw cause;
  }
}

/** Whether others can read a file. A file of another user may be readable by a group: that is how this user may read it. */
function isExposed(file: string): boolean {
  if (process.platform === 'win32') return false;
  const { mode, uid } = statSync(file);
  return (mode & (uid === process.getuid?.() ? RIGHTS_BESIDE_OWNER : RIGHTS_OF_OTHERS)) !== 0;
}

/** Reads a key file, and takes the rights of others from it. Its content is 64 hexadecimal digits. */
export function readKeyFile(file: string): KeyFile {
  try {
    narrowRights(file, 0o600);
    const text = readFileSync(file, 'utf8').trim();
    if (!KEY_PATTERN.test(text)) return { kind: 'damaged' };
    const key = Buffer.from(text, 'hex');
    if (new Set(key).size < MIN_DIFFERENT_BYTES) return { kind: 'weak' };
    return isExposed(file) ? { kind: 'exposed' } : { kind: 'key', key };
  } catch (cause) {
    const code = readSystemCode(cause);
    if (code === null) throw cause;
    return { kind: code === 'ENOENT' ? 'missing' : 'unreadable' };
  }
}

/** Creates the folder of keys, for this user only. */
export function openKeyFolder(folder: string): void {
  createFolder(folder, 0o700);
  narrowRights(folder, 0o700);
}

/**
 * Creates a key file, synced to disk with its entry in the folder before it returns: nothing may be encrypted with a key that
 * a power failure could take. Two processes that start at once both use the first key, since creating a link is atomic.
 */
export function createKeyFile(file: string, key: Buffer = randomBytes(KEY_BYTES)): Buffer {
  openKeyFolder(dirname(file));
  const draft = `${file}.${process.pid}`;
  rmSync(draft, { force: true });
  writeFileSync(draft, key.toString('hex'), { mode: 0o600, flag: 'wx', flush: true });
  try {
    linkSync(draft, file);
  } catch (cause) {
    if (readSystemCode(cause) !== 'EEXIST') throw cause;
  } finally {
    rmSync(draft, { force: true });
  }
  syncFolder(dirname(file));
  const created = readKeyFile(file);
  if (created.kind !== 'key') throw new Error('The key file that was created cannot be read.');
  return created.key;
}

/**
 * Moves a key from the data folder, where earlier versions kept it, to the folder of keys. It is stored there before it is
 * removed here, so that an interrupted move is continued at the next start. Nothing happens where there is none.
 */
export function moveKeyFile(from: string, to: string): void {
  if (from === to) return;
  const old = readKeyFile(from);
  if (old.kind !== 'key') return;
  if (!createKeyFile(to, old.key).equals(old.key)) return;
  rmSync(from);
  syncFolder(dirname(from));
}

/** Returns the path of a key in the folder of keys. */
export const locateKey = (folder: string, name: 'store' | 'seal' | 'audit'): string =>
  join(folder, `${name}.key`);
