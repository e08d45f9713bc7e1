import { createHmac, hkdfSync } from 'node:crypto';
import { Failure } from '../../errors.ts';
import { createKeyFile, type KeyFile, locateKey, openKeyFolder, readKeyFile } from './key-file.ts';

/**
 * The key of a store, from which one key for each purpose is derived (HKDF-SHA-256, RFC 5869): what one of them gives away says
 * nothing of the others.
 */
export interface StoreKey {
  /** Encrypts the database file as a whole. */
  readonly database: Buffer;
  /** Encrypts the keys of subjects. */
  readonly wrapping: Buffer;
  /** Keyed hash of what must be recognised and not read, such as an erased patient. */
  hash(text: string): string;
}

/** The purposes are inputs of the derivation: another text would be another key. */
export function deriveStoreKey(key: Uint8Array): StoreKey {
  const derive = (purpose: string) => Buffer.from(hkdfSync('sha256', key, new Uint8Array(), purpose, 32));
  const hashing = derive('trial-adapter store hash');
  return {
    database: derive('trial-adapter database file'),
    wrapping: derive('trial-adapter keys of subjects'),
    hash: (text) => createHmac('sha256', hashing).update(text).digest('hex'),
  };
}

/** The problem with each state of the file in which the store cannot be opened, with the fix. */
const PROBLEMS: Readonly<Record<Exclude<KeyFile['kind'], 'key'>, readonly [problem: string, fix: string]>> = {
  missing: [
    'The key of this store is missing',
    'Restore the folder of keys from its backup, or name it with keysDir. Without the key nobody can read the store.',
  ],
  damaged: [
    'The key of this store is damaged: it must be 64 hexadecimal digits',
    'Restore the file from the backup of the folder of keys.',
  ],
  weak: [
    'The key of this store was not created by chance',
    'Remove it, so that the adapter creates one; or write 32 random bytes as 64 hexadecimal digits.',
  ],
  exposed: [
    'Other users may read the key of this store',
    'Give the file to the user that runs this, with the rights 0600.',
  ],
  unreadable: ['The key of this store cannot be read', 'Give the user that runs this access to the file.'],
};

/**
 * Reads the key of a store from the folder of keys; creates it where the store is new (`isNew`). Throws `store/unusable` where
 * a store that exists has no key, and where the file holds none: a new key would open nothing.
 */
export function openStoreKey(folder: string, isNew: boolean): StoreKey {
  const file = locateKey(folder, 'store');
  const found = readKeyFile(file);
  if (found.kind === 'key') {
    openKeyFolder(folder);
    return deriveStoreKey(found.key);
  }
  if (found.kind === 'missing' && isNew) return deriveStoreKey(createKeyFile(file));
  const [problem, fix] = PROBLEMS[found.kind];
  throw new Failure('store/unusable', `${problem}.`, { at: file, fix });
}

/** Reads the key where there is one; null where the file is missing. Throws `store/unusable` where it holds no key. */
export function findStoreKey(folder: string): StoreKey | null {
  return readKeyFile(locateKey(folder, 'store')).kind === 'missing' ? null : openStoreKey(folder, false);
}

/** Builds the refusal of a store that was used with another key. */
export const createOtherKeyFailure = (folder: string): Failure =>
  new Failure('store/unusable', 'The key is not the one that this store was used with.', {
    at: locateKey(folder, 'store'),
    fix: 'Restore the folder of keys that belongs to this store; nothing was changed.',
  });
