import type { OutcomeIssue } from '../operation-outcome.ts';
import { isObject, type Resource } from '../resource.ts';
import { createInvalidIssue } from '../validate/invalid-issues.ts';
import { type ElementOccurrence, isInSlice, listOccurrences, matchesPattern } from './element-occurrences.ts';
import { type InvariantChecker, prepareInvariants } from './invariants.ts';
import { type ProfileElement, type ProfileRules, readOwnProperty } from './profile-rules.ts';
import { canReferTo } from './reference-targets.ts';
import { formatCodes, isInValueSet } from './value-set-codes.ts';

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
  const invariants = prepareInvariants(rules);
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
export function isEnteredInError({ status, verificationStatus }: Resource): boolean {
  return (
    status === 'entered-in-error' ||
    (verificationStatus !== undefined &&
      matchesPattern(verificationStatus, { coding: [{ code: 'entered-in-error' }] }))
  );
}

/** Selects the profiles that a resource is checked against: that of its type, and those that it claims. */
export function selectProfiles(
  rules: ProfileRules,
  { resourceType, meta }: Resource,
): readonly ProfileElement[] {
  const typeRules = readOwnProperty(rules.types, resourceType);
  const profiles = typeRules ? [typeRules] : [];
  const claims: readonly unknown[] = isObject(meta) && Array.isArray(meta.profile) ? meta.profile : [];
  for (const claim of claims) {
    const profile = readOwnProperty(rules.profiles, String(claim).replace(/\|.*$/, ''));
    if (profile?.name === resourceType) profiles.push(profile);
  }
  return profiles;
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
