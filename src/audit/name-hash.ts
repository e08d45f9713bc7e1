import { hash } from 'node:crypto';

/** Hashes under a key, so that nobody without it can tell from the trail whether it names a known patient or value. */
export interface NameHash {
  /** Hashes what names something: 128 bits, enough that no two of a hospital's resources share a name. */
  hashName(text: string): string;
  /** Hashes content: 256 bits. */
  hashContent(text: string): string;
}

const NAME_BYTES = 16;
/** The length of SHA-256's input block, and the bytes with which HMAC fills it. */
const BLOCK_BYTES = 64;
const INNER_PAD = 0x36;
const OUTER_PAD = 0x5c;

const padKey = (key: Uint8Array, pad: number): Buffer => {
  const block = Buffer.alloc(BLOCK_BYTES);
  block.set(key);
  return block.map((byte) => byte ^ pad) as Buffer;
};

/**
 * Creates HMAC-SHA-256 (RFC 2104) under a key of at most 64 bytes, of two one-shot hashes: node:crypto's own takes five times as
 * long to set up, and every resource needs three.
 */
function createKeyedHash(key: Uint8Array): (text: string) => Buffer {
  const [inner, outer] = [padKey(key, INNER_PAD), padKey(key, OUTER_PAD)];
  return (text) =>
    hash(
      'sha256',
      Buffer.concat([outer, hash('sha256', Buffer.concat([inner, Buffer.from(text)]), 'buffer')]),
      'buffer',
    );
}

/** Creates the hashes of a key. Names and content have separate inputs: the hash of the one never is that of the other. */
export function createNameHash(key: Uint8Array): NameHash {
  const compute = createKeyedHash(key);
  return {
    hashName: (text) => compute(`name\n${text}`).toString('base64url', 0, NAME_BYTES),
    hashContent: (text) => compute(`content\n${text}`).toString('base64url'),
  };
}
