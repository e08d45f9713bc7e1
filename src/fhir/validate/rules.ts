import type { Issue } from '../outcome.ts';
import { isObject } from '../resource.ts';
import { type Choice, typeMap } from './schema.ts';
import { invalid, MOST_ISSUES } from './tree.ts';

const QUANTITIES = new Set(['Quantity', 'Age', 'Count', 'Distance', 'Duration']);

/** How many names of a choice are there, and how many of them with a value (not only an extension under `_name`). */
function sent(choice: Choice, object: Record<string, unknown>): { names: number; values: number } {
  let names = 0;
  let values = 0;
  for (const { key, beside } of choice.keys) {
    const value = key in object;
    if (value) values += 1;
    if (value || beside in object) names += 1;
  }
  return { names, values };
}

function choiceIssues(type: string, object: Record<string, unknown>, at: string): Issue[] {
  const issues: Issue[] = [];
  for (const choice of typeMap(type).choices) {
    const { names, values } = sent(choice, object);
    if (names < 2 && (values > 0 || !choice.required)) continue;
    const path = `${at}.${choice.name.slice(0, -3)}`;
    const keys = choice.keys.map(({ key }) => key).join(', ');
    if (names > 1) {
      issues.push(invalid('structure', path, `At most one of ${keys} may be sent. Keep one.`));
    }
    if (choice.required && values === 0) {
      issues.push(invalid('required', path, `${choice.name} is missing. Send one of ${keys}.`));
    }
  }
  return issues;
}

function quantityIssues(object: Record<string, unknown>, at: string): Issue[] {
  if (!('code' in object) || 'system' in object) return [];
  return [
    invalid(
      'invariant',
      `${at}.system`,
      'A code needs the system it is from (qty-3). For UCUM send http://unitsofmeasure.org.',
    ),
  ];
}

function extensionIssues(object: Record<string, unknown>, at: string): Issue[] {
  const values = Object.keys(object).filter((key) => /^_?value[A-Z]/.test(key));
  const distinct = new Set(values.map((key) => key.replace('_', '')));
  const nested = 'extension' in object;
  if (distinct.size + (nested ? 1 : 0) === 1) return [];
  return [invalid('invariant', at, 'An extension has one value[x] or extensions, not both (ext-1).')];
}

function observationIssues(object: Record<string, unknown>, at: string): Issue[] {
  const value = Object.keys(object).some((key) => /^value[A-Z]/.test(key));
  if (!value || !('dataAbsentReason' in object)) return [];
  return [
    invalid(
      'invariant',
      `${at}.dataAbsentReason`,
      'dataAbsentReason is only for an Observation without a value (obs-6). Remove it, or the value.',
    ),
  ];
}

function own(type: string, object: Record<string, unknown>, at: string): Issue[] {
  if (QUANTITIES.has(type)) return quantityIssues(object, at);
  if (type === 'Extension') return extensionIssues(object, at);
  return type === 'Observation' || type === 'Observation@R5' ? observationIssues(object, at) : [];
}

/**
 * The rules between elements that a type table cannot say: choices (one of value[x]), obs-6, qty-3, ext-1 (FHIR R4).
 * `at` is the FHIRPath of the object. Values of an extension are not descended into.
 */
export function ruleIssues(type: string, object: Record<string, unknown>, at: string): Issue[] {
  const issues = choiceIssues(type, object, at);
  issues.push(...own(type, object, at));
  const { children } = typeMap(type);
  for (const key in object) {
    const child = children.get(key);
    if (child === undefined || issues.length >= MOST_ISSUES) continue;
    issues.push(...childIssues(child, object[key], `${at}.${key}`));
  }
  return issues;
}

function childIssues(type: string, value: unknown, at: string): Issue[] {
  if (Array.isArray(value))
    return value.flatMap((each, i) => (isObject(each) ? ruleIssues(type, each, `${at}[${i}]`) : []));
  return isObject(value) ? ruleIssues(type, value, at) : [];
}
