import type { OutcomeIssue } from '../operation-outcome.ts';
import { isObject } from '../resource.ts';
import { createInvalidIssue, MAX_ISSUES } from './invalid-issues.ts';

/**
 * Checks the rules of the JSON form of FHIR for any resource: no empty strings, lists or objects, no lists in lists, and no
 * null, except in a list of primitives where the `_name` list has an item at the same place (FHIR R4 JSON format). A
 * LosslessNumber counts as a number, not as an object.
 */
export function checkJsonForm(resource: Record<string, unknown>): OutcomeIssue[] {
  const issues: OutcomeIssue[] = [];
  checkObject(resource, String(resource.resourceType), issues);
  return issues;
}

function checkObject(object: Record<string, unknown>, at: string, issues: OutcomeIssue[]): void {
  for (const key in object) {
    if (issues.length >= MAX_ISSUES) return;
    const value = object[key];
    if (Array.isArray(value)) checkList(object, key, value, at, issues);
    else if (isSiblingId(object, key, value)) continue;
    else checkValue(value, () => `${at}.${maskUnknownName(key)}`, issues);
  }
}

function checkList(
  owner: Record<string, unknown>,
  key: string,
  list: unknown[],
  at: string,
  issues: OutcomeIssue[],
): void {
  const path = `${at}.${maskUnknownName(key)}`;
  if (list.length === 0) {
    issues.push(createInvalidIssue('structure', path, 'A list may not be empty. Leave the element out.'));
    return;
  }
  list.forEach((value, index) => {
    if (value === null && hasSibling(owner, key, index)) return;
    checkValue(value, () => `${path}[${index}]`, issues);
  });
}

/** Whether the sibling list of a list of primitives (`_given` for `given`, and the reverse) has an item at this place. */
function hasSibling(owner: Record<string, unknown>, key: string, index: number): boolean {
  const sibling = owner[key.startsWith('_') ? key.slice(1) : `_${key}`];
  return Array.isArray(sibling) && sibling[index] !== null && sibling[index] !== undefined;
}

function checkValue(value: unknown, at: () => string, issues: OutcomeIssue[]): void {
  const fault = findFault(value);
  if (fault) issues.push(createInvalidIssue(fault.code, at(), fault.text));
  else if (isPlainObject(value)) checkObject(value, at(), issues);
}

function findFault(value: unknown): { readonly code: string; readonly text: string } | null {
  if (value === null) return { code: 'structure', text: 'null is not a FHIR value. Leave the element out.' };
  if (value === '') {
    return { code: 'structure', text: 'A string may not be empty. Leave the element out.' };
  }
  if (Array.isArray(value)) {
    return { code: 'structure', text: 'A list may not contain lists. Send a flat list.' };
  }
  if (!isPlainObject(value)) return null;
  if (Object.keys(value).length === 0) {
    return { code: 'structure', text: 'An object may not be empty. Leave the element out.' };
  }
  return isIdOnly(value)
    ? {
        code: 'invariant',
        text: 'An element has a value or children, not an id alone (ele-1). Leave it out.',
      }
    : null;
}

/** Whether it is the id of a primitive, as in `_status`. Elsewhere an object with only an id violates ele-1. */
function isSiblingId(owner: Record<string, unknown>, key: string, value: unknown): boolean {
  return key.startsWith('_') && key.slice(1) in owner && isObject(value) && isIdOnly(value);
}

function isIdOnly(object: Record<string, unknown>): boolean {
  const keys = Object.keys(object);
  return keys.length === 1 && typeof object.id === 'string';
}

/** Whether the value is a JSON object. A LosslessNumber is not: it is an instance of a class. */
function isPlainObject(value: unknown): value is Record<string, unknown> {
  return isObject(value) && Object.getPrototypeOf(value) === Object.prototype;
}

/** Returns a key that has the form of an element name. Masks any other, which could contain the name of a person. */
export function maskUnknownName(key: string): string {
  return /^_?[a-z][A-Za-z0-9]{0,40}$/.test(key) ? key : '(not an element name)';
}
