import { LosslessNumber } from 'lossless-json';
import { buildRawNumber } from './lossless-json.ts';

/** Sorts names by code units, in place: an object has few, for which insertion is fastest. */
function sortNames(names: string[]): readonly string[] {
  for (let i = 1; i < names.length; i++) {
    const name = names[i] ?? '';
    let at = i;
    for (; at > 0 && (names[at - 1] ?? '') > name; at--) names[at] = names[at - 1] ?? '';
    names[at] = name;
  }
  return names;
}

/** Copies a tree with sorted keys, as JSON.stringify writes it: a number that keeps its digits as raw JSON. */
function sortKeys(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(sortKeys);
  if (value instanceof LosslessNumber) return buildRawNumber(value);
  const object = value as Readonly<Record<string, unknown>>;
  const sorted: Record<string, unknown> = {};
  for (const name of sortNames(Object.keys(object))) {
    if (name === '__proto__') return sortKeysOfAny(object);
    sorted[name] = sortKeys(object[name]);
  }
  return sorted;
}

/** Sorts the keys of an object in which assigning one of them would set the prototype. */
const sortKeysOfAny = (object: Readonly<Record<string, unknown>>): unknown =>
  Object.fromEntries(sortNames(Object.keys(object)).map((name) => [name, sortKeys(object[name])]));

/** Writes a tree as JSON text with sorted keys, so that equal content yields equal text in any order of keys. */
export function toCanonicalJson(value: unknown): string {
  const text: string | undefined = JSON.stringify(sortKeys(value));
  if (text === undefined) throw new Error('The value has no JSON form.');
  return text;
}
