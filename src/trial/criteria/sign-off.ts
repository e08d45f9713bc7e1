/** Who has signed off a version of a criteria set, when and why. */
export interface CriteriaSignOff {
  readonly by: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly why: string | null;
}

/** A criteria set with its sign-off; null: a haematologist has not signed off this version with this content. */
export interface SignedCriteriaSet {
  readonly id: string;
  readonly version: string;
  readonly signedOff: CriteriaSignOff | null;
}

/** Formats a sign-off for a reader. */
export const formatSignOff = (signedOff: CriteriaSignOff | null): string =>
  signedOff === null
    ? 'not signed off'
    : `signed off by ${signedOff.by} on ${signedOff.at.slice(0, 10)}${signedOff.why === null ? '' : ` (${signedOff.why})`}`;
