import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createFolder, syncFolder } from '../../durable-folders.ts';
import { Failure } from '../../errors.ts';

/** A key pair of the adapter on P-384, as it is in its file. */
interface StoredKey {
  readonly kid: string;
  readonly createdAt: string;
  readonly jwk: Readonly<Record<'kty' | 'crv' | 'x' | 'y' | 'd', string>>;
}

/** A key of the adapter without its secret. Printed as JSON. */
export interface SigningKeyInfo {
  readonly kid: string;
  readonly createdAt: string;
  /** Whether new tokens are signed with it; the other one still verifies those that it has signed. */
  readonly isActive: boolean;
}

/** The keys with which the adapter signs, in the folder `signing` of the folder of keys. */
export interface SigningKeys {
  /** Lists the keys, the active one first; none before the first use. */
  list(): readonly SigningKeyInfo[];
  /** Returns the key that signs; creates it on first use, synced to disk before it signs anything. */
  getActive(): StoredKey;
  find(kid: string): StoredKey | undefined;
  /** Lists the public keys, as in a JWK Set. */
  listPublicKeys(): readonly Readonly<Record<string, string>>[];
  /** Creates another key, which signs from now on; the one before it stays, and older ones are removed. */
  rotate(now: Date): SigningKeyInfo;
}

/** The algorithm of all keys of the adapter. */
export const SIGNING_ALGORITHM = 'ES384';

/** The keys that verify: the active one, and the one before it until the next rotation. */
const LIVE_KEYS = 2;

/** How long keys are found without a look at the disk: tokens of strangers must not cost one each. */
const REMEMBERED_MS = 1_000;

/** Where the keys are, below the folder of keys. */
export const locateSigningKeys = (keysDir: string): string => join(keysDir, 'signing');

/** Creates a key pair; its kid is the thumbprint of its public part (RFC 7638). */
function generateKey(now: Date): StoredKey {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
  const { kty, crv, x, y, d } = privateKey.export({ format: 'jwk' }) as StoredKey['jwk'];
  const kid = createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url');
  return { kid, createdAt: now.toISOString(), jwk: { kty, crv, x, y, d } };
}

/** Writes a key file that nobody else may read, and that is there as a whole or not at all. */
function storeKey(folder: string, key: StoredKey): void {
  createFolder(folder, 0o700);
  const draft = join(folder, `.${randomBytes(8).toString('hex')}`);
  writeFileSync(draft, JSON.stringify(key), { mode: 0o600, flag: 'wx', flush: true });
  renameSync(draft, join(folder, `${key.kid}.json`));
  syncFolder(folder);
}

function readKey(file: string): StoredKey {
  try {
    const key = JSON.parse(readFileSync(file, 'utf8')) as StoredKey;
    if (typeof key.kid === 'string' && typeof key.jwk.d === 'string') return key;
  } catch (cause) {
    throw createUnreadableKeyFailure(file, cause);
  }
  throw createUnreadableKeyFailure(file);
}

const createUnreadableKeyFailure = (file: string, cause?: unknown): Failure =>
  new Failure(
    'auth/keys',
    'A signing key cannot be read.',
    {
      at: file,
      fix: 'Give the user that runs this access to it, restore it, or remove it and run `keys rotate`.',
    },
    { cause },
  );

/** Reads the keys, the newest first; of two of the same instant the one with the smaller kid. */
function readKeys(folder: string): readonly StoredKey[] {
  if (!existsSync(folder)) return [];
  const keys = readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => readKey(join(folder, name)));
  return keys.sort((a, b) => b.createdAt.localeCompare(a.createdAt) || a.kid.localeCompare(b.kid));
}

const describeKey = ({ kid, createdAt }: StoredKey, index: number): SigningKeyInfo => ({
  kid,
  createdAt,
  isActive: index === 0,
});

/**
 * Opens the signing keys in a folder. The files are read on each use, at most once a second to find one, so that a rotation by another process counts.
 * Throws `auth/keys` where a file cannot be read.
 */
export function openSigningKeys(folder: string, now: () => Date): SigningKeys {
  let remembered: { readonly keys: readonly StoredKey[]; readonly at: number } | null = null;
  function readLive(): readonly StoredKey[] {
    const keys = readKeys(folder).slice(0, LIVE_KEYS);
    remembered = { keys, at: now().getTime() };
    return keys;
  }
  return {
    list: () => readLive().map(describeKey),
    getActive() {
      const [active] = readLive();
      if (active) return active;
      storeKey(folder, generateKey(now()));
      // Another process may have created one at the same time: both use the same.
      const [created] = readLive();
      if (!created) throw new Error('The signing key that was created is not there.');
      return created;
    },
    find(kid) {
      const isRecent = remembered !== null && Math.abs(now().getTime() - remembered.at) < REMEMBERED_MS;
      const keys = isRecent ? (remembered?.keys ?? []) : readLive();
      return keys.find((key) => key.kid === kid);
    },
    listPublicKeys: () =>
      readLive().map(({ kid, jwk: { kty, crv, x, y } }) => ({
        kid,
        kty,
        crv,
        x,
        y,
        use: 'sig',
        alg: SIGNING_ALGORITHM,
      })),
    rotate(at) {
      const before = readKeys(folder);
      const newest = before[0] ? Date.parse(before[0].createdAt) : 0;
      // Later than the key before, also where the clock was set back.
      const key = generateKey(new Date(Math.max(at.getTime(), newest + 1)));
      storeKey(folder, key);
      for (const { kid } of before.slice(LIVE_KEYS - 1)) rmSync(join(folder, `${kid}.json`), { force: true });
      return describeKey(key, 0);
    },
  };
}
