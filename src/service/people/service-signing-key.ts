import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { linkSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { createFolder, syncFolder } from '../../durable-folders.ts';
import { locateServiceKeys, readServiceKeys } from '../../library/service-keys.ts';
import { formatPublicKey } from '../../signatures/sign-decision.ts';

function buildNewKey(): object {
  const { privateKey } = generateKeyPairSync('ed25519');
  const pem = privateKey.export({ format: 'pem', type: 'pkcs8' });
  return { publicKey: formatPublicKey(privateKey), privateKey: pem, retiredAt: null };
}

/** Writes keys to a draft of the file, on disk; returns its path. */
function writeDraft(file: string, keys: readonly object[]): string {
  createFolder(dirname(file), 0o700);
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify({ keys }, null, 2)}\n`, { mode: 0o600, flush: true });
  return draft;
}

function createKeyFile(file: string): void {
  const draft = writeDraft(file, [buildNewKey()]);
  try {
    // Two processes that start at once both use the first key: creating a link is atomic.
    linkSync(draft, file);
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'EEXIST')) throw cause;
  } finally {
    rmSync(draft, { force: true });
  }
  syncFolder(dirname(file));
}

/**
 * Returns the key with which the service signs decisions for people who signed in. It is made on first use, readable by the
 * service's user only, and on disk before anything is signed with it. Instances of one database need the same file.
 */
export function openServiceSigningKey(keysDir: string): KeyObject {
  const read = () =>
    readServiceKeys(keysDir).findLast(({ privateKey, retiredAt }) => privateKey && retiredAt === null);
  if (!read()) createKeyFile(locateServiceKeys(keysDir));
  const key = read()?.privateKey;
  if (!key) throw new Error('There is no key to sign decisions with.');
  return key;
}

/**
 * Replaces the key with which the service signs decisions, from the next one on. The private half of the former is destroyed;
 * the public half stays, so that what it has signed can be checked. Returns the public keys, the new one last.
 */
export function replaceServiceSigningKey(keysDir: string, now: Date): readonly string[] {
  const file = locateServiceKeys(keysDir);
  const former = readServiceKeys(keysDir).map(({ publicKey, retiredAt }) => ({
    publicKey,
    retiredAt: retiredAt ?? now.toISOString(),
  }));
  renameSync(writeDraft(file, [...former, buildNewKey()]), file);
  syncFolder(dirname(file));
  return readServiceKeys(keysDir).map(({ publicKey }) => publicKey);
}
