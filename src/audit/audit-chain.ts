import { hash } from 'node:crypto';

/**
 * The audit trail is one or more chains. Each link is the hash of the link before it and of its own entry, so that nobody can
 * change, remove, insert or move an entry without changing every link after it:
 *
 *     link(0) = SHA-256("trial-adapter audit chain " + name of the chain)
 *     link(n) = SHA-256(link(n - 1) + canonical JSON of entry n, in UTF-8)
 *
 * The canonical JSON is that of RFC 8785 (JCS).
 */

/** The end of a chain: the number of its entries, and the link of the last one in hexadecimal. */
export interface ChainEnd {
  readonly chain: string;
  readonly entries: number;
  readonly link: string;
}

/** The text before the name of a chain in the input of its first link. Another text would be another chain. */
export const CHAIN_PREFIX = 'trial-adapter audit chain ';

/** The chain of a store that one process writes at a time, and of whatever concerns more than one site. */
export const WHOLE_STORE_CHAIN = '*';

/** Computes the link before the first entry of a chain. */
export const startChain = (chain: string): Buffer => hash('sha256', `${CHAIN_PREFIX}${chain}`, 'buffer');

/** Computes the link of an entry that follows the link. */
export const computeLink = (before: Uint8Array, canonicalEntry: string): Buffer =>
  hash('sha256', Buffer.concat([before, Buffer.from(canonicalEntry, 'utf8')]), 'buffer');

/** Compares names by UTF-16 code units, as RFC 8785 section 3.2.3 requires. */
const compareNames = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number =>
  a < b ? -1 : a > b ? 1 : 0;

/**
 * Writes a value as canonical JSON (RFC 8785). The trail has texts, integers, lists and objects; properties that are undefined
 * are left out. Throws for any other number, whose canonical form two programs might write differently.
 */
export function toTrailJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(toTrailJson).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(compareNames);
    return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${toTrailJson(member)}`).join(',')}}`;
  }
  if (typeof value === 'number' && !Number.isSafeInteger(value))
    throw new Error('An audit entry has a number that is no integer.');
  return JSON.stringify(value);
}
