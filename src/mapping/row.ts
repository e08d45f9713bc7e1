import { digits } from '../fhir/json.ts';
import type { Coding } from './concepts.ts';
import type { Row } from './view/compile.ts';

/** A text column; null where it is missing or of another type. */
export function text(row: Row, column: string): string | null {
  const value = row.values[column];
  return typeof value === 'string' && value !== '' ? value : null;
}

/** A collection column of texts; empty where it is missing. */
export function texts(row: Row, column: string): readonly string[] {
  const value = row.values[column];
  return Array.isArray(value) ? value.filter((v) => typeof v === 'string') : [];
}

/** The digits of a decimal column, as they were sent; null where it is missing. */
export const number = (row: Row, column: string): string | null => digits(row.values[column]);

/** A boolean column; false where it is missing. */
export const flag = (row: Row, column: string): boolean => row.values[column] === true;

/** The FHIRPath of the element that the column came from; of the element that the row stands on where it is missing. */
export const elementOf = (row: Row, column: string): string => row.elements[column] ?? '';

/** The element that holds the column's element: `Observation.valueQuantity` for `Observation.valueQuantity.value`. */
export function holderOf(row: Row, column: string): string {
  return elementOf(row, column).replace(/\.[A-Za-z]+$/, '');
}

/** What a CodeableConcept says: its codings that have both system and code, and its text. */
export interface Concept {
  readonly codings: readonly Coding[];
  readonly text: string | null;
  readonly element: string;
}

/**
 * The columns `{prefix}_systems` and `{prefix}_codes` (collections in one order, of codings that have both) and
 * `{prefix}_text` as one concept. `element` is that of the concept, not of a coding.
 */
export function conceptOf(row: Row, prefix: string): Concept {
  const codes = texts(row, `${prefix}_codes`);
  const codings = texts(row, `${prefix}_systems`).flatMap((system, i) => {
    const code = codes[i];
    return code === undefined ? [] : [{ system, code }];
  });
  const words = text(row, `${prefix}_text`);
  return { codings, text: words, element: conceptElement(row, prefix, codings.length > 0, words !== null) };
}

function conceptElement(row: Row, prefix: string, coded: boolean, worded: boolean): string {
  const element = elementOf(row, `${prefix}_codes`);
  if (coded) return element.replace(/\.coding(\[\d+\])?\.code$/, '');
  return worded ? holderOf(row, `${prefix}_text`) : `${element}.${prefix}`;
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

/** The quantity in the columns with this prefix; null where it has neither value nor unit. */
export function quantityOf(row: Row, prefix: string): SentQuantity | null {
  const quantity = {
    value: number(row, `${prefix}_value`),
    comparator: text(row, `${prefix}_comparator`),
    unit: text(row, `${prefix}_unit`),
    code: text(row, `${prefix}_unit_code`),
    system: text(row, `${prefix}_unit_system`),
  };
  const column = ['value', 'unit', 'unit_code'].find((c) => (row.values[`${prefix}_${c}`] ?? null) !== null);
  return column === undefined ? null : { ...quantity, element: holderOf(row, `${prefix}_${column}`) };
}
