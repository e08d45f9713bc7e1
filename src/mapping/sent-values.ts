import type { Coding } from './codes/terminology.ts';

/** What a CodeableConcept says: its codings that have both system and code, and its text. */
export interface SentConcept {
  readonly codings: readonly Coding[];
  readonly text: string | null;
  readonly element: string;
}

/** A Quantity as its columns say it: `{prefix}_value`, `_comparator`, `_unit`, `_unit_code`, `_unit_system`. */
export interface SentQuantity {
  readonly value: string | null;
  readonly comparator: string | null;
  readonly unit: string | null;
  readonly code: string | null;
  readonly system: string | null;
  readonly element: string;
}
