import { createPrivateKey, createPublicKey, hkdfSync, sign } from 'node:crypto';
import { buildAuditEntry } from '../../audit/audit-entry.ts';
import { createNameHash, type NameHash } from '../../audit/name-hash.ts';
import type { HeadSigner } from '../../audit/signed-head.ts';
import type { Config } from '../../config.ts';
import { Failure } from '../../errors.ts';
import { createKeyFile, type KeyFile, locateKey, readKeyFile } from '../../store/keys/key-file.ts';
import type { Store } from '../../store/store.ts';

/** The key of the audit trail: it signs heads, and hashes what must not be named. */
export interface AuditKey extends HeadSigner {
  readonly hashes: NameHash;
}

const KEY_BYTES = 32;

/** The bytes before an Ed25519 seed in the DER form of a private key (RFC 8410). */
const PRIVATE_KEY_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

/** The name of the shared value with the public key; stored. */
const PUBLIC_KEY_NAME = 'audit-key';

/** Returns the path of the key of the audit trail. */
export const locateAuditKey = ({ keysDir }: Pick<Config, 'keysDir'>): string => locateKey(keysDir, 'audit');

/** Derives the keys of the trail. The purposes are inputs of the derivation: another text would be another key. */
export function deriveAuditKey(key: Uint8Array): AuditKey {
  const derive = (purpose: string) =>
    Buffer.from(hkdfSync('sha256', key, new Uint8Array(), purpose, KEY_BYTES));
  const der = Buffer.concat([PRIVATE_KEY_PREFIX, derive('trial-adapter audit signature')]);
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const publicDer = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  return {
    hashes: createNameHash(derive('trial-adapter audit names')),
    publicKey: publicDer.subarray(publicDer.length - KEY_BYTES).toString('base64url'),
    sign: (text) => sign(null, Buffer.from(text, 'utf8'), privateKey).toString('base64url'),
  };
}

/** Why a file that holds no usable key is refused. */
const PROBLEMS: Readonly<Record<Exclude<KeyFile['kind'], 'key' | 'missing'>, string>> = {
  damaged: 'is damaged: it must be 64 hexadecimal digits',
  weak: 'was not created by chance',
  exposed: 'can be read by other users',
  unreadable: 'cannot be read',
};

/** Reads the key; null where there is no file. Throws `store/unusable` where the file holds none that can be used. */
export function readAuditKey(file: string): AuditKey | null {
  const found = readKeyFile(file);
  if (found.kind === 'key') return deriveAuditKey(found.key);
  if (found.kind === 'missing') return null;
  throw new Failure('store/unusable', `The key of the audit trail ${PROBLEMS[found.kind]}.`, {
    at: file,
    fix: 'Restore the file from the backup of the folder of keys, with the rights 0600.',
  });
}

/**
 * Opens the key of a store's audit trail; creates it on first use, which has an entry (`isNew`). Throws `store/unusable` where the trail was begun with
 * another key: its heads would be signed by two, and what was named before could not be found any more.
 */
export async function openAuditKey(
  file: string,
  store: Store,
): Promise<{ readonly key: AuditKey; readonly isNew: boolean }> {
  const known = await store.read((tx) => tx.sharedValues.get(PUBLIC_KEY_NAME));
  const found = readAuditKey(file);
  if (known !== null && found?.publicKey !== known) {
    const problem = found ? 'is not the one that this store was used with' : 'is missing';
    throw new Failure('store/unusable', `The key of the audit trail ${problem}; nothing was changed.`, {
      at: file,
      fix: 'Restore the file from the backup of the folder of keys.',
    });
  }
  const key = found ?? deriveAuditKey(createKeyFile(file));
  if (known === null) await beginTrail(store, key);
  return { key, isNew: known === null };
}

/** Makes the key the one that belongs to the store; another process may have done so just now. */
const beginTrail = (store: Store, { publicKey }: AuditKey): Promise<void> =>
  store.transaction(async (tx) => {
    if ((await tx.sharedValues.get(PUBLIC_KEY_NAME)) !== null) return;
    await tx.sharedValues.put(PUBLIC_KEY_NAME, publicKey);
    const event = { action: 'key.created', object: 'Key/audit', after: publicKey } as const;
    await tx.audit.append(buildAuditEntry(event, new Date()));
  });
