import { createPublicKey, verify } from 'node:crypto';
import { toCanonicalJson } from '../fhir/canonical-json.ts';
import type { DecisionFault, DecisionValidity } from '../trial/decision-validity.ts';
import type { DecidedRecord, DecisionManifest, SignedDecision } from './decision-manifest.ts';

/** A public key that is trusted, and whose it is: a person's by their id, or the service's, which signs for who signed in. */
export interface TrustedKey {
  /** 32 bytes in base64url. */
  readonly publicKey: string;
  /** Null: the service's. */
  readonly person: string | null;
  /** What is signed at this instant or later is not valid; null: the key is in use. */
  readonly retiredAt: string | null;
}

/** Which signatures are trusted, and from when on a decision must have one. */
export interface DecisionTrust {
  findKey(publicKey: string): TrustedKey | null;
  /** Whether a decision that was made at the instant counts only with a signature. */
  requiresSignature(at: string): boolean;
}

/** A decision as it is stored, outside the signed manifest. */
export interface StoredDecision {
  readonly record: Pick<DecidedRecord, 'kind' | 'key' | 'hash'>;
  readonly decision: unknown;
  readonly by: string;
  readonly why: string | null;
  readonly at: string;
  readonly signed: SignedDecision | null;
}

/** Nobody is registered: signatures cannot be verified, and are not asked for. */
export const TRUST_WITHOUT_PEOPLE: DecisionTrust = { findKey: () => null, requiresSignature: () => false };

/** The header of a SubjectPublicKeyInfo with an Ed25519 key (RFC 8410), which the 32 bytes follow. */
const ED25519_SPKI_HEADER = Buffer.from('302a300506032b6570032100', 'hex');

function hasValidSignature({ manifest, key, signature }: SignedDecision): boolean {
  const bytes = Buffer.from(signature, 'base64url');
  const raw = Buffer.from(key, 'base64url');
  // One text for each signature and key: base64url has spare bits, and others ignore what they cannot read.
  if (raw.length !== 32 || raw.toString('base64url') !== key) return false;
  if (bytes.length !== 64 || bytes.toString('base64url') !== signature) return false;
  const publicKey = createPublicKey({
    key: Buffer.concat([ED25519_SPKI_HEADER, raw]),
    format: 'der',
    type: 'spki',
  });
  return verify(null, Buffer.from(toCanonicalJson(manifest)), publicKey, bytes);
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

/** Whether a stored value has the form of a signed decision: it may have been altered to anything. */
function isComplete(signed: SignedDecision): boolean {
  const { manifest, key, signature }: Readonly<Record<string, unknown>> = { ...signed };
  if (typeof key !== 'string' || typeof signature !== 'string' || !isObject(manifest)) return false;
  return isObject(manifest.record) && isObject(manifest.signer) && isObject(manifest.authentication);
}

/** Whether the key may sign for who is named: a person's key for them alone, the service's for who signed in. */
function isKeyOfSigner(key: TrustedKey, { signer, authentication }: DecisionManifest): boolean {
  if (key.person === null) return authentication.method === 'oidc';
  return authentication.method === 'personal-key' && signer.id === key.person;
}

const isSame = (a: unknown, b: unknown): boolean => toCanonicalJson(a) === toCanonicalJson(b);

function findFault(
  trust: DecisionTrust,
  stored: StoredDecision,
  signed: SignedDecision,
): DecisionFault | null {
  const { manifest } = signed;
  const key = trust.findKey(signed.key);
  if (!key) return 'unknown-key';
  if (!hasValidSignature(signed)) return 'signature';
  if (!isKeyOfSigner(key, manifest)) return 'other-signer';
  if (key.retiredAt !== null && Date.parse(manifest.at) >= Date.parse(key.retiredAt)) return 'retired-key';
  const { record, decision, by, why, at } = stored;
  const signedContent = [manifest.decision, manifest.signer.name, manifest.reason, manifest.at];
  if (!isSame([decision, by, why, at], signedContent)) return 'altered';
  const { kind, key: name, hash } = manifest.record;
  const isSameRecord = record.kind === kind && record.key === name && record.hash === hash;
  return isSameRecord ? null : 'other-record';
}

/**
 * Checks a decision as it is read: whether its signature is that of who is named, and whether decision and record are those
 * that were signed. Source: 21 CFR 11.70.
 */
export function checkDecision(trust: DecisionTrust, stored: StoredDecision): DecisionValidity {
  const { signed } = stored;
  if (signed === null)
    return trust.requiresSignature(stored.at)
      ? { state: 'invalid', fault: 'missing' }
      : { state: 'unsigned' };
  const fault = isComplete(signed) ? findFault(trust, stored, signed) : 'signature';
  if (fault !== null) return { state: 'invalid', fault };
  const { signer, at, meaning } = signed.manifest;
  return { state: 'signed', name: signer.name, at, meaning };
}
