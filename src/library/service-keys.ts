import { createPrivateKey, type KeyObject } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../errors.ts';
import { isObject } from '../fhir/resource.ts';
import { formatPublicKey } from '../signatures/sign-decision.ts';

/** A key with which the service signs for people who signed in. */
interface ServiceKey {
  readonly publicKey: string;
  /** Null: only what it has signed can be verified. */
  readonly privateKey: KeyObject | null;
  readonly retiredAt: string | null;
}

/** Returns the file of the service's keys for decisions; the last of them is in use. */
export const locateServiceKeys = (keysDir: string): string => join(keysDir, 'decisions.key');

function toServiceKey(value: unknown): ServiceKey {
  if (!isObject(value)) throw new TypeError('A key is not an object.');
  const { publicKey, privateKey, retiredAt } = value;
  if (typeof publicKey !== 'string') throw new TypeError('A key has no public key.');
  const key = typeof privateKey === 'string' ? createPrivateKey(privateKey) : null;
  if (key && formatPublicKey(key) !== publicKey) throw new TypeError('Private and public key differ.');
  return { publicKey, privateKey: key, retiredAt: typeof retiredAt === 'string' ? retiredAt : null };
}

/** Reads the keys; none before the first is made. Throws `library/invalid` where the file is damaged. */
export function readServiceKeys(keysDir: string): readonly ServiceKey[] {
  const file = locateServiceKeys(keysDir);
  if (!existsSync(file)) return [];
  try {
    const { keys }: { keys: readonly unknown[] } = JSON.parse(readFileSync(file, 'utf8'));
    return keys.map(toServiceKey);
  } catch (cause) {
    throw new Failure(
      'library/invalid',
      'The keys with which the service signs decisions cannot be read.',
      { at: file, fix: 'Restore the file from the backup of the folder of keys.' },
      { cause },
    );
  }
}
