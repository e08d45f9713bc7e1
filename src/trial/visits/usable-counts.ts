import { resolveDay } from '../calendar-days.ts';
import { rankResult } from '../counts/rank-results.ts';
import type { UsableCount } from '../criteria/situation.ts';
import { deriveValueRange } from '../criteria/value-range.ts';
import type { Fact, LabFact, MeasuredValue } from '../facts.ts';
import type { ConfounderIndex } from './confounding.ts';

/** Whether the laboratory has signed the result: only then can it be used to assess a response. */
function isSignedResult(fact: Fact): fact is LabFact {
  return fact.kind === 'lab' && fact.status !== 'preliminary';
}

/** A result that can represent its day. */
interface CountCandidate {
  readonly fact: LabFact;
  readonly measured: MeasuredValue;
  readonly day: string | null;
  readonly isConfounded: boolean;
}

function toUsableCount(
  { fact, measured, day, isConfounded }: CountCandidate,
  confounders: ConfounderIndex,
): UsableCount {
  return {
    fact,
    measured,
    day: day ?? fact.at.latestDay,
    isDayExact: day !== null,
    range: deriveValueRange(measured, isConfounded),
    reading: isConfounded ? 'upper-limit' : 'as-measured',
    confounders: isConfounded ? confounders.find(fact.analyte, fact.at) : [],
  };
}

/**
 * Whether `a` represents its day rather than `b`: unconfounded before confounded, then automated > manual >
 * unspecified > estimate > derived, then the later time, and last by key, so that equal facts always yield the same
 * result.
 */
function isPreferredCount(a: CountCandidate, b: CountCandidate): boolean {
  const confounded = Number(a.isConfounded) - Number(b.isConfounded);
  if (confounded !== 0) return confounded < 0;
  const rank = rankResult(a.fact) - rankResult(b.fact);
  if (rank !== 0) return rank < 0;
  const time = (a.fact.at.instant ?? 0) - (b.fact.at.instant ?? 0);
  return time === 0 ? a.fact.key > b.fact.key : time > 0;
}

/**
 * Lists the counts that can be used for assessment, earliest day first: signed, with a value, one per analyte and
 * day. A count with a partial date is listed in addition and marked as not exact.
 */
export function listUsableCounts(
  facts: readonly Fact[],
  confounders: ConfounderIndex,
): readonly UsableCount[] {
  const best = new Map<string, CountCandidate>();
  for (const fact of facts) {
    if (!isSignedResult(fact) || fact.measured === null) continue;
    const day = resolveDay(fact.at);
    const isConfounded = confounders.hasAny(fact.analyte, fact.at);
    const candidate = { fact, measured: fact.measured, day, isConfounded };
    const slot = `${fact.analyte}|${day ?? fact.at.text}`;
    const other = best.get(slot);
    if (other === undefined || isPreferredCount(candidate, other)) best.set(slot, candidate);
  }
  return [...best.values()]
    .map((candidate) => toUsableCount(candidate, confounders))
    .sort((a, b) => (a.day === b.day ? 0 : a.day < b.day ? -1 : 1));
}

/** Lists signed results without a value, with the laboratory's reason. */
export function listResultsWithoutValue(facts: readonly Fact[]): readonly LabFact[] {
  return facts.filter(isSignedResult).filter((fact) => fact.measured === null);
}
