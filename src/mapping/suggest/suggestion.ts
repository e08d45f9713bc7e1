import type { MapAttribute } from '../codes/concept-map.ts';

/** A possible target for a held code or unit. A person decides: nothing is mapped by a suggestion. */
export interface Suggestion {
  /** The vocabulary of the target (`analyte`), or the quantity of the unit (`platelets`). */
  readonly vocabulary: string;
  /** The trial term, or a UCUM unit. */
  readonly target: string;
  /** From 0 to 1. From CONFIDENT_SCORE upwards it may be accepted without naming the target. */
  readonly score: number;
  /** Why it is suggested, as a phrase for people. */
  readonly why: string;
  /** Properties for the map entry: `role`, `method`, `loinc-property`, `factor`. */
  readonly product: readonly MapAttribute[];
}
