import { compile } from 'fhirpath';
import r4 from 'fhirpath/fhir-context/r4';
import type { OutcomeIssue } from '../operation-outcome.ts';
import type { Resource } from '../resource.ts';
import { createInvalidIssue } from '../validate/invalid-issues.ts';
import type { ElementOccurrence } from './element-occurrences.ts';
import type { ProfileElement, ProfileRules } from './profile-rules.ts';

interface Invariant {
  readonly key: string;
  readonly human: string;
  readonly isMet: (value: unknown, root: Resource) => boolean;
}

export interface InvariantChecker {
  /** Finds the invariants of the element that the occurrence does not meet. */
  findBroken(element: ProfileElement, occurrence: ElementOccurrence, root: Resource): readonly OutcomeIssue[];
}

/**
 * Prepares every invariant (FHIR R4 ElementDefinition.constraint). Each is compiled when it is first asked for, since most
 * resources never need the engine (sure-profiles.ts); it throws then where its expression is not FHIRPath.
 */
export function prepareInvariants(rules: ProfileRules): InvariantChecker {
  const invariantsByElement = new Map<ProfileElement, readonly Invariant[]>();
  for (const element of [...Object.values(rules.types), ...Object.values(rules.profiles)]) {
    collectInvariants(element, element.name, invariantsByElement);
  }
  return {
    findBroken(element, occurrence, root) {
      const invariants = invariantsByElement.get(element) ?? [];
      return invariants
        .filter(({ isMet }) => !isMet(occurrence.value, root))
        .map(({ key, human }) => createInvalidIssue('invariant', occurrence.path, `${human} (${key})`));
    },
  };
}

/** Collects the invariants of an element and its children. `base` is its path in the R4 model: without slices and `[x]`. */
function collectInvariants(
  element: ProfileElement,
  base: string,
  invariantsByElement: Map<ProfileElement, readonly Invariant[]>,
): void {
  const { rules = [], children = [] } = element;
  if (rules.length > 0) {
    invariantsByElement.set(
      element,
      rules.map(({ key, human, expression }) => ({ key, human, isMet: deferInvariant(base, expression) })),
    );
  }
  for (const child of children) {
    collectInvariants(child, `${base}.${child.name.replace('[x]', '')}`, invariantsByElement);
  }
}

function deferInvariant(base: string, expression: string): Invariant['isMet'] {
  let isMet: Invariant['isMet'] | null = null;
  return (value, root) => {
    isMet ??= compileInvariant(base, expression);
    return isMet(value, root);
  };
}

/** Compiles an invariant. It is met if its result is exactly true; an empty result is not true. */
function compileInvariant(base: string, expression: string): Invariant['isMet'] {
  const evaluate = base.includes('.') ? compile({ base, expression }, r4) : compile(expression, r4);
  return (value, root) => {
    const result: unknown = evaluate(value, { resource: root, rootResource: root });
    return Array.isArray(result) && result.length === 1 && result[0] === true;
  };
}
