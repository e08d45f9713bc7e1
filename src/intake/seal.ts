import { createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { Failure } from '../errors.ts';
import { createDataKey, decryptBytes, encryptBytes, unwrapKey, wrapKey } from '../store/keys/sealed-bytes.ts';
import type { SealedPayload } from '../store/sealed-payload-store.ts';

/** A sealed text, with its key, which is encrypted with the seal key. */
type SealedText = Pick<SealedPayload, 'ciphertext' | 'wrappedKey'>;

/**
 * Encrypts payloads about patients who are not enrolled, so that nobody can read them, find them by patient or log them
 * before the enrolment. Each payload has a key of its own (AES-256-GCM), and is destroyed with it: copies that remain anywhere
 * cannot be decrypted, not even with the seal key. A keyed hash of the identifiers (HMAC-SHA-256) finds the payloads of a patient.
 */
export interface Seal {
  close(text: string): SealedText;
  /** Throws `store/unusable` where the bytes were changed, their key was destroyed, or the seal key is another. */
  open(sealed: SealedText): string;
  hash(text: string): string;
}

/** Versions without a key for each payload sealed with the seal key itself, and without a context. */
const NO_CONTEXT = '';
const CONTEXT = 'sealed payload';

/** Creates a seal. Encryption, wrapping and hashing use separate keys, derived from `key` (HKDF-SHA-256). */
export function createSeal(key: Uint8Array): Seal {
  const deriveKey = (purpose: string) => Buffer.from(hkdfSync('sha256', key, new Uint8Array(), purpose, 32));
  // The purposes are inputs of the derivation: another text would be another key.
  const encryption = deriveKey('trial-adapter sealed payload');
  const wrapping = deriveKey('trial-adapter keys of sealed payloads');
  const hashing = deriveKey('trial-adapter sealed name');

  function decrypt({ ciphertext, wrappedKey }: SealedText): Buffer | null {
    if (wrappedKey === null) return decryptBytes(encryption, ciphertext, NO_CONTEXT);
    const payloadKey = unwrapKey(wrapping, wrappedKey);
    return payloadKey && decryptBytes(payloadKey, ciphertext, CONTEXT);
  }

  return {
    close(text) {
      const payloadKey = createDataKey();
      return {
        ciphertext: encryptBytes(payloadKey, text, CONTEXT),
        wrappedKey: wrapKey(wrapping, payloadKey),
      };
    },
    open(sealed) {
      const bytes = decrypt(sealed);
      if (bytes) return bytes.toString('utf8');
      throw new Failure('store/unusable', 'A sealed payload cannot be opened.', {
        fix: 'Restore the seal.key that belongs to this store.',
      });
    },
    hash: (text) => createHmac('sha256', hashing).update(text).digest('hex'),
  };
}

/** Creates a seal with a key that nobody keeps, where nothing is sealed or opened. */
export const createUnusedSeal = (): Seal => createSeal(randomBytes(32));
