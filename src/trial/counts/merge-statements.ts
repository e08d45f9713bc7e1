import type { Fact, Source } from '../facts.ts';
import { formatSourceKey } from '../source-key.ts';
import { compareByRank } from './rank-results.ts';

function isRanked(fact: Fact): fact is Extract<Fact, { kind: 'lab' | 'differential' }> {
  return fact.kind === 'lab' || fact.kind === 'differential';
}

/** Chooses the statement whose content is used: of results the one of higher rank, otherwise the first. */
function chooseStatement(a: Fact, b: Fact): Fact {
  return isRanked(a) && isRanked(b) && compareByRank(b, a) < 0 ? b : a;
}

/**
 * Merges sources without repetition, those of the first list first: two statements of one resource element are one
 * source.
 */
export function mergeSources(
  first: readonly [Source, ...Source[]],
  ...more: readonly (readonly Source[])[]
): readonly [Source, ...Source[]] {
  const seen = new Set(first.map(formatSourceKey));
  const further = more.flat().filter((source) => {
    const isNew = !seen.has(formatSourceKey(source));
    seen.add(formatSourceKey(source));
    return isNew;
  });
  return [...first, ...further];
}

/**
 * Merges statements with equal keys into one fact (contract section 2, idempotency): content and first source are
 * those of the statement with the highest rank, and the sources of all others follow. Order is that of the first
 * statements.
 */
export function mergeStatements(statements: readonly Fact[]): readonly Fact[] {
  const byKey = new Map<string, Fact>();
  for (const statement of statements) {
    const known = byKey.get(statement.key);
    if (!known) byKey.set(statement.key, statement);
    else {
      const chosen = chooseStatement(known, statement);
      const other = chosen === known ? statement : known;
      byKey.set(statement.key, { ...chosen, sources: mergeSources(chosen.sources, other.sources) });
    }
  }
  return [...byKey.values()];
}
