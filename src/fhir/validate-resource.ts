import type { z } from 'zod';
import { type FhirVersion, R5_TYPES } from './fhir-version.ts';
import type { OutcomeIssue } from './operation-outcome.ts';
import { isObject, type Resource } from './resource.ts';
import { RESOURCE_TYPES } from './resource-types.ts';
import { checkElementRules } from './validate/element-rules.ts';
import { checkJsonForm, createInvalidIssue, MAX_ISSUES, maskUnknownName } from './validate/json-form.ts';
import {
  FULLY_CHECKED_TYPES,
  getAnyResourceSchema,
  getTypeSchema,
  toR5ShapeName,
} from './validate/type-schemas.ts';

const CHECKED_TYPE_SET = new Set(FULLY_CHECKED_TYPES);

/**
 * Whether the tree is a FHIR resource of the version, R4 where none is said. Of the types that can become facts every element is checked: its name, how
 * often it stands, its type, required code lists, and the rules between elements. Of any other type: its name, what
 * every resource has, and the JSON form. At most 20 issues; they name elements and what was expected, never a value.
 * The order of elements and the digits of numbers stay as they are. Source: FHIR R4 (4.0.1) json, datatypes.
 */
export function validateResource(
  tree: unknown,
  version: FhirVersion = '4.0',
): { resource: Resource } | { issues: readonly OutcomeIssue[] } {
  if (!isFhirResource(tree)) return { issues: [createNoResourceIssue(tree)] };
  const issues = [...checkJsonForm(tree), ...checkResourceContent(tree, tree.resourceType, false, version)];
  return issues.length === 0
    ? { resource: tree }
    : { issues: keepFirstIssuePerElement(issues).slice(0, MAX_ISSUES) };
}

/** Whether the value is an object that names a resource type of FHIR R4; nothing else of it is checked. */
export function isFhirResource(tree: unknown): tree is Resource {
  if (!isObject(tree)) return false;
  const type = tree.resourceType;
  return typeof type === 'string' && RESOURCE_TYPES.has(type);
}

function createNoResourceIssue(tree: unknown): OutcomeIssue {
  return isObject(tree)
    ? createInvalidIssue('structure', 'resourceType', 'resourceType must name a resource type of FHIR R4.')
    : {
        severity: 'error',
        code: 'structure',
        detail: 'fhir-invalid',
        diagnostics: 'Expected one JSON object with a resourceType. Send one FHIR resource.',
      };
}

/** The name of the shape that is checked; null where only what every resource has is. */
function selectShapeName(type: string, version: FhirVersion): string | null {
  if (version === '5.0') return R5_TYPES.includes(type) ? toR5ShapeName(type) : null;
  return CHECKED_TYPE_SET.has(type) ? type : null;
}

function checkResourceContent(
  resource: Record<string, unknown>,
  at: string,
  inside: boolean,
  version: FhirVersion,
): OutcomeIssue[] {
  const type = selectShapeName(String(resource.resourceType), version);
  const result = (type === null ? getAnyResourceSchema() : getTypeSchema(type)).safeParse(resource);
  const issues = result.success
    ? []
    : result.error.issues.flatMap((issue) => toOutcomeIssues(resource, at, issue));
  const rules = type === null ? [] : checkElementRules(type, resource, at);
  return [...issues, ...rules, ...checkContained(resource, at, inside, version)];
}

function checkContained(
  resource: Record<string, unknown>,
  at: string,
  inside: boolean,
  version: FhirVersion,
): OutcomeIssue[] {
  const contained = resource.contained;
  if (!Array.isArray(contained)) return [];
  if (inside) {
    return [
      createInvalidIssue(
        'invariant',
        `${at}.contained`,
        'A contained resource may not contain another (dom-2).',
      ),
    ];
  }
  return contained.flatMap((each: unknown, index) => {
    const path = `${at}.contained[${index}]`;
    if (!isFhirResource(each)) return [{ ...createNoResourceIssue(each), expression: path }];
    return checkResourceContent(each, path, true, version);
  });
}

function formatElementPath(at: string, path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, part) =>
      typeof part === 'number' ? `${text}[${part}]` : `${text}.${maskUnknownName(String(part))}`,
    at,
  );
}

function isMissing(resource: unknown, path: readonly PropertyKey[]): boolean {
  const holder = path.slice(0, -1).reduce<unknown>((value, part) => {
    if (Array.isArray(value)) return value[Number(part)];
    return isObject(value) ? value[String(part)] : undefined;
  }, resource);
  const last = path.at(-1);
  return isObject(holder) && last !== undefined && !(String(last) in holder);
}

/** A finding of zod in FHIR's words. A null or an empty list is already named by treeIssues. */
function toOutcomeIssues(resource: unknown, at: string, issue: z.core.$ZodIssue): OutcomeIssue[] {
  const path = formatElementPath(at, issue.path);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) =>
      createInvalidIssue(
        'structure',
        `${path}.${maskUnknownName(key)}`,
        'FHIR has no such element here. Remove it or use an extension.',
      ),
    );
  }
  if (isMissing(resource, issue.path)) {
    return [
      createInvalidIssue('required', path, `The element is missing: ${formatExpectation(issue.message)}`),
    ];
  }
  return [createInvalidIssue('value', path, `Wrong value: ${formatExpectation(issue.message)}`)];
}

/** Our own schemas say what they expect; zod's words for the rest carry no value, but also no help. */
function formatExpectation(message: string): string {
  return message.startsWith('expected') ? `${message}.` : 'expected what FHIR R4 defines for this element.';
}

/** The first finding at each place: one fault is told once. */
export function keepFirstIssuePerElement(issues: readonly OutcomeIssue[]): OutcomeIssue[] {
  const seen = new Set<string>();
  return issues.filter((issue) => {
    const place = issue.expression ?? '';
    const first = !seen.has(place);
    seen.add(place);
    return first;
  });
}
