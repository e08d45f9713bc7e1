import { compile } from 'fhirpath';
import r4 from 'fhirpath/fhir-context/r4';
import type { Issue } from '../outcome.ts';
import type { Resource } from '../resource.ts';
import { invalid } from '../validate/tree.ts';
import type { Item } from './items.ts';
import type { Asked, ProfileRules } from './rules.ts';

interface Invariant {
  readonly key: string;
  readonly human: string;
  readonly holds: (value: unknown, root: Resource) => boolean;
}

export interface CompiledRules {
  /** The invariants of what is asked that the item breaks. */
  broken(asked: Asked, item: Item, root: Resource): readonly Issue[];
}

/** Compiles every invariant once (FHIR R4 ElementDefinition.constraint); throws where one is no FHIRPath. */
export function compileRules(rules: ProfileRules): CompiledRules {
  const known = new Map<Asked, readonly Invariant[]>();
  for (const asked of [...Object.values(rules.types), ...Object.values(rules.profiles)]) {
    collect(asked, asked.name, known);
  }
  return {
    broken(asked, item, root) {
      const invariants = known.get(asked) ?? [];
      return invariants
        .filter(({ holds }) => !holds(item.value, root))
        .map(({ key, human }) => invalid('invariant', item.at, `${human} (${key})`));
    },
  };
}

/** `base` is the element's path as the R4 model knows it: without slice names and `[x]`. */
function collect(asked: Asked, base: string, known: Map<Asked, readonly Invariant[]>): void {
  const { rules = [], children = [] } = asked;
  if (rules.length > 0) {
    known.set(
      asked,
      rules.map(({ key, human, expression }) => ({ key, human, holds: test(base, expression) })),
    );
  }
  for (const child of children) collect(child, `${base}.${child.name.replace('[x]', '')}`, known);
}

/** An invariant holds where it gives true, and nothing else (empty is not true). */
function test(base: string, expression: string): Invariant['holds'] {
  const run = base.includes('.') ? compile({ base, expression }, r4) : compile(expression, r4);
  return (value, root) => {
    const result: unknown = run(value, { resource: root, rootResource: root });
    return Array.isArray(result) && result.length === 1 && result[0] === true;
  };
}
