/** What is wrong with a trail. Printed as JSON. */
export interface TrailFinding {
  readonly kind: TrailFindingKind;
  /** The place: the chain and the number of the entry, or the number of the head. */
  readonly chain?: string;
  readonly seq?: number;
  readonly head?: number;
}

/** Every kind of finding, with what it means. */
export const TRAIL_FINDINGS = {
  'entry-changed': 'the entry does not fit the link: it was changed, or entries before it were',
  'entry-missing': 'entries are missing before it, or were inserted or reordered',
  'link-rewritten': 'the chain was written again: a signed head states another link here',
  'end-missing': 'the chain ends before the place that a signed head states',
  'head-malformed': 'the head is damaged',
  'head-signature': 'the signature of the head is not valid',
  'head-key': 'the head was signed with another key',
  'head-order': 'heads are missing, or were reordered',
  'head-unlinked': 'the head does not follow from the head before it',
  'head-shrinks': 'a chain is shorter in this head than in one before',
  'head-replaced': 'the store has another head than the copy',
  'head-lost':
    'the store does not have a head of the copy: its end was cut off, or an older copy of it was put in its place',
  'head-not-copied': 'the copy does not have a head of the store: lines were removed from it',
} as const;

export type TrailFindingKind = keyof typeof TRAIL_FINDINGS;

/** The result of the verification of a trail. Printed as JSON. */
export interface TrailReport {
  readonly valid: boolean;
  readonly entries: number;
  readonly chains: number;
  readonly heads: number;
  /** Entries after the last signed head: nothing shows if these are cut off or written again. */
  readonly afterLastHead: number;
  /** When the last head was signed; null without one. */
  readonly lastHeadAt: string | null;
  /** The public key of the signatures; null without a head. */
  readonly key: string | null;
  /** Whether that key is one that the caller trusts, and not only the one that the heads name themselves. */
  readonly isKeyTrusted: boolean;
  /** Whether the heads were compared with a copy. */
  readonly isComparedWithCopy: boolean;
  /** What is wrong; first the first bad entry of each chain. At most a hundred; empty where nothing is. */
  readonly findings: readonly TrailFinding[];
}
