import { LosslessNumber } from 'lossless-json';

/*
 * The canonical text of a JSON tree, written in one pass. Digests of stored versions are made of it, so that its bytes may
 * never change: they are those of JSON.stringify over a tree whose properties were set in the order of their names.
 */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const isPlain = (code: number): boolean =>
  code >= 0x20 && code <= 0x7e && code !== QUOTE && code !== BACKSLASH;

function writeText(text: string): string {
  for (let i = 0; i < text.length; i++) if (!isPlain(text.charCodeAt(i))) return JSON.stringify(text);
  return `"${text}"`;
}

/** Sorts names by code units, in place: an object has few, for which insertion is fastest. */
function sortNames(names: string[]): string[] {
  for (let i = 1; i < names.length; i++) {
    const name = names[i] ?? '';
    let at = i;
    for (; at > 0 && (names[at - 1] ?? '') > name; at--) names[at] = names[at - 1] ?? '';
    names[at] = name;
  }
  return names;
}

const startsWithDigit = (name: string): boolean => name >= '0' && name < ':';

/** Lists the names of an object in canonical order; JavaScript puts those that are indexes (`2` before `10`) first. */
function listNames(object: object): readonly string[] {
  const names = sortNames(Object.keys(object));
  return names.some(startsWithDigit)
    ? Object.keys(Object.fromEntries(names.map((name) => [name, null])))
    : names;
}

function writeList(list: readonly unknown[]): string {
  let text = '[';
  for (let i = 0; i < list.length; i++) text += `${i > 0 ? ',' : ''}${writeValue(list[i]) ?? 'null'}`;
  return `${text}]`;
}

function writeObject(object: Readonly<Record<string, unknown>>): string {
  let text = '{';
  for (const name of listNames(object)) {
    const value = writeValue(object[name]);
    if (value !== undefined) text += `${text === '{' ? '' : ','}${writeText(name)}:${value}`;
  }
  return `${text}}`;
}

/** Writes a value; undefined for one that JSON does not have, such as undefined itself. */
function writeValue(value: unknown): string | undefined {
  if (typeof value === 'string') return writeText(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (value instanceof LosslessNumber) return value.value;
  return Array.isArray(value) ? writeList(value) : writeObject(value as Record<string, unknown>);
}

/** Writes a tree as JSON text with sorted keys, so that equal content yields equal text in any order of keys. */
export function toCanonicalJson(value: unknown): string {
  const text = writeValue(value);
  if (text === undefined) throw new Error('The value has no JSON form.');
  return text;
}
