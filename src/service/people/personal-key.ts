import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  scryptSync,
} from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { createFolder, syncFolder } from '../../durable-folders.ts';
import { Failure } from '../../errors.ts';
import { formatPublicKey } from '../../signatures/sign-decision.ts';
import { replaceServiceSigningKey } from './service-signing-key.ts';

/** scrypt as OWASP recommends for passwords: 128 MB and about half a second for each guess. */
const SCRYPT = { N: 2 ** 17, r: 8, p: 1, maxmem: 256 * 2 ** 20 };
const KEY_BYTES = 32;
const MIN_PASSPHRASE_LENGTH = 12;

const base64 = z.string().regex(/^[A-Za-z0-9_-]+$/);

/** A personal signing key in its file: encrypted with a passphrase, or readable by its owner only. */
const keyFileSchema = z.strictObject({
  format: z.literal('trial-adapter signing key 1'),
  name: z.string(),
  publicKey: base64,
  createdAt: z.string(),
  privateKey: z.union([
    z.strictObject({ pkcs8: base64 }),
    z.strictObject({
      kdf: z.literal('scrypt'),
      salt: base64,
      nonce: base64,
      tag: base64,
      ciphertext: base64,
    }),
  ]),
});

type KeyFile = z.infer<typeof keyFileSchema>;

const toText = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');
const toBytes = (text: string): Buffer => Buffer.from(text, 'base64url');

function encryptKey(pkcs8: Uint8Array, passphrase: string): KeyFile['privateKey'] {
  const salt = randomBytes(16);
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', scryptSync(passphrase, salt, KEY_BYTES, SCRYPT), nonce);
  const ciphertext = Buffer.concat([cipher.update(pkcs8), cipher.final()]);
  const tag = cipher.getAuthTag();
  return {
    kdf: 'scrypt',
    ...{ salt: toText(salt), nonce: toText(nonce), tag: toText(tag), ciphertext: toText(ciphertext) },
  };
}

function decryptKey(
  file: string,
  { salt, nonce, tag, ciphertext }: Extract<KeyFile['privateKey'], { readonly kdf: string }>,
  passphrase: string,
): Buffer {
  const key = scryptSync(passphrase, toBytes(salt), KEY_BYTES, SCRYPT);
  const decipher = createDecipheriv('aes-256-gcm', key, toBytes(nonce), { authTagLength: 16 });
  decipher.setAuthTag(toBytes(tag));
  try {
    return Buffer.concat([decipher.update(toBytes(ciphertext)), decipher.final()]);
  } catch (cause) {
    throw new Failure(
      'signing-key/unusable',
      'The passphrase is not that of the signing key, or the file is damaged.',
      { at: file, fix: 'Type it again; a key that is lost is replaced with `signing-key create`.' },
      { cause },
    );
  }
}

/** Whether others than the owner may read the file; Windows has no such rights. */
const isReadableByOthers = (file: string): boolean =>
  process.platform !== 'win32' && (statSync(file).mode & 0o077) !== 0;

function readKeyFile(file: string): KeyFile {
  const fix = 'Make one with `signing-key create NAME`, and have it configured.';
  if (!existsSync(file))
    throw new Failure('signing-key/unusable', 'You have no signing key.', { at: file, fix });
  if (isReadableByOthers(file))
    throw new Failure('signing-key/unusable', 'Others can read your signing key.', {
      at: file,
      fix: 'Run chmod 600 on it. If anybody may have read it, make another and have this one retired.',
    });
  try {
    return keyFileSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (cause) {
    throw new Failure('signing-key/unusable', 'This file is no signing key.', { at: file, fix }, { cause });
  }
}

/** A key that was made: what the administrator adds to the configuration. Printed as JSON. */
export interface CreatedKey {
  readonly file: string;
  readonly name: string;
  readonly publicKey: string;
  readonly isEncrypted: boolean;
}

/**
 * Makes a personal signing key in the person's own folder, readable by them only; encrypted where there is a passphrase.
 * Throws `signing-key/unusable` where a key is there already, or the passphrase is short.
 */
export function createPersonalKey(file: string, name: string, passphrase: string | null): CreatedKey {
  if (existsSync(file))
    throw new Failure('signing-key/unusable', 'There is a signing key already.', {
      at: file,
      fix: 'Move it away if it is to be replaced; what it has signed stays valid.',
    });
  if (passphrase !== null && passphrase.length < MIN_PASSPHRASE_LENGTH)
    throw new Failure(
      'signing-key/unusable',
      `The passphrase has fewer than ${MIN_PASSPHRASE_LENGTH} characters.`,
      { fix: 'Use several words.' },
    );
  const { privateKey } = generateKeyPairSync('ed25519');
  const pkcs8 = privateKey.export({ format: 'der', type: 'pkcs8' });
  const publicKey = formatPublicKey(privateKey);
  const content: KeyFile = {
    format: 'trial-adapter signing key 1',
    name,
    publicKey,
    createdAt: new Date().toISOString(),
    privateKey: passphrase === null ? { pkcs8: toText(pkcs8) } : encryptKey(pkcs8, passphrase),
  };
  createFolder(dirname(file), 0o700);
  // `wx`: never over a key that another process has made meanwhile.
  writeFileSync(file, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600, flag: 'wx', flush: true });
  syncFolder(dirname(file));
  return { file, name, publicKey, isEncrypted: passphrase !== null };
}

/** Reads the public part of a personal key. Throws `signing-key/unusable`. */
export function readPersonalPublicKey(file: string): CreatedKey {
  const { name, publicKey, privateKey } = readKeyFile(file);
  return { file, name, publicKey, isEncrypted: 'kdf' in privateKey };
}

/** Opens a personal key; asks for its passphrase where it has one. Throws `signing-key/unusable`. */
export async function openPersonalKey(
  file: string,
  askPassphrase: () => Promise<string>,
): Promise<KeyObject> {
  const { privateKey } = readKeyFile(file);
  const pkcs8 =
    'kdf' in privateKey ? decryptKey(file, privateKey, await askPassphrase()) : toBytes(privateKey.pkcs8);
  return createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
}

/** The operations on signing keys, which need no store. */
export const PERSONAL_KEY_OPERATIONS = {
  createPersonalKey,
  readPersonalPublicKey,
  replaceServiceSigningKey,
};

export type PersonalKeyOperations = typeof PERSONAL_KEY_OPERATIONS;
