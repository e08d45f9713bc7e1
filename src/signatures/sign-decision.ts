import { createPublicKey, type KeyObject, sign } from 'node:crypto';
import { toCanonicalJson } from '../fhir/canonical-json.ts';
import type {
  AuthenticationContext,
  DecisionManifest,
  SignedDecision,
  SignerIdentity,
} from './decision-manifest.ts';

/** A person who can sign: with their own key, or with the service's after they signed in. */
export interface DecisionSigner {
  readonly identity: SignerIdentity;
  readonly authentication: AuthenticationContext;
  /** Ed25519. */
  readonly privateKey: KeyObject;
}

/** What a person decides, before it is signed. */
export type DecisionDraft = Pick<
  DecisionManifest,
  'record' | 'rules' | 'decision' | 'reason' | 'meaning' | 'at'
>;

/** Returns the 32 bytes of an Ed25519 public key, in base64url, by which it is known. */
export function formatPublicKey(key: KeyObject): string {
  const { x, crv } = (key.type === 'private' ? createPublicKey(key) : key).export({ format: 'jwk' });
  if (crv !== 'Ed25519' || typeof x !== 'string') throw new Error('A key for decisions must be Ed25519.');
  return x;
}

/** Signs a decision. What is not stated in JSON, such as undefined, is not part of it. */
export function signDecision(
  { identity, authentication, privateKey }: DecisionSigner,
  draft: DecisionDraft,
): SignedDecision {
  const manifest: DecisionManifest = {
    type: 'fhir-trial-adapter/decision/1',
    ...draft,
    signer: identity,
    authentication,
  };
  const text = toCanonicalJson(manifest);
  return {
    // As it will be read again.
    manifest: JSON.parse(text) as DecisionManifest,
    key: formatPublicKey(privateKey),
    signature: sign(null, Buffer.from(text), privateKey).toString('base64url'),
  };
}
