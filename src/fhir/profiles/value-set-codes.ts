import { isObject } from '../resource.ts';
import { readOwnProperty } from './profile-rules.ts';

/** The codes of a value set, by code system. */
export type ValueSetCodes = Readonly<Record<string, readonly string[]>>;

/** Whether a code, or a coding of a CodeableConcept, is in the value set (R4 terminologies, strength required). */
export function isInValueSet(valueSet: ValueSetCodes, value: unknown): boolean {
  if (typeof value === 'string') return Object.values(valueSet).some((codes) => codes.includes(value));
  if (!isObject(value)) return false;
  const codings: readonly unknown[] = Array.isArray(value.coding) ? value.coding : [value];
  return codings.some(
    (coding) =>
      isObject(coding) &&
      typeof coding.code === 'string' &&
      readOwnProperty(valueSet, String(coding.system))?.includes(coding.code),
  );
}

const MAX_LISTED_CODES = 12;

export function formatCodes(valueSet: ValueSetCodes): string {
  const tokens = Object.entries(valueSet).flatMap(([system, codes]) =>
    codes.map((code) => `${system}|${code}`),
  );
  const listed = tokens.slice(0, MAX_LISTED_CODES).join(', ');
  return tokens.length > MAX_LISTED_CODES ? `${listed}, …` : listed;
}
