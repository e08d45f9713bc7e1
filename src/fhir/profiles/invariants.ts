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
  readonly holds: (value: unknown, root: Resource) => boolean;
}

export interface InvariantChecker {
  /** The invariants of what is asked that the item breaks. */
  findBroken(asked: ProfileElement, item: ElementOccurrence, root: Resource): readonly OutcomeIssue[];
}

/** Compiles every invariant once (FHIR R4 ElementDefinition.constraint); throws where one is no FHIRPath. */
export function compileInvariants(rules: ProfileRules): InvariantChecker {
  const known = new Map<ProfileElement, readonly Invariant[]>();
  for (const asked of [...Object.values(rules.types), ...Object.values(rules.profiles)]) {
    collectInvariants(asked, asked.name, known);
  }
  return {
    findBroken(asked, item, root) {
      const invariants = known.get(asked) ?? [];
      return invariants
        .filter(({ holds }) => !holds(item.value, root))
        .map(({ key, human }) => createInvalidIssue('invariant', item.path, `${human} (${key})`));
    },
  };
}

/** `base` is the element's path as the R4 model knows it: without slice names and `[x]`. */
function collectInvariants(
  asked: ProfileElement,
  base: string,
  known: Map<ProfileElement, readonly Invariant[]>,
): void {
  const { rules = [], children = [] } = asked;
  if (rules.length > 0) {
    known.set(
      asked,
      rules.map(({ key, human, expression }) => ({ key, human, holds: compileInvariant(base, expression) })),
    );
  }
  for (const child of children) collectInvariants(child, `${base}.${child.name.replace('[x]', '')}`, known);
}

/** An invariant holds where it gives true, and nothing else (empty is not true). */
function compileInvariant(base: string, expression: string): Invariant['holds'] {
  const run = base.includes('.') ? compile({ base, expression }, r4) : compile(expression, r4);
  return (value, root) => {
    const result: unknown = run(value, { resource: root, rootResource: root });
    return Array.isArray(result) && result.length === 1 && result[0] === true;
  };
}
