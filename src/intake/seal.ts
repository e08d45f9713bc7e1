import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { Failure } from '../errors.ts';

/**
 * Closes what is about a patient who is not enrolled, so that nobody can read it, find it by name or log it, until he
 * is enrolled or its time is over. AES-256-GCM; names are found again by a keyed hash (HMAC-SHA-256).
 */
export interface Seal {
  close(text: string): Uint8Array;
  /** Throws `store/unusable` where the bytes were changed or another key closed them. */
  open(sealed: Uint8Array): string;
  hash(name: string): string;
}

const IV_BYTES = 12;
const TAG_BYTES = 16;

export function createSeal(key: Uint8Array): Seal {
  const derive = (purpose: string) => Buffer.from(hkdfSync('sha256', key, new Uint8Array(), purpose, 32));
  const encryption = derive('trial-adapter sealed payload');
  const naming = derive('trial-adapter sealed name');
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
          { fix: 'Restore the seal.key that belongs to this data folder.' },
          { cause },
        );
      }
    },
    hash: (name) => createHmac('sha256', naming).update(name).digest('hex'),
  };
}
