import { Failure } from '../../errors.ts';
import { checkDecision, type DecisionTrust } from '../../signatures/check-decision.ts';
import {
  type DecidedRecord,
  type DecisionKind,
  matchesShownHash,
  type SignedDecision,
} from '../../signatures/decision-manifest.ts';
import { type DecisionSigner, signDecision } from '../../signatures/sign-decision.ts';
import type { StoreTransaction } from '../../store/store.ts';
import type { DecisionValidity } from '../../trial/decision-validity.ts';

/** The person who decides, with their reason; null where they state none. */
export interface Decider {
  /** The printed name. Where nobody is configured, the name that was stated. */
  readonly by: string;
  readonly why: string | null;
  /** The user of the operating system, recorded with a decision that has no signature. */
  readonly systemUser?: string | null;
  /** Signs for the person; null or absent where nobody is configured: the decision has no signature. */
  readonly signer?: DecisionSigner | null;
  /** The record's hash as the person saw it, or its first digits; null or absent: they did not say. */
  readonly shown?: string | null;
  /**
   * Whether the person's roles and sites allow a decision about such a record (site null: one that concerns every site). Absent
   * where nobody is configured: whoever can use the store may decide.
   */
  readonly mayDecide?: (kind: DecisionKind, site: string | null) => boolean;
}

/** What is decided on, and what the decision is. */
export interface DecisionCase {
  readonly record: DecidedRecord;
  readonly rules: string;
  readonly decision: unknown;
  /** One of SIGNATURE_MEANINGS. */
  readonly meaning: string;
  /** Whether the person must have seen the record as it is now: false for a statement, which is a record of its own. */
  readonly isAboutShown: boolean;
}

/** A decision as it is stored with what was decided on. */
export interface MadeDecision {
  readonly by: string;
  readonly at: string;
  readonly why: string | null;
  readonly systemUser: string | null;
  readonly signed: SignedDecision | null;
}

/** Refuses a decision about a record that is not as the person saw it, or that they did not see before signing. */
export function requireShown(
  hashNow: string,
  { shown = null, signer = null }: Pick<Decider, 'shown' | 'signer'>,
): void {
  const fix = 'Look at it again, and state the hash that is shown with it.';
  if (shown === null && signer !== null)
    throw new Failure('decision/not-shown', 'A signature needs the hash of the record that was seen.', {
      parameter: 'shown',
      fix,
    });
  if (shown === null || matchesShownHash(hashNow, shown)) return;
  throw new Failure('decision/stale', 'The record is not the one that was shown: it has changed since.', {
    parameter: 'shown',
    fix,
  });
}

/**
 * Makes a decision: signs it, where people are configured. Throws `decision/forbidden`, `decision/unsigned` where a decision needs a signature
 * and nobody signs, `decision/not-shown` or `decision/stale` where the person has not seen the record as it is.
 */
export function makeDecision(
  trust: DecisionTrust,
  decider: Decider,
  { isAboutShown, ...decided }: DecisionCase,
  at: string,
): MadeDecision {
  const { by, why, systemUser = null, signer = null, mayDecide = () => true } = decider;
  if (!mayDecide(decided.record.kind, decided.record.site))
    throw new Failure('decision/forbidden', 'Your roles do not allow this decision at this site.', {
      fix: 'Ask somebody whose roles do, or whoever assigns them.',
    });
  if (isAboutShown) requireShown(decided.record.hash, decider);
  if (signer !== null)
    return {
      by: signer.identity.name,
      at,
      why,
      systemUser: null,
      signed: signDecision(signer, { ...decided, reason: why, at }),
    };
  if (trust.requiresSignature(at))
    throw new Failure('decision/unsigned', 'A decision needs the signature of a person who is configured.', {
      fix: 'Sign in, or decide with your own signing key.',
    });
  return { by, at, why, systemUser, signed: null };
}

/** Adds a decision to the history, in the transaction that puts it into effect. */
export const logDecision = (
  tx: StoreTransaction,
  { record: { kind, key, site, study, subject }, decision }: Pick<DecisionCase, 'record' | 'decision'>,
  made: MadeDecision,
): Promise<void> => tx.decisions.add({ kind, record: key, site, study, subject, decision, ...made });

/** Checks a decision as if it were read again, which is how it is shown when it is made. */
export const checkMadeDecision = (
  trust: DecisionTrust,
  { record: { kind, key, hash }, decision }: Pick<DecisionCase, 'record' | 'decision'>,
  { by, why, at, signed }: MadeDecision,
): DecisionValidity =>
  checkDecision(trust, { ...{ record: { kind, key, hash }, decision }, ...{ by, why, at, signed } });
