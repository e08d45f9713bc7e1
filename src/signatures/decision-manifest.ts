import { hash } from 'node:crypto';
import { toCanonicalJson } from '../fhir/canonical-json.ts';

/** What a decision is about. */
export type DecisionKind = 'work-item' | 'adjudication' | 'criteria-set' | 'outbox-entry';

/** The record that a decision is about, as it was when the person decided. */
export interface DecidedRecord {
  readonly kind: DecisionKind;
  /** Names the record among those of its kind. */
  readonly key: string;
  /** SHA-256 of what the record states, 64 hexadecimal digits (`hashRecord`). */
  readonly hash: string;
  /** Null for what concerns every site, such as a criteria set. */
  readonly site: string | null;
  readonly study: string | null;
  readonly subject: string | null;
}

/** How the signer was known to be who they are. */
export type AuthenticationContext =
  | { readonly method: 'personal-key'; readonly systemUser: string }
  | {
      readonly method: 'oidc';
      readonly issuer: string;
      /** When the person proved who they are (ISO 8601, UTC). */
      readonly authenticatedAt: string;
      /** How they proved it, as the issuer says (OpenID Connect `acr`, `amr`); null and empty where it says nothing. */
      readonly contextClass: string | null;
      readonly methods: readonly string[];
    };

/** Who signs: the printed name, and an id that is never given to another person. */
export interface SignerIdentity {
  readonly name: string;
  readonly id: string;
}

/**
 * What is signed. Source: 21 CFR 11.50(a) for name, time and meaning; 11.70 for the binding to the record, by its hash. The
 * signature is over its canonical JSON (RFC 8785).
 */
export interface DecisionManifest {
  /** Tells these bytes from anything else that the same key may sign. */
  readonly type: 'fhir-trial-adapter/decision/1';
  readonly record: DecidedRecord;
  /** The rules in force: program, mappings, or criteria set, with their version. */
  readonly rules: string;
  readonly decision: unknown;
  readonly reason: string | null;
  /** What the signature means, such as approval or authorship. */
  readonly meaning: string;
  readonly signer: SignerIdentity;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly authentication: AuthenticationContext;
}

/** A manifest with its signature. Stored as it is, with the decision. */
export interface SignedDecision {
  readonly manifest: DecisionManifest;
  /** The public key, Ed25519, 32 bytes in base64url. */
  readonly key: string;
  /** Ed25519 (RFC 8032), 64 bytes in base64url. */
  readonly signature: string;
}

/** The meanings of signatures. Source: 21 CFR 11.50(a)(3). */
export const SIGNATURE_MEANINGS = {
  mapping: 'responsibility for what the code or unit means',
  answer: 'responsibility for the answer',
  rejection: 'responsibility for the rejection',
  release: 'responsibility for releasing the text',
  statement: 'authorship of the statement',
  takeBack: 'responsibility for taking the statement back',
  criteria: 'approval of the criteria',
  overwrite: 'authorisation to overwrite the resource in the EHR',
} as const;

/** Hashes what a record states, whatever the order of its keys: SHA-256 of its canonical JSON, 64 hexadecimal digits. */
export const hashRecord = (content: unknown): string => hash('sha256', toCanonicalJson(content));

/** Whether a hash is the one that was shown: as a whole, or its first digits (at least 8) as a person copies them. */
export const matchesShownHash = (hashNow: string, shown: string): boolean =>
  shown.length >= 8 && hashNow.startsWith(shown.toLowerCase());
