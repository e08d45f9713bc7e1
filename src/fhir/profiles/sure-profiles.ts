import { isObject, type Resource } from '../resource.ts';
import { isEnteredInError, selectProfiles } from './check-profiles.ts';
import type { ProfileElement, ProfileRules } from './profile-rules.ts';
import { canReferTo } from './reference-targets.ts';
import { compileSureInvariant } from './sure-invariants.ts';
import { isInValueSet } from './value-set-codes.ts';

type SureRule = (value: unknown, root: Resource) => boolean;

const isNeverSure: SureRule = () => false;

/**
 * Creates a test of whether a resource surely meets the inbound profiles, so that the checker of profiles has no issue
 * with it. False also where only that can tell: it evaluates FHIRPath, counts, and knows patterns, slices and choices.
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

/** Compiles the rules for one occurrence of an element: what it contains, and its children. */
function compileOccurrence(element: ProfileElement, valueSets: ProfileRules['codes']): SureRule {
  const { pattern, targets, rules = [], children = [] } = element;
  if (pattern !== undefined) return isNeverSure;
  const valueSet = element.codes === undefined ? undefined : valueSets[element.codes];
  const tests: SureRule[] = rules.map(({ expression }) => compileSureInvariant(expression));
  if (valueSet) tests.push((value) => isInValueSet(valueSet, value));
  if (targets) tests.push((value, root) => canReferTo(targets, value, root));
  for (const child of children) tests.push(compileElement(child, valueSets));
  return (value, root) => {
    for (const isMet of tests) if (!isMet(value, root)) return false;
    return true;
  };
}

/**
 * Compiles the rules for each occurrence of an element of an object; those of a slice are asked of all. How many there are is
 * left to the checker.
 */
function compileElement(element: ProfileElement, valueSets: ProfileRules['codes']): SureRule {
  const { name, min, max } = element;
  if (min !== undefined || max !== undefined || name.endsWith('[x]')) return isNeverSure;
  const isSure = compileOccurrence(element, valueSets);
  return (owner, root) => {
    const value = isObject(owner) ? owner[name] : undefined;
    if (value === undefined) return true;
    return Array.isArray(value) ? value.every((item) => isSure(item, root)) : isSure(value, root);
  };
}
