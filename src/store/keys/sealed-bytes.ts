import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const IV_BYTES = 12;
const TAG_BYTES = 16;
const DATA_KEY_BYTES = 32;

/** Encrypts bytes: AES-256-GCM (NIST SP 800-38D) with a nonce of 96 random bits. `context` must be given again to decrypt. */
export function encryptBytes(key: Uint8Array, bytes: string | Uint8Array, context: string): Buffer {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, iv);
  cipher.setAAD(Buffer.from(context));
  const body = typeof bytes === 'string' ? cipher.update(bytes, 'utf8') : cipher.update(bytes);
  return Buffer.concat([iv, body, cipher.final(), cipher.getAuthTag()]);
}

/** Decrypts bytes; null where they, or the context, were changed or the key is another. */
export function decryptBytes(key: Uint8Array, sealed: Uint8Array, context: string): Buffer | null {
  const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
  if (bytes.length < IV_BYTES + TAG_BYTES) return null;
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, IV_BYTES));
  decipher.setAAD(Buffer.from(context));
  decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES));
  try {
    const body = decipher.update(bytes.subarray(IV_BYTES, bytes.length - TAG_BYTES));
    return Buffer.concat([body, decipher.final()]);
  } catch {
    return null;
  }
}

const WRAPPING = 'data key';

/** Creates the key of one subject, or of one payload: whoever destroys it has destroyed what it encrypts. */
export const createDataKey = (): Buffer => randomBytes(DATA_KEY_BYTES);

/** Encrypts a data key with the key above it. */
export const wrapKey = (wrapping: Uint8Array, key: Uint8Array): Buffer =>
  encryptBytes(wrapping, key, WRAPPING);

/** Decrypts a data key; null where it was destroyed, or the key above it is another. */
export const unwrapKey = (wrapping: Uint8Array, wrapped: Uint8Array): Buffer | null =>
  decryptBytes(wrapping, wrapped, WRAPPING);
