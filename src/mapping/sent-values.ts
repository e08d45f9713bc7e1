import type { Coding } from './codes/terminology.ts';

/** A CodeableConcept as it was sent. */
export interface SentConcept {
  /** The codings that have both a system and a code. */
  readonly codings: readonly Coding[];
  /** The concept's own text; null if there is none. */
  readonly text: string | null;
  /** FHIRPath of the concept, such as `Observation.component[1].code`. */
  readonly element: string;
}

/** A Quantity as it was sent. Each member is null if it was not sent. */
export interface SentQuantity {
  /** The decimal with all its digits. */
  readonly value: string | null;
  readonly comparator: string | null;
  /** The unit as text (`Quantity.unit`). */
  readonly unit: string | null;
  /** The unit as a code (`Quantity.code`), in `system`. */
  readonly code: string | null;
  readonly system: string | null;
  /** FHIRPath of the quantity, such as `Observation.valueQuantity`. */
  readonly element: string;
}
