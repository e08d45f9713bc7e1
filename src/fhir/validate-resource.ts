import type { z } from 'zod';
import type { FhirVersion } from './fhir-version.ts';
import type { OutcomeIssue } from './operation-outcome.ts';
import { isObject, type Resource } from './resource.ts';
import { RESOURCE_TYPES } from './resource-types.ts';
import { checkElementRules } from './validate/element-rules.ts';
import { createInvalidIssue, selectReportedIssues } from './validate/invalid-issues.ts';
import { checkJsonForm, maskUnknownName } from './validate/json-form.ts';
import { ANY_RESOURCE_SCHEMA, getTypeSchema } from './validate/type-schemas.ts';
import { findResourceShape } from './validate/type-shapes.ts';

/**
 * Checks that the tree is a FHIR resource of the version. For the types that can become facts, every element is
 * checked: its name, how often it occurs, its type, required code lists, and the rules between elements. For any other
 * type: its name, the elements that every resource has, and the JSON form. Returns the same tree, in which the order of
 * elements and the digits of numbers are those that were sent, or at most 20 issues. An issue names the element and
 * the expected form, never a value. Source: FHIR R4 (4.0.1) and R5 (5.0.0), json and datatypes.
 */
export function validateResource(
  tree: unknown,
  version: FhirVersion = '4.0',
): { resource: Resource } | { issues: readonly OutcomeIssue[] } {
  if (!isFhirResource(tree)) return { issues: [createNoResourceIssue(tree)] };
  const issues = [...checkJsonForm(tree), ...checkResourceContent(tree, tree.resourceType, version, false)];
  return issues.length === 0 ? { resource: tree } : { issues: selectReportedIssues(issues) };
}

/** Whether the value is an object that names a resource type of FHIR R4. Nothing else is checked. */
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

/** The message of zod issues for which our schemas define none: zod's own could show values that were sent. */
const FALLBACK_MESSAGE = { error: () => 'expected a value that FHIR defines for this element' };

function checkResourceContent(
  resource: Record<string, unknown>,
  at: string,
  version: FhirVersion,
  isContained: boolean,
): OutcomeIssue[] {
  const shape = findResourceShape(String(resource.resourceType), version);
  const schema = shape ? getTypeSchema(shape) : ANY_RESOURCE_SCHEMA;
  const { error } = schema.safeParse(resource, FALLBACK_MESSAGE);
  return [
    ...(error?.issues ?? []).flatMap((issue) => toOutcomeIssues(resource, at, issue)),
    ...(shape ? checkElementRules(shape, resource, at) : []),
    ...checkContained(resource, at, version, isContained),
  ];
}

function checkContained(
  resource: Record<string, unknown>,
  at: string,
  version: FhirVersion,
  isContained: boolean,
): OutcomeIssue[] {
  const { contained } = resource;
  if (!Array.isArray(contained)) return [];
  if (isContained) {
    return [
      createInvalidIssue(
        'invariant',
        `${at}.contained`,
        'A contained resource may not contain another (dom-2).',
      ),
    ];
  }
  return contained.flatMap((inner: unknown, index) => {
    const path = `${at}.contained[${index}]`;
    if (!isFhirResource(inner)) return [{ ...createNoResourceIssue(inner), expression: path }];
    return checkResourceContent(inner, path, version, true);
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
  const parent = path.slice(0, -1).reduce<unknown>((value, part) => {
    if (Array.isArray(value)) return value[Number(part)];
    return isObject(value) ? value[String(part)] : undefined;
  }, resource);
  const name = path.at(-1);
  return isObject(parent) && name !== undefined && !(String(name) in parent);
}

/** Converts an issue of zod. A null or an empty list also has an issue of the JSON form, which is reported instead. */
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
  return isMissing(resource, issue.path)
    ? [createInvalidIssue('required', path, `The element is missing: ${issue.message}.`)]
    : [createInvalidIssue('value', path, `Wrong value: ${issue.message}.`)];
}
