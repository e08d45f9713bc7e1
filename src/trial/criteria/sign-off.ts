import { type DecisionValidity, formatValidity } from '../decision-validity.ts';

/** Who has signed off a version of a criteria set, when and why. */
export interface CriteriaSignOff {
  readonly by: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly why: string | null;
  /** What the signature is worth, as it is checked when it is read. */
  readonly validity: DecisionValidity;
}

/** A criteria set with its sign-off; null: a haematologist has not signed off this version with this content. */
export interface SignedCriteriaSet {
  readonly id: string;
  readonly version: string;
  readonly signedOff: CriteriaSignOff | null;
}

/** Whether a sign-off counts: an invalid signature is none. */
export const isSignedOff = (signedOff: CriteriaSignOff | null): boolean =>
  signedOff !== null && signedOff.validity.state !== 'invalid';

/** Formats a sign-off for a reader. */
export const formatSignOff = (signedOff: CriteriaSignOff | null): string =>
  signedOff === null
    ? 'not signed off'
    : `${formatApproval(signedOff)}${signedOff.why === null ? '' : ` (${signedOff.why})`}`;

function formatApproval({ by, at, validity }: CriteriaSignOff): string {
  if (validity.state === 'unsigned') return `approved by ${by} on ${at.slice(0, 10)}, unsigned`;
  return formatValidity(validity);
}
