import { createHash, createPublicKey, verify } from 'node:crypto';
import { type ChainEnd, toTrailJson } from './audit-chain.ts';
import type { StoredAuditHead } from './audit-trail.ts';

/**
 * A head states where every chain of the trail ended at an instant. It is signed (Ed25519, RFC 8032) and kept in a second
 * place as well: whoever removes the end of a chain, or puts an older copy of the store in its place, leaves heads behind that
 * no longer fit.
 */
export interface AuditHead {
  readonly v: 1;
  /** Counts from 1. */
  readonly number: number;
  /** UTC, ISO 8601. */
  readonly at: string;
  /** The ends of chains, by name. A chain that has not grown since an earlier head may be left out. */
  readonly chains: readonly ChainEnd[];
  /** SHA-256 of the head before it, as stored, in hexadecimal; null for the first. */
  readonly previous: string | null;
  /** The public key of the signature: 32 bytes in base64url. */
  readonly key: string;
}

/** A head with its signature over the canonical JSON of the rest, in base64url. */
export interface SignedAuditHead extends AuditHead {
  readonly signature: string;
}

/** Signs heads; nobody without the private key can. */
export interface HeadSigner {
  /** 32 bytes in base64url. */
  readonly publicKey: string;
  sign(text: string): string;
}

export const digestHead = ({ head }: StoredAuditHead): string =>
  createHash('sha256').update(head, 'utf8').digest('hex');

/** Builds and signs the head that follows `last` (undefined: the first). */
export function signHead(
  signer: HeadSigner,
  last: StoredAuditHead | undefined,
  chains: readonly ChainEnd[],
  at: Date,
): StoredAuditHead {
  const number = (last?.number ?? 0) + 1;
  const head: AuditHead = {
    v: 1,
    number,
    at: at.toISOString(),
    chains,
    previous: last ? digestHead(last) : null,
    key: signer.publicKey,
  };
  return { number, head: toTrailJson({ ...head, signature: signer.sign(toTrailJson(head)) }) };
}

/** The bytes before an Ed25519 key in its DER form (RFC 8410). */
const PUBLIC_KEY_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');
const PUBLIC_KEY_BYTES = 32;

/** Whether the signature is one of the text by the public key. */
export function isSignatureValid(text: string, key: string, signature: string): boolean {
  const bytes = Buffer.from(key, 'base64url');
  if (bytes.length !== PUBLIC_KEY_BYTES) return false;
  const der = Buffer.concat([PUBLIC_KEY_PREFIX, bytes]);
  const publicKey = createPublicKey({ key: der, format: 'der', type: 'spki' });
  return verify(null, Buffer.from(text, 'utf8'), publicKey, Buffer.from(signature, 'base64url'));
}

const isText = (value: unknown): value is string => typeof value === 'string';

function isChainEnd(value: unknown): value is ChainEnd {
  if (typeof value !== 'object' || value === null) return false;
  const { chain, entries, link } = value as Partial<Record<keyof ChainEnd, unknown>>;
  return isText(chain) && Number.isSafeInteger(entries) && isText(link);
}

/** Parses a head as stored; null where the text is none, or is not in the form in which heads are written. */
export function parseHead(text: string): SignedAuditHead | null {
  try {
    const head = JSON.parse(text) as SignedAuditHead;
    const isHead =
      head.v === 1 &&
      Number.isSafeInteger(head.number) &&
      [head.at, head.key, head.signature].every(isText) &&
      (head.previous === null || isText(head.previous)) &&
      Array.isArray(head.chains) &&
      head.chains.every(isChainEnd);
    return isHead && toTrailJson(head) === text ? head : null;
  } catch {
    return null;
  }
}
