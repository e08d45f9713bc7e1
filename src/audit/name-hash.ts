import { createHmac } from 'node:crypto';

/** Hashes under a key, so that nobody without it can tell from the trail whether it names a known patient or value. */
export interface NameHash {
  /** Hashes what names something: 128 bits, enough that no two of a hospital's resources share a name. */
  hashName(text: string): string;
  /** Hashes content: 256 bits. */
  hashContent(text: string): string;
}

const NAME_BYTES = 16;

/** Creates the hashes of a key. Names and content have separate inputs: the hash of the one never is that of the other. */
export function createNameHash(key: Uint8Array): NameHash {
  const compute = (purpose: string, text: string) =>
    createHmac('sha256', key).update(purpose).update('\n').update(text).digest();
  return {
    hashName: (text) => compute('name', text).subarray(0, NAME_BYTES).toString('base64url'),
    hashContent: (text) => compute('content', text).toString('base64url'),
  };
}
