import type { OutcomeIssue } from '../operation-outcome.ts';
import { isObject } from '../resource.ts';
import { createInvalidIssue, MAX_ISSUES } from './json-form.ts';
import { type ChoiceElement, getTypeStructure } from './type-schemas.ts';

const QUANTITY_TYPES = new Set(['Quantity', 'Age', 'Count', 'Distance', 'Duration']);

/** How many names of a choice are there, and how many of them with a value (not only an extension under `_name`). */
function countChoiceNames(
  choice: ChoiceElement,
  object: Record<string, unknown>,
): { names: number; values: number } {
  let names = 0;
  let values = 0;
  for (const { key, siblingKey: beside } of choice.keys) {
    const value = key in object;
    if (value) values += 1;
    if (value || beside in object) names += 1;
  }
  return { names, values };
}

function checkChoices(type: string, object: Record<string, unknown>, at: string): OutcomeIssue[] {
  const issues: OutcomeIssue[] = [];
  for (const choice of getTypeStructure(type).choices) {
    const { names, values } = countChoiceNames(choice, object);
    if (names < 2 && (values > 0 || !choice.required)) continue;
    const path = `${at}.${choice.name.slice(0, -3)}`;
    const keys = choice.keys.map(({ key }) => key).join(', ');
    if (names > 1) {
      issues.push(createInvalidIssue('structure', path, `At most one of ${keys} may be sent. Keep one.`));
    }
    if (choice.required && values === 0) {
      issues.push(createInvalidIssue('required', path, `${choice.name} is missing. Send one of ${keys}.`));
    }
  }
  return issues;
}

function checkQuantity(object: Record<string, unknown>, at: string): OutcomeIssue[] {
  if (!('code' in object) || 'system' in object) return [];
  return [
    createInvalidIssue(
      'invariant',
      `${at}.system`,
      'A code needs the system it is from (qty-3). For UCUM send http://unitsofmeasure.org.',
    ),
  ];
}

function checkExtension(object: Record<string, unknown>, at: string): OutcomeIssue[] {
  const values = Object.keys(object).filter((key) => /^_?value[A-Z]/.test(key));
  const distinct = new Set(values.map((key) => key.replace('_', '')));
  const nested = 'extension' in object;
  if (distinct.size + (nested ? 1 : 0) === 1) return [];
  return [
    createInvalidIssue('invariant', at, 'An extension has one value[x] or extensions, not both (ext-1).'),
  ];
}

function checkObservation(object: Record<string, unknown>, at: string): OutcomeIssue[] {
  const value = Object.keys(object).some((key) => /^value[A-Z]/.test(key));
  if (!value || !('dataAbsentReason' in object)) return [];
  return [
    createInvalidIssue(
      'invariant',
      `${at}.dataAbsentReason`,
      'dataAbsentReason is only for an Observation without a value (obs-6). Remove it, or the value.',
    ),
  ];
}

function checkOwnRules(type: string, object: Record<string, unknown>, at: string): OutcomeIssue[] {
  if (QUANTITY_TYPES.has(type)) return checkQuantity(object, at);
  if (type === 'Extension') return checkExtension(object, at);
  return type === 'Observation' || type === 'Observation@R5' ? checkObservation(object, at) : [];
}

/**
 * The rules between elements that a type table cannot say: choices (one of value[x]), obs-6, qty-3, ext-1 (FHIR R4).
 * `at` is the FHIRPath of the object. Values of an extension are not descended into.
 */
export function checkElementRules(type: string, object: Record<string, unknown>, at: string): OutcomeIssue[] {
  const issues = checkChoices(type, object, at);
  issues.push(...checkOwnRules(type, object, at));
  const { children } = getTypeStructure(type);
  for (const key in object) {
    const child = children.get(key);
    if (child === undefined || issues.length >= MAX_ISSUES) continue;
    issues.push(...checkChildRules(child, object[key], `${at}.${key}`));
  }
  return issues;
}

function checkChildRules(type: string, value: unknown, at: string): OutcomeIssue[] {
  if (Array.isArray(value))
    return value.flatMap((each, i) => (isObject(each) ? checkElementRules(type, each, `${at}[${i}]`) : []));
  return isObject(value) ? checkElementRules(type, value, at) : [];
}
