import { parseMoment } from '../../fhir/datetime.ts';
import { readDigits } from '../../fhir/lossless-json.ts';
import { isObject } from '../../fhir/resource.ts';
import type { Moment } from '../../trial/facts.ts';
import type { SentConcept, SentQuantity } from '../sent-values.ts';
import { rememberByText } from '../view/remember-by-text.ts';
import type { ViewRow } from '../view/view-row.ts';

/** The columns of a concept, a quantity or a moment: `code_codes`, `code_text`. Written once, as each row is asked for them. */
const readColumnNames = rememberByText((prefix) => ({
  codes: `${prefix}_codes`,
  systems: `${prefix}_systems`,
  text: `${prefix}_text`,
  value: `${prefix}_value`,
  comparator: `${prefix}_comparator`,
  unit: `${prefix}_unit`,
  unitCode: `${prefix}_unit_code`,
  unitSystem: `${prefix}_unit_system`,
  instant: `${prefix}_instant`,
  start: `${prefix}_start`,
  end: `${prefix}_end`,
  timing: `${prefix}_timing`,
}));

/** Returns the text of a column; null if it is missing, empty or not a text. */
export function readText(row: ViewRow, column: string): string | null {
  const value = row.getValue(column);
  return typeof value === 'string' && value !== '' ? value : null;
}

/** Returns the texts of a collection column; empty if it is missing. */
export function readTexts(row: ViewRow, column: string): readonly string[] {
  const value = row.getValue(column);
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

/** Returns a boolean column; false if it is missing. */
export const readFlag = (row: ViewRow, column: string): boolean => row.getValue(column) === true;

/** Returns the FHIRPath of the element from which a column was read; if it is missing, of the element of the row. */
export const readElementPath = (row: ViewRow, column: string): string => row.findElement(column) ?? '';

/** Returns the parent of a column's element: `Observation.valueQuantity` for `Observation.valueQuantity.value`. */
export function readParentPath(row: ViewRow, column: string): string {
  return readElementPath(row, column).replace(/\.[A-Za-z]+$/, '');
}

/**
 * Reads a CodeableConcept from the columns `{prefix}_systems` and `{prefix}_codes` (collections in the same order, of
 * the codings that have both) and `{prefix}_text`. The display of each coding is taken from the element with its code.
 */
export function readConcept(row: ViewRow, prefix: string): SentConcept {
  const names = readColumnNames(prefix);
  const codes = readTexts(row, names.codes);
  const sentCodings = row.listParents(names.codes) ?? [];
  const codings = readTexts(row, names.systems).flatMap((system, i) => {
    const code = codes[i];
    if (code === undefined) return [];
    return [{ system, code, display: readDisplay(sentCodings[i], system, code) }];
  });
  const text = readText(row, names.text);
  const element = locateConcept(row, prefix, codings.length > 0, text !== null);
  return { codings, text, element };
}

function readDisplay(coding: unknown, system: string, code: string): string | null {
  const isSameCoding = isObject(coding) && coding.system === system && coding.code === code;
  return isSameCoding && typeof coding.display === 'string' ? coding.display : null;
}

/** Returns the FHIRPath of the concept, not of one of its codings. */
function locateConcept(row: ViewRow, prefix: string, hasCodings: boolean, hasText: boolean): string {
  const names = readColumnNames(prefix);
  const element = readElementPath(row, names.codes);
  if (hasCodings) return element.replace(/\.coding(\[\d+\])?\.code$/, '');
  return hasText ? readParentPath(row, names.text) : `${element}.${prefix}`;
}

/**
 * Reads a Quantity from the columns `{prefix}_value`, `_comparator`, `_unit`, `_unit_code` and `_unit_system`; null if it
 * has neither a value nor a unit.
 */
export function readQuantity(row: ViewRow, prefix: string): SentQuantity | null {
  const names = readColumnNames(prefix);
  const quantity = {
    value: readDigits(row.getValue(names.value)),
    comparator: readText(row, names.comparator),
    unit: readText(row, names.unit),
    code: readText(row, names.unitCode),
    system: readText(row, names.unitSystem),
  };
  const column = [names.value, names.unit, names.unitCode].find(
    (name) => (row.getValue(name) ?? null) !== null,
  );
  return column === undefined ? null : { ...quantity, element: readParentPath(row, column) };
}

/**
 * Reads a moment from the columns `{prefix}` (dateTime or date), `{prefix}_instant`, `{prefix}_start` and
 * `{prefix}_end`. undefined if nothing was sent; null if the value cannot be read.
 */
export function readMoment(row: ViewRow, prefix: string, timeZone: string): Moment | null | undefined {
  const names = readColumnNames(prefix);
  const point = readText(row, prefix) ?? readText(row, names.instant);
  if (point !== null) return parseMoment(point, timeZone);
  const start = readText(row, names.start);
  const end = readText(row, names.end);
  if (start === null && end === null) return undefined;
  return parseMoment({ ...(start ? { start } : {}), ...(end ? { end } : {}) }, timeZone);
}

/** Reads a Timing from the column `{prefix}_timing`; undefined unless it lists exactly one event. */
export function readTiming(row: ViewRow, prefix: string, timeZone: string): Moment | null | undefined {
  const [event, ...others] = readTexts(row, readColumnNames(prefix).timing);
  return event === undefined || others.length > 0 ? undefined : parseMoment(event, timeZone);
}
