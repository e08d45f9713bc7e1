import { rankOf } from '../counts/rank.ts';
import type { Count } from '../criteria/picture.ts';
import { rangeOf } from '../criteria/range.ts';
import { dayOf } from '../days.ts';
import type { Fact, LabFact, Measured } from '../facts.ts';
import type { Confounders } from './confounding.ts';

/** Only results that the laboratory has signed may judge a response. */
function isSigned(fact: Fact): fact is LabFact {
  return fact.kind === 'lab' && fact.status !== 'preliminary';
}

/** A result that may stand for its day. */
interface Candidate {
  readonly fact: LabFact;
  readonly measured: Measured;
  readonly day: string | null;
  readonly confounded: boolean;
}

function countOf({ fact, measured, day, confounded }: Candidate, confounders: Confounders): Count {
  return {
    fact,
    measured,
    day: day ?? fact.at.latestDay,
    exact: day !== null,
    range: rangeOf(measured, confounded),
    reading: confounded ? 'upper-limit' : 'as-measured',
    confounders: confounded ? confounders.of(fact.analyte, fact.at) : [],
  };
}

/**
 * Whether `a` stands for its day rather than `b`: unconfounded before confounded, then automated > manual > unspecified
 * > estimate > derived, then the later time; at last the key, so that equal facts always give the same answer.
 */
function isBetter(a: Candidate, b: Candidate): boolean {
  const clean = Number(a.confounded) - Number(b.confounded);
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
export function countsOf(facts: readonly Fact[], confounders: Confounders): readonly Count[] {
  const best = new Map<string, Candidate>();
  for (const fact of facts) {
    if (!isSigned(fact) || fact.measured === null) continue;
    const day = dayOf(fact.at);
    const confounded = confounders.isAny(fact.analyte, fact.at);
    const candidate = { fact, measured: fact.measured, day, confounded };
    const slot = `${fact.analyte}|${day ?? fact.at.text}`;
    const other = best.get(slot);
    if (other === undefined || isBetter(candidate, other)) best.set(slot, candidate);
  }
  return [...best.values()]
    .map((candidate) => countOf(candidate, confounders))
    .sort((a, b) => (a.day === b.day ? 0 : a.day < b.day ? -1 : 1));
}

/** Signed results that came without a value, with the laboratory's reason. */
export function resultsWithoutValue(facts: readonly Fact[]): readonly LabFact[] {
  return facts.filter(isSigned).filter((fact) => fact.measured === null);
}
