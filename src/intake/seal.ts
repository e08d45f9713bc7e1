import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { Failure } from '../errors.ts';

/**
 * Encrypts payloads about patients who are not enrolled, so that nobody can read them, find them by patient or log them
 * before the enrolment. AES-256-GCM; a keyed hash of the identifiers (HMAC-SHA-256) finds the payloads of a patient.
 */
export interface Seal {
  close(text: string): Uint8Array;
  /** Throws `store/unusable` where the bytes were changed or were encrypted with another key. */
  open(sealed: Uint8Array): string;
  hash(text: string): string;
}

const IV_BYTES = 12;
const TAG_BYTES = 16;

/** Creates a seal. Encryption and hashing use separate keys, derived from `key` (HKDF-SHA-256). */
export function createSeal(key: Uint8Array): Seal {
  const deriveKey = (purpose: string) => Buffer.from(hkdfSync('sha256', key, new Uint8Array(), purpose, 32));
  const encryption = deriveKey('trial-adapter sealed payload');
  // The purposes are inputs of the derivation: another text would be another key.
  const hashing = deriveKey('trial-adapter sealed name');
  return {
    close(text) {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv('aes-256-gcm', encryption, iv);
      return Buffer.concat([iv, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    },
    open(sealed) {
      const bytes = Buffer.from(sealed);
      const decipher = createDecipheriv('aes-256-gcm', encryption, bytes.subarray(0, IV_BYTES));
      decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES));
      try {
        const body = bytes.subarray(IV_BYTES, bytes.length - TAG_BYTES);
        return Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8');
      } catch (cause) {
        throw new Failure(
          'store/unusable',
          'A sealed payload cannot be opened.',
          { fix: 'Restore the seal.key that belongs to this store.' },
          { cause },
        );
      }
    },
    hash: (text) => createHmac('sha256', hashing).update(text).digest('hex'),
  };
}

/** Creates a seal with a key that nobody keeps, where nothing is sealed or opened. */
export const createUnusedSeal = (): Seal => createSeal(randomBytes(32));
