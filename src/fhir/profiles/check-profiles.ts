import type { OutcomeIssue } from '../operation-outcome.ts';
import { parseReference, toLocalKey } from '../reference.ts';
import { isObject, type Resource } from '../resource.ts';
import { createInvalidIssue } from '../validate/invalid-issues.ts';
import { type ElementOccurrence, isInSlice, listOccurrences, matchesPattern } from './element-occurrences.ts';
import { compileInvariants, type InvariantChecker } from './invariants.ts';
import type { ProfileElement, ProfileRules } from './profile-rules.ts';

/** Lists the issues of a resource against the inbound profiles; empty for a valid resource. */
export type ProfileChecker = (resource: Resource) => readonly OutcomeIssue[];

interface CheckContext {
  readonly root: Resource;
  readonly valueSets: ProfileRules['codes'];
  readonly invariants: InvariantChecker;
}

/**
 * Creates a checker for the compiled inbound profiles: the rules for every resource of the type, and those of each
 * profile that the resource claims in `meta.profile`. A claim of any other profile is ignored. Contained resources are
 * not checked, since they depend on their container. A resource entered in error is not checked either: it must be
 * retracted even if it is invalid. Issues never show values that were sent.
 */
export function createProfileChecker(rules: ProfileRules): ProfileChecker {
  const invariants = compileInvariants(rules);
  return (resource) => {
    if (isEnteredInError(resource)) return [];
    const context = { root: resource, valueSets: rules.codes, invariants };
    const { resourceType } = resource;
    return selectProfiles(rules, resource).flatMap((profile) =>
      checkOccurrence(context, profile, { path: resourceType, value: resource, type: null }),
    );
  };
}

/** Whether the resource is entered in error: by verificationStatus for a Condition, by status for others (FHIR R4). */
function isEnteredInError({ status, verificationStatus }: Resource): boolean {
  return (
    status === 'entered-in-error' ||
    matchesPattern(verificationStatus, { coding: [{ code: 'entered-in-error' }] })
  );
}

function selectProfiles(rules: ProfileRules, { resourceType, meta }: Resource): readonly ProfileElement[] {
  const claims: readonly unknown[] = isObject(meta) && Array.isArray(meta.profile) ? meta.profile : [];
  const claimed = claims.flatMap((claim) => {
    const profile = readOwnProperty(rules.profiles, String(claim).replace(/\|.*$/, ''));
    return profile?.name === resourceType ? [profile] : [];
  });
  const typeRules = readOwnProperty(rules.types, resourceType);
  return typeRules ? [typeRules, ...claimed] : claimed;
}

/** Reads an own property. The key may be the sender's text, which must not reach inherited properties. */
function readOwnProperty<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

function checkProfileElement(
  context: CheckContext,
  element: ProfileElement,
  parent: ElementOccurrence,
): readonly OutcomeIssue[] {
  if (!isObject(parent.value)) return [];
  const items = listOccurrences(parent.value, element.name, parent.path).filter((item) =>
    isInSlice(item, element.slice),
  );
  return [
    ...checkCardinality(element, parent.path, items.length),
    ...items.flatMap((item) => checkOccurrence(context, element, item)),
  ];
}

function checkCardinality(element: ProfileElement, at: string, count: number): readonly OutcomeIssue[] {
  const path = `${at}.${element.name.replace('[x]', '')}`;
  const slice = element.slice ? ` (${element.slice.name})` : '';
  if (element.min !== undefined && count < element.min) {
    return [
      createInvalidIssue(
        'required',
        path,
        `The profile requires at least ${element.min} of this element${slice}.`,
      ),
    ];
  }
  if (element.max !== undefined && count > element.max) {
    return [
      createInvalidIssue('value', path, `The profile allows at most ${element.max} of this element${slice}.`),
    ];
  }
  return [];
}

function checkOccurrence(
  context: CheckContext,
  element: ProfileElement,
  item: ElementOccurrence,
): readonly OutcomeIssue[] {
  const { types } = element;
  if (types && item.type !== null && !types.includes(item.type)) {
    return [createInvalidIssue('value', item.path, `The profile allows only ${types.join(' or ')} here.`)];
  }
  return [
    ...checkContent(context, element, item),
    ...context.invariants.findBroken(element, item, context.root),
    ...(element.children ?? []).flatMap((child) => checkProfileElement(context, child, item)),
  ];
}

function checkContent(
  { valueSets, root }: CheckContext,
  element: ProfileElement,
  item: ElementOccurrence,
): readonly OutcomeIssue[] {
  const { pattern, targets } = element;
  const issues: OutcomeIssue[] = [];
  if (pattern !== undefined && !matchesPattern(item.value, pattern)) {
    issues.push(
      createInvalidIssue('value', item.path, `The profile requires ${JSON.stringify(pattern)} here.`),
    );
  }
  const valueSet = element.codes === undefined ? undefined : valueSets[element.codes];
  if (valueSet && !isInValueSet(valueSet, item.value)) {
    issues.push(
      createInvalidIssue(
        'code-invalid',
        item.path,
        `Expected a code of ${element.codes}: ${formatCodes(valueSet)}.`,
      ),
    );
  }
  if (targets && !canReferTo(targets, item.value, root)) {
    issues.push(
      createInvalidIssue('value', item.path, `The reference must refer to a ${targets.join(' or ')}.`),
    );
  }
  return issues;
}

/** The codes of a value set, by code system. */
type ValueSetCodes = Readonly<Record<string, readonly string[]>>;

/** Whether a code, or a coding of a CodeableConcept, is in the value set (R4 terminologies, strength required). */
function isInValueSet(valueSet: ValueSetCodes, value: unknown): boolean {
  if (typeof value === 'string') return Object.values(valueSet).some((codes) => codes.includes(value));
  if (!isObject(value)) return false;
  const codings: readonly unknown[] = Array.isArray(value.coding) ? value.coding : [value];
  return codings.some(
    (coding) =>
      isObject(coding) &&
      typeof coding.code === 'string' &&
      readOwnProperty(valueSet, String(coding.system))?.includes(coding.code),
  );
}

const MAX_LISTED_CODES = 12;

function formatCodes(valueSet: ValueSetCodes): string {
  const tokens = Object.entries(valueSet).flatMap(([system, codes]) =>
    codes.map((code) => `${system}|${code}`),
  );
  const listed = tokens.slice(0, MAX_LISTED_CODES).join(', ');
  return tokens.length > MAX_LISTED_CODES ? `${listed}, …` : listed;
}

/** Whether a reference can be to one of the types; false only for a known other type. A URN or bare URL states no type. */
function canReferTo(targets: readonly string[], value: unknown, root: Resource): boolean {
  if (!isObject(value)) return true;
  const type = resolveTargetType(value, root);
  return type === null || targets.includes(type);
}

function resolveTargetType(reference: Record<string, unknown>, root: Resource): string | null {
  if (typeof reference.reference !== 'string') return readStatedType(reference);
  const parsed = parseReference(reference.reference);
  if (parsed?.kind === 'contained') return findContainedType(root, parsed.id);
  const key = parsed && parsed.kind !== 'urn' ? toLocalKey(parsed) : null;
  return key?.split('/')[0] ?? readStatedType(reference);
}

const readStatedType = (reference: Record<string, unknown>): string | null =>
  typeof reference.type === 'string' ? reference.type : null;

function findContainedType(root: Resource, id: string): string | null {
  const contained: readonly unknown[] = Array.isArray(root.contained) ? root.contained : [];
  const target = contained.find((resource) => isObject(resource) && resource.id === id);
  return isObject(target) && typeof target.resourceType === 'string' ? target.resourceType : null;
}
