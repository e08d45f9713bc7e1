import { addDays } from '../days.ts';
import type { Analyte, Fact, MedicationFact, Moment, TransfusionFact } from '../facts.ts';
import type { Protocol } from '../protocol.ts';

type Confounder = TransfusionFact | MedicationFact;

/** The names in the protocol's washouts that a transfusion or drug answers to. */
function washoutNames(fact: Confounder, named: ReadonlySet<string>): readonly string[] {
  if (fact.kind === 'transfusion')
    return fact.component === 'any' ? ['red-cells', 'platelets'] : [fact.component];
  if (named.has(fact.agent)) return [fact.agent];
  return fact.role === 'growth-factor' ? ['other-growth-factor'] : [];
}

/** Days for which the fact confounds the analyte; 0 where it does not. */
function washoutDays(
  fact: Confounder,
  analyte: Analyte,
  protocol: Protocol,
  named: ReadonlySet<string>,
): number {
  const names = washoutNames(fact, named);
  const days = protocol.washouts
    .filter((washout) => names.includes(washout.of) && washout.analytes.includes(analyte))
    .map((washout) => washout.days);
  return Math.max(0, ...days);
}

/**
 * Whether a count can have been raised by something that happened less than `days` days before it (`first` is the day
 * after that). A count taken earlier on the same day, with both times known, cannot; where a date is partial or a time
 * is missing, it can.
 */
function reaches(cause: Moment, count: Moment, first: string): boolean {
  if (cause.latestDay < first || cause.earliestDay > count.latestDay) return false;
  return cause.instant === null || count.instant === null || count.instant >= cause.instant;
}

/** Finds the transfusions and drugs that confound a count, by the protocol's washouts. */
export type FindConfounders = (analyte: Analyte, at: Moment) => readonly Fact[];

/** Prepares the search over one subject's facts. A subject without such facts has no confounded count. */
export function confoundersIn(facts: readonly Fact[], protocol: Protocol): FindConfounders {
  const named = new Set(protocol.washouts.map((washout) => washout.of));
  const causes = facts.filter((fact) => fact.kind === 'transfusion' || fact.kind === 'medication');
  const byAnalyte = new Map<Analyte, ReadonlyMap<number, readonly Confounder[]>>();
  const causesFor = (analyte: Analyte): ReadonlyMap<number, readonly Confounder[]> => {
    const known = byAnalyte.get(analyte);
    if (known) return known;
    const byDays = Map.groupBy(causes, (fact) => washoutDays(fact, analyte, protocol, named));
    byDays.delete(0);
    byAnalyte.set(analyte, byDays);
    return byDays;
  };
  return (analyte, at) =>
    [...causesFor(analyte)].flatMap(([days, facts]) => {
      const first = addDays(at.earliestDay, 1 - days);
      return facts.filter((fact) => reaches(fact.at, at, first));
    });
}
