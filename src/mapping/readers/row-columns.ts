import { parseMoment } from '../../fhir/datetime.ts';
import { readDigits } from '../../fhir/lossless-json.ts';
import type { Moment } from '../../trial/facts.ts';
import type { SentConcept, SentQuantity } from '../sent-values.ts';
import type { ViewRow } from '../view/compile-view.ts';

/** A text column; null where it is missing or of another type. */
export function readText(row: ViewRow, column: string): string | null {
  const value = row.values[column];
  return typeof value === 'string' && value !== '' ? value : null;
}

/** A collection column of texts; empty where it is missing. */
export function readTexts(row: ViewRow, column: string): readonly string[] {
  const value = row.values[column];
  return Array.isArray(value) ? value.filter((v) => typeof v === 'string') : [];
}

/** The digits of a decimal column, as they were sent; null where it is missing. */
export const readNumberDigits = (row: ViewRow, column: string): string | null =>
  readDigits(row.values[column]);

/** A boolean column; false where it is missing. */
export const readFlag = (row: ViewRow, column: string): boolean => row.values[column] === true;

/** The FHIRPath of the element that the column came from; of the element that the row stands on where it is missing. */
export const readElementPath = (row: ViewRow, column: string): string => row.elements[column] ?? '';

/** The element that holds the column's element: `Observation.valueQuantity` for `Observation.valueQuantity.value`. */
export function readParentPath(row: ViewRow, column: string): string {
  return readElementPath(row, column).replace(/\.[A-Za-z]+$/, '');
}

/**
 * The columns `{prefix}_systems` and `{prefix}_codes` (collections in one order, of codings that have both) and
 * `{prefix}_text` as one concept. `element` is that of the concept, not of a coding.
 */
export function readConcept(row: ViewRow, prefix: string): SentConcept {
  const codes = readTexts(row, `${prefix}_codes`);
  const codings = readTexts(row, `${prefix}_systems`).flatMap((system, i) => {
    const code = codes[i];
    return code === undefined ? [] : [{ system, code }];
  });
  const words = readText(row, `${prefix}_text`);
  return { codings, text: words, element: locateConcept(row, prefix, codings.length > 0, words !== null) };
}

function locateConcept(row: ViewRow, prefix: string, coded: boolean, worded: boolean): string {
  const element = readElementPath(row, `${prefix}_codes`);
  if (coded) return element.replace(/\.coding(\[\d+\])?\.code$/, '');
  return worded ? readParentPath(row, `${prefix}_text`) : `${element}.${prefix}`;
}

/** The quantity in the columns with this prefix; null where it has neither value nor unit. */
export function readQuantity(row: ViewRow, prefix: string): SentQuantity | null {
  const quantity = {
    value: readNumberDigits(row, `${prefix}_value`),
    comparator: readText(row, `${prefix}_comparator`),
    unit: readText(row, `${prefix}_unit`),
    code: readText(row, `${prefix}_unit_code`),
    system: readText(row, `${prefix}_unit_system`),
  };
  const column = ['value', 'unit', 'unit_code'].find((c) => (row.values[`${prefix}_${c}`] ?? null) !== null);
  return column === undefined ? null : { ...quantity, element: readParentPath(row, `${prefix}_${column}`) };
}

/**
 * The moment in the columns `{prefix}` (dateTime or date), `{prefix}_instant`, `{prefix}_start` and `{prefix}_end`.
 * undefined where nothing was sent; null where what was sent is no moment.
 */
export function readMoment(row: ViewRow, prefix: string, timeZone: string): Moment | null | undefined {
  const point = readText(row, prefix) ?? readText(row, `${prefix}_instant`);
  if (point !== null) return parseMoment(point, timeZone);
  const [start, end] = [readText(row, `${prefix}_start`), readText(row, `${prefix}_end`)];
  if (start === null && end === null) return undefined;
  return parseMoment({ ...(start ? { start } : {}), ...(end ? { end } : {}) }, timeZone);
}

/** A Timing (column `{prefix}_timing`) says one moment only where it lists one event; else undefined. */
export function readTiming(row: ViewRow, prefix: string, timeZone: string): Moment | null | undefined {
  const [event, ...more] = readTexts(row, `${prefix}_timing`);
  return event === undefined || more.length > 0 ? undefined : parseMoment(event, timeZone);
}
