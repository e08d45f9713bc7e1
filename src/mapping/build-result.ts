import type { Fact } from '../trial/facts.ts';
import type { MappingResult, WorkNeed } from './mapping-result.ts';

/** The facts that something states, with what a person must still decide about it. */
export const toFactsResult = (facts: readonly Fact[], work: readonly WorkNeed[] = []): MappingResult => ({
  facts,
  work,
  ignored: null,
});

/** No fact until a person decides, or something arrives. */
export const toHeldResult = (...work: readonly WorkNeed[]): MappingResult => ({
  facts: [],
  work,
  ignored: null,
});

/** Neither fact nor work, and why. */
export const toIgnoredResult = (reason: string, element: string, detail: string): MappingResult => ({
  facts: [],
  work: [],
  ignored: { reason, element, detail },
});

/**
 * Several rows of one resource as one answer. A statement made twice in it (a component and a contained result) counts
 * once, as it came first; a reason to ignore stands only where no row gave anything.
 */
export function combineResults(all: readonly MappingResult[]): MappingResult {
  const facts = [
    ...new Map(
      all
        .flatMap((m) => m.facts)
        .map((f) => [f.key, f] as const)
        .reverse(),
    ).values(),
  ].reverse();
  const work = all.flatMap((m) => m.work);
  const warnings = all.flatMap((m) => m.warnings ?? []);
  const reason = facts.length + work.length > 0 ? null : all.find((m) => m.ignored !== null)?.ignored;
  return { facts, work, ...(warnings.length > 0 ? { warnings } : {}), ignored: reason ?? null };
}
