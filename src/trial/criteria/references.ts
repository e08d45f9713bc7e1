import type { Problem } from '../definition.ts';
import type { CriteriaSet, Expression } from './criteria-set.ts';

type Sets = ReadonlyMap<string, CriteriaSet>;

interface Ref {
  readonly set: string | null;
  readonly name: string;
}

/** Every reference inside an expression. */
function refsOf(expression: Expression): readonly Ref[] {
  if (expression.kind === 'ref') return [expression];
  return 'of' in expression ? expression.of.flatMap(refsOf) : [];
}

/**
 * Definition `name` as the set that names it means it: its own, or that of the set in the reference. Undefined where
 * there is none.
 */
export function definitionOf(
  ref: Ref,
  home: CriteriaSet,
  sets: Sets,
): { readonly expression: Expression; readonly home: CriteriaSet } | undefined {
  const from = ref.set === null ? home : sets.get(ref.set);
  const expression = from?.definitions.get(ref.name);
  return from && expression ? { expression, home: from } : undefined;
}

function keyOf(ref: Ref, home: CriteriaSet): string {
  return `${ref.set ?? home.id}#${ref.name}`;
}

/** The names that a definition leads to in one step, each with its set. */
function stepsFrom(key: string, sets: Sets): readonly string[] {
  const [set = '', name = ''] = key.split('#');
  const home = sets.get(set);
  const expression = home?.definitions.get(name);
  return home && expression ? refsOf(expression).map((ref) => keyOf(ref, home)) : [];
}

function leadsBack(start: string, sets: Sets): boolean {
  const seen = new Set<string>();
  const queue = [...stepsFrom(start, sets)];
  for (let key = queue.pop(); key !== undefined; key = queue.pop()) {
    if (key === start) return true;
    if (seen.has(key)) continue;
    seen.add(key);
    queue.push(...stepsFrom(key, sets));
  }
  return false;
}

/** What is wrong between the sets: references that lead nowhere, and definitions that lead back to themselves. */
export function checkReferences(sets: Sets): readonly Problem[] {
  const problems: Problem[] = [];
  for (const set of sets.values()) {
    const asked = set.relapse === null ? set.classes : [...set.classes, set.relapse];
    const rules = [...set.definitions.values(), ...asked.map((rule) => rule.when)];
    const lost = rules.flatMap(refsOf).filter((ref) => definitionOf(ref, set, sets) === undefined);
    for (const ref of lost) {
      const message = `${keyOf(ref, set)} is not defined`;
      problems.push({ at: set.id, message, fix: 'define it or correct the name' });
    }
    for (const name of set.definitions.keys()) {
      if (!leadsBack(`${set.id}#${name}`, sets)) continue;
      problems.push({ at: set.id, message: `${name} is defined by itself`, fix: 'break the circle' });
    }
  }
  return problems;
}
