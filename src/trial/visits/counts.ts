import { rankOf } from '../counts/rank.ts';
import type { Count } from '../criteria/picture.ts';
import { rangeOf } from '../criteria/range.ts';
import { dayOf } from '../days.ts';
import type { Fact, LabFact } from '../facts.ts';
import type { FindConfounders } from './confounding.ts';

/** Only results that the laboratory has signed may judge a response. */
function isSigned(fact: Fact): fact is LabFact {
  return fact.kind === 'lab' && fact.status !== 'preliminary';
}

function countOf(fact: LabFact, confounders: readonly Fact[]): Count | null {
  if (fact.measured === null) return null;
  const day = dayOf(fact.at);
  return {
    fact,
    measured: fact.measured,
    day: day ?? fact.at.latestDay,
    exact: day !== null,
    range: rangeOf(fact.measured, confounders.length > 0),
    reading: confounders.length > 0 ? 'upper-limit' : 'as-measured',
    confounders,
  };
}

/**
 * Whether `a` stands for its day rather than `b`: unconfounded before confounded, then automated > manual > unspecified
 * > estimate > derived, then the later time; at last the key, so that equal facts always give the same answer.
 */
function isBetter(a: Count, b: Count): boolean {
  const clean = Number(a.confounders.length > 0) - Number(b.confounders.length > 0);
  if (clean !== 0) return clean < 0;
  const rank = rankOf(a.fact) - rankOf(b.fact);
  if (rank !== 0) return rank < 0;
  const time = (a.fact.at.instant ?? 0) - (b.fact.at.instant ?? 0);
  return time === 0 ? a.fact.key > b.fact.key : time > 0;
}

/**
 * The counts that may be used to judge, earliest day first: signed, with a value, one for each analyte and day. A count
 * with a partial date stands beside the others and is marked as not exact.
 */
export function countsOf(facts: readonly Fact[], findConfounders: FindConfounders): readonly Count[] {
  const best = new Map<string, Count>();
  for (const fact of facts) {
    if (!isSigned(fact)) continue;
    const count = countOf(fact, findConfounders(fact.analyte, fact.at));
    if (count === null) continue;
    const slot = `${fact.analyte}|${count.exact ? count.day : fact.at.text}`;
    const other = best.get(slot);
    if (other === undefined || isBetter(count, other)) best.set(slot, count);
  }
  return [...best.values()].sort((a, b) => (a.day === b.day ? 0 : a.day < b.day ? -1 : 1));
}

/** Signed results that came without a value, with the laboratory's reason. */
export function resultsWithoutValue(facts: readonly Fact[]): readonly LabFact[] {
  return facts.filter(isSigned).filter((fact) => fact.measured === null);
}
