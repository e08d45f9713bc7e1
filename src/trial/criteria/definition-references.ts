import type { DefinitionProblem } from '../../library/formats/parse-definition.ts';
import type { CriteriaSet, Criterion } from './criteria-set.ts';

type CriteriaSets = ReadonlyMap<string, CriteriaSet>;

interface DefinitionReference {
  readonly set: string | null;
  readonly name: string;
}

/** Lists every reference inside an expression. */
function listReferences(expression: Criterion): readonly DefinitionReference[] {
  if (expression.kind === 'ref') return [expression];
  return 'of' in expression ? expression.of.flatMap(listReferences) : [];
}

/**
 * Resolves a reference: a definition of the same set, or of the set that the reference names. Returns undefined where
 * there is none.
 */
export function resolveDefinition(
  ref: DefinitionReference,
  home: CriteriaSet,
  sets: CriteriaSets,
): { readonly expression: Criterion; readonly home: CriteriaSet } | undefined {
  const definingSet = ref.set === null ? home : sets.get(ref.set);
  const expression = definingSet?.definitions.get(ref.name);
  return definingSet && expression ? { expression, home: definingSet } : undefined;
}

function formatDefinitionKey(ref: DefinitionReference, home: CriteriaSet): string {
  return `${ref.set ?? home.id}#${ref.name}`;
}

/** Lists the definitions that a definition refers to directly, each with its set. */
function listDirectReferences(key: string, sets: CriteriaSets): readonly string[] {
  const [set = '', name = ''] = key.split('#');
  const home = sets.get(set);
  const expression = home?.definitions.get(name);
  return home && expression ? listReferences(expression).map((ref) => formatDefinitionKey(ref, home)) : [];
}

function isCircular(start: string, sets: CriteriaSets): boolean {
  const seen = new Set<string>();
  const queue = [...listDirectReferences(start, sets)];
  for (let key = queue.pop(); key !== undefined; key = queue.pop()) {
    if (key === start) return true;
    if (seen.has(key)) continue;
    seen.add(key);
    queue.push(...listDirectReferences(key, sets));
  }
  return false;
}

/** Checks the references between sets: finds undefined names, and definitions that refer back to themselves. */
export function checkDefinitionReferences(sets: CriteriaSets): readonly DefinitionProblem[] {
  const problems: DefinitionProblem[] = [];
  for (const set of sets.values()) {
    const rulesWithCriterion = set.relapse === null ? set.classes : [...set.classes, set.relapse];
    const criteria = [...set.definitions.values(), ...rulesWithCriterion.map((rule) => rule.when)];
    const unresolved = criteria
      .flatMap(listReferences)
      .filter((ref) => resolveDefinition(ref, set, sets) === undefined);
    for (const ref of unresolved) {
      const message = `${formatDefinitionKey(ref, set)} is not defined`;
      problems.push({ at: set.id, message, fix: 'define it or correct the name' });
    }
    for (const name of set.definitions.keys()) {
      if (!isCircular(`${set.id}#${name}`, sets)) continue;
      problems.push({
        at: set.id,
        message: `${name} is defined by itself`,
        fix: 'remove the circular reference',
      });
    }
  }
  return problems;
}
