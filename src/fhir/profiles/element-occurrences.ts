import { isWireNumber, readDigits } from '../lossless-json.ts';
import { isObject } from '../resource.ts';
import type { ProfileElement } from './profile-rules.ts';

/** One occurrence of an element: its path and value, and the type of a choice. */
export interface ElementOccurrence {
  readonly path: string;
  readonly value: unknown;
  /** `Quantity` for `valueQuantity`; null for an element that is not a choice. */
  readonly type: string | null;
}

function findElementKeys(
  object: Record<string, unknown>,
  name: string,
): { key: string; type: string | null }[] {
  if (!name.endsWith('[x]')) return name in object ? [{ key: name, type: null }] : [];
  const stem = name.slice(0, -3);
  return Object.keys(object)
    .filter((key) => key.startsWith(stem) && /^[A-Z]/.test(key.slice(stem.length)))
    .map((key) => ({ key, type: key.slice(stem.length) }));
}

/** Lists the occurrences of an element in an object, in the order sent. */
export function listOccurrences(
  object: Record<string, unknown>,
  name: string,
  at: string,
): readonly ElementOccurrence[] {
  return findElementKeys(object, name).flatMap(({ key, type }) => {
    const value = object[key];
    const path = `${at}.${key}`;
    if (!Array.isArray(value)) return [{ path, value, type }];
    return value.map((item: unknown, index) => ({ path: `${path}[${index}]`, value: item, type }));
  });
}

/**
 * Whether the value matches the pattern: it has each element of a pattern object, and for each item of a pattern list a
 * matching item (FHIR R4 ElementDefinition.pattern[x]). A fixed value of a primitive is its own pattern.
 */
export function matchesPattern(value: unknown, pattern: unknown): boolean {
  if (Array.isArray(pattern)) {
    return (
      Array.isArray(value) &&
      pattern.every((required) => value.some((item) => matchesPattern(item, required)))
    );
  }
  if (isWireNumber(pattern)) return isWireNumber(value) && readDigits(value) === readDigits(pattern);
  if (!isObject(pattern)) return value === pattern;
  return (
    isObject(value) &&
    Object.entries(pattern).every(([key, required]) => matchesPattern(value[key], required))
  );
}

/** Lists the values at a dotted path below the value, in every item of lists. */
function listValuesAtPath(value: unknown, path: readonly string[]): readonly unknown[] {
  if (Array.isArray(value)) return value.flatMap((item) => listValuesAtPath(item, path));
  const [name, ...rest] = path;
  if (name === undefined) return [value];
  return isObject(value) && name in value ? listValuesAtPath(value[name], rest) : [];
}

/** Whether the occurrence belongs to the slice; always true for an element that is not sliced. */
export function isInSlice(item: ElementOccurrence, slice: ProfileElement['slice']): boolean {
  if (!slice) return true;
  return slice.match.every(({ path, pattern, type }) => {
    if (type !== undefined) return item.type === type;
    const values = path === '$this' ? [item.value] : listValuesAtPath(item.value, path.split('.'));
    return values.some((value) => matchesPattern(value, pattern));
  });
}
