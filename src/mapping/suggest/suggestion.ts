import type { MapAttribute } from '../codes/concept-map.ts';

/** What a held code or unit may mean. A person decides; nothing is mapped by a suggestion. */
export interface Suggestion {
  /** The vocabulary of the target (`analyte`), or the quantity whose unit it is. */
  readonly vocabulary: string;
  /** The trial's word, or a UCUM unit. */
  readonly target: string;
  /** From 0 to 1; from CONFIDENT on it may be taken without naming the target. */
  readonly score: number;
  readonly why: string;
  /** What the map entry should say besides: `role`, `method`, `loinc-property`, `factor`. */
  readonly product: readonly MapAttribute[];
}
