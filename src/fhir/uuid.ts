import { createHash } from 'node:crypto';

/** RFC 9562, section 6.6: the namespace for names that are URLs. */
const UUID_URL_NAMESPACE = Buffer.from('6ba7b8119dad11d180b400c04fd430c8', 'hex');

/** Derives the UUID version 5 of a name (RFC 9562, section 5.5): the same on every machine and in every run. */
export function deriveUuid(name: string): string {
  const hash = createHash('sha1').update(UUID_URL_NAMESPACE).update(name, 'utf8').digest();
  hash.writeUInt8((hash.readUInt8(6) & 0x0f) | 0x50, 6);
  hash.writeUInt8((hash.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = hash.toString('hex');
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)];
  return parts.join('-');
}
