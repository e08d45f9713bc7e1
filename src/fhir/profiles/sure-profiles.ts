import { isObject, type Resource } from '../resource.ts';
import { isEnteredInError, selectProfiles } from './check-profiles.ts';
import { matchesPattern } from './element-occurrences.ts';
import type { ProfileElement, ProfileRules } from './profile-rules.ts';
import { canReferTo } from './reference-targets.ts';
import { compileSureInvariant } from './sure-invariants.ts';
import { isInValueSet } from './value-set-codes.ts';

type SureRule = (value: unknown, root: Resource) => boolean;

const isNeverSure: SureRule = () => false;

/**
 * Creates a test of whether a resource surely meets the inbound profiles, so that the checker of profiles has no issue
 * with it. False also where only that can tell: it evaluates FHIRPath, and knows slices and choices.
 */
export function createSureProfileTest(rules: ProfileRules): (resource: Resource) => boolean {
  const compiled = new Map<ProfileElement, SureRule>();
  const isSure = (profile: ProfileElement, resource: Resource): boolean => {
    const test = compiled.get(profile) ?? compileOccurrence(profile, rules.codes);
    compiled.set(profile, test);
    return test(resource, resource);
  };
  return (resource) =>
    isEnteredInError(resource) ||
    selectProfiles(rules, resource).every((profile) => isSure(profile, resource));
}

/** Compiles the rules for one occurrence of an element. */
function compileOccurrence(element: ProfileElement, valueSets: ProfileRules['codes']): SureRule {
  const { pattern, targets, rules = [], children = [] } = element;
  const valueSet = element.codes === undefined ? undefined : valueSets[element.codes];
  const tests: SureRule[] = rules.map(({ expression }) => compileSureInvariant(expression));
  if (pattern !== undefined) tests.push((value) => matchesPattern(value, pattern));
  if (valueSet) tests.push((value) => isInValueSet(valueSet, value));
  if (targets) tests.push((value, root) => canReferTo(targets, value, root));
  for (const child of children) tests.push(compileElement(child, valueSets));
  return (value, root) => {
    for (const isMet of tests) if (!isMet(value, root)) return false;
    return true;
  };
}

/** Compiles the rules for an element of an object: how often it occurs, and those for each occurrence. */
function compileElement(element: ProfileElement, valueSets: ProfileRules['codes']): SureRule {
  const { name, slice, min = 0, max = Number.POSITIVE_INFINITY } = element;
  if (slice || name.endsWith('[x]')) return isNeverSure;
  const isSure = compileOccurrence(element, valueSets);
  return (owner, root) => {
    const value = isObject(owner) ? owner[name] : undefined;
    if (value === undefined) return isObject(owner) && min === 0;
    if (!Array.isArray(value)) return min <= 1 && max >= 1 && isSure(value, root);
    return value.length >= min && value.length <= max && value.every((item) => isSure(item, root));
  };
}
