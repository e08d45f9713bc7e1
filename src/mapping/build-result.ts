import type { Fact } from '../trial/facts.ts';
import type { MappingResult, WorkNeed } from './mapping-result.ts';

/**
 * A value that was read, or the result to return because no usable value was sent: held with its work needs, or ignored
 * with a reason. Test with `'result' in read`.
 */
export type ValueOrResult<T> = { readonly value: T } | { readonly result: MappingResult };

/** Builds the result of a resource that states facts; `work` lists the decisions that are still needed about it. */
export const toFactsResult = (facts: readonly Fact[], work: readonly WorkNeed[] = []): MappingResult => ({
  facts,
  work,
  ignored: null,
});

/** Builds the result of a resource that is held: no fact until a person decides, or a missing resource arrives. */
export const toHeldResult = (...work: readonly WorkNeed[]): MappingResult => ({
  facts: [],
  work,
  ignored: null,
});

/** Builds the outcome of a value that cannot be used: the resource or element to which it belongs is held. */
export const holdValue = (...work: readonly WorkNeed[]): { readonly result: MappingResult } => ({
  result: toHeldResult(...work),
});

/** Builds the result of a resource that is ignored: neither a fact nor a work item, with the reason. */
export const toIgnoredResult = (reason: string, element: string, detail: string): MappingResult => ({
  facts: [],
  work: [],
  ignored: { reason, element, detail },
});

/**
 * Merges the results of several rows of one resource. A fact that is stated twice (by a component and by a contained
 * result) counts once, at its first place. A reason to ignore is kept only if no row has a fact or a work need.
 */
export function combineResults(results: readonly MappingResult[]): MappingResult {
  const factByKey = new Map<string, Fact>();
  for (const fact of results.flatMap((result) => result.facts))
    if (!factByKey.has(fact.key)) factByKey.set(fact.key, fact);
  const facts = [...factByKey.values()];
  const work = results.flatMap((result) => result.work);
  const warnings = results.flatMap((result) => result.warnings ?? []);
  const ignored =
    facts.length + work.length > 0
      ? null
      : (results.find((result) => result.ignored !== null)?.ignored ?? null);
  return { facts, work, ...(warnings.length > 0 ? { warnings } : {}), ignored };
}
