import type { OutcomeIssue } from '../operation-outcome.ts';
import { isObject } from '../resource.ts';

/** More findings than this help nobody; the first ones are the cause of the rest. */
export const MAX_ISSUES = 20;

/** An issue that says where and what was expected. `expected` ends a sentence; it never shows what was sent. */
export function createInvalidIssue(code: string, expression: string, diagnostics: string): OutcomeIssue {
  return { severity: 'error', code, detail: 'fhir-invalid', expression, diagnostics };
}

/**
 * What the JSON form of FHIR forbids in any resource: null (but in a list of primitives whose `_name` sibling speaks
 * for it), empty strings, lists and objects (FHIR R4 JSON format). Numbers that keep their digits are leaves.
 */
export function checkJsonForm(resource: Record<string, unknown>): OutcomeIssue[] {
  const issues: OutcomeIssue[] = [];
  walkObject(resource, String(resource.resourceType), issues);
  return issues;
}

function walkObject(object: Record<string, unknown>, at: string, issues: OutcomeIssue[]): void {
  for (const key in object) {
    if (issues.length >= MAX_ISSUES) return;
    const value = object[key];
    if (Array.isArray(value)) walkList(object, key, value, at, issues);
    else if (isSiblingId(object, key, value)) continue;
    else walkValue(value, () => `${at}.${maskUnknownName(key)}`, issues);
  }
}

function walkList(
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
    walkValue(value, () => `${path}[${index}]`, issues);
  });
}

/** The other half of a primitive (`given` and `_given`) holds something at this place. */
function hasSibling(owner: Record<string, unknown>, key: string, index: number): boolean {
  const sibling = owner[key.startsWith('_') ? key.slice(1) : `_${key}`];
  return Array.isArray(sibling) && sibling[index] !== null && sibling[index] !== undefined;
}

function walkValue(value: unknown, at: () => string, issues: OutcomeIssue[]): void {
  if (value === null) {
    issues.push(createInvalidIssue('structure', at(), 'null is not a FHIR value. Leave the element out.'));
  } else if (value === '') {
    issues.push(createInvalidIssue('structure', at(), 'A string may not be empty. Leave the element out.'));
  } else if (Array.isArray(value)) {
    issues.push(createInvalidIssue('structure', at(), 'A list may not hold lists. Send a flat list.'));
  } else if (isPlainObject(value)) {
    if (Object.keys(value).length === 0) {
      issues.push(
        createInvalidIssue('structure', at(), 'An object may not be empty. Leave the element out.'),
      );
    } else if (isIdOnly(value)) {
      issues.push(
        createInvalidIssue(
          'invariant',
          at(),
          'An element has a value or children, not an id alone (ele-1). Leave it out.',
        ),
      );
    } else walkObject(value, at(), issues);
  }
}

/** An id alone is nothing (ele-1), but beside a primitive: `_status` may give `status` an id. */
function isSiblingId(owner: Record<string, unknown>, key: string, value: unknown): boolean {
  return key.startsWith('_') && key.slice(1) in owner && isObject(value) && isIdOnly(value);
}

function isIdOnly(object: Record<string, unknown>): boolean {
  const keys = Object.keys(object);
  return keys.length === 1 && typeof object.id === 'string';
}

/** Not a number that keeps its digits, which is an instance of a class. */
function isPlainObject(value: unknown): value is Record<string, unknown> {
  return isObject(value) && Object.getPrototypeOf(value) === Object.prototype;
}

/** A name that looks like an element's is shown; anything else could be a person's. */
export function maskUnknownName(key: string): string {
  return /^_?[a-z][A-Za-z0-9]{0,40}$/.test(key) ? key : '(a name that is no element)';
}
