import { isWireNumber, readDigits } from '../lossless-json.ts';
import { isObject } from '../resource.ts';
import type { ProfileElement } from './profile-rules.ts';

/** One occurrence of an element: where it stands, its value, and the type under which a choice was sent. */
export interface ElementOccurrence {
  readonly path: string;
  readonly value: unknown;
  /** Such as `Quantity` for `valueQuantity`; null where the element is no choice. */
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

/** Every occurrence of the element in the object, in the order sent. */
export function listOccurrences(
  object: Record<string, unknown>,
  name: string,
  at: string,
): readonly ElementOccurrence[] {
  return findElementKeys(object, name).flatMap(({ key, type }) => {
    const value = object[key];
    const place = `${at}.${key}`;
    if (!Array.isArray(value)) return [{ path: place, value, type }];
    return value.map((each: unknown, index) => ({ path: `${place}[${index}]`, value: each, type }));
  });
}

/**
 * Whether the value holds what the pattern holds: each element of an object, and for each item of a list some item
 * (FHIR R4 ElementDefinition.pattern[x]). A fixed value of a primitive is its own pattern.
 */
export function matchesPattern(value: unknown, pattern: unknown): boolean {
  if (Array.isArray(pattern)) {
    return Array.isArray(value) && pattern.every((one) => value.some((each) => matchesPattern(each, one)));
  }
  if (isWireNumber(pattern)) return isWireNumber(value) && readDigits(value) === readDigits(pattern);
  if (!isObject(pattern)) return value === pattern;
  return isObject(value) && Object.entries(pattern).every(([key, one]) => matchesPattern(value[key], one));
}

/** Every value at a dotted path below the value; lists are looked through. */
function listValuesAtPath(value: unknown, path: readonly string[]): readonly unknown[] {
  if (Array.isArray(value)) return value.flatMap((each) => listValuesAtPath(each, path));
  const [name, ...rest] = path;
  if (name === undefined) return [value];
  return isObject(value) && name in value ? listValuesAtPath(value[name], rest) : [];
}

/** Whether the item belongs to the slice; everything belongs where the element is not a slice. */
export function isInSlice(item: ElementOccurrence, slice: ProfileElement['slice']): boolean {
  if (!slice) return true;
  return slice.match.every(({ path, pattern, type }) => {
    if (type !== undefined) return item.type === type;
    const found = path === '$this' ? [item.value] : listValuesAtPath(item.value, path.split('.'));
    return found.some((each) => matchesPattern(each, pattern));
  });
}
