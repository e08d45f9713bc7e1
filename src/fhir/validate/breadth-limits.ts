import type { OutcomeIssue } from '../operation-outcome.ts';
import { isObject } from '../resource.ts';
import { createInvalidIssue } from './invalid-issues.ts';
import { maskUnknownName } from './json-form.ts';
import { findResourceShape } from './type-shapes.ts';

/** The most items of any list in a resource. */
const MAX_ITEMS = 1_000;
/** The most elements and items of a resource together. */
const MAX_NODES = 50_000;
/**
 * The most items of lists that cost more than their own length: each identifier is looked up and indexed, for each code; each
 * Patient of `link` is one person with the others. Hospitals send a few.
 */
const MAX_ITEMS_BY_NAME: ReadonlyMap<string, number> = new Map([
  ['identifier', 50],
  ['coding', 50],
  ['link', 50],
]);

/** The types that are read element by element, and those that complete them. Of any other type nothing is kept. */
const OTHER_KEPT_TYPES: ReadonlySet<unknown> = new Set(['Specimen', 'Substance']);

/** Whether resources of the type are kept: of any other nothing is stored. */
export const isKeptType = (type: unknown): boolean =>
  OTHER_KEPT_TYPES.has(type) ||
  findResourceShape(String(type), '4.0') !== null ||
  findResourceShape(String(type), '5.0') !== null;

const getLimit = (name: string): number => MAX_ITEMS_BY_NAME.get(name) ?? MAX_ITEMS;

/** Counts the elements and items of a value; Infinity where a list in it is too long. */
function countNodes(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1;
  let nodes = 1;
  if (Array.isArray(value)) {
    for (const item of value) nodes += countNodes(item);
    return nodes;
  }
  const object = value as Readonly<Record<string, unknown>>;
  for (const name in object) {
    const child = object[name];
    if (Array.isArray(child) && child.length > getLimit(name)) return Number.POSITIVE_INFINITY;
    nodes += countNodes(child);
  }
  return nodes;
}

/** Finds the path of the first list that is too long; null where the elements are only too many. */
function findTooLongList(value: unknown, at: string): { readonly at: string; readonly limit: number } | null {
  if (Array.isArray(value))
    return value.reduce((found, item, index) => found ?? findTooLongList(item, `${at}[${index}]`), null);
  if (!isObject(value)) return null;
  for (const [name, child] of Object.entries(value)) {
    const path = `${at}.${maskUnknownName(name)}`;
    const limit = getLimit(name);
    const found =
      Array.isArray(child) && child.length > limit ? { at: path, limit } : findTooLongList(child, path);
    if (found) return found;
  }
  return null;
}

/**
 * Finds the element with which a resource is larger than one is received; null for every other resource. What a sender writes
 * may not cost more than others can wait for.
 */
export function findTooLongElement(tree: unknown): OutcomeIssue | null {
  if (!isObject(tree) || !isKeptType(tree.resourceType) || countNodes(tree) <= MAX_NODES) return null;
  const resourceType = String(tree.resourceType);
  const found = findTooLongList(tree, resourceType);
  if (!found) {
    const fix = `A resource has at most ${MAX_NODES} elements. Send several resources.`;
    return createInvalidIssue('too-long', resourceType, fix);
  }
  return createInvalidIssue(
    'too-long',
    found.at,
    `The list has over ${found.limit} items. Send at most ${found.limit}.`,
  );
}
