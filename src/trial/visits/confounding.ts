import { addDays } from '../calendar-days.ts';
import { buildDayIndex, type DayIndex } from '../day-index.ts';
import type { Analyte, Fact, MedicationFact, Moment, TransfusionFact } from '../facts.ts';
import type { Protocol } from '../protocol.ts';
import { rememberByMembers } from '../remember-by-members.ts';

type Confounder = TransfusionFact | MedicationFact;

/** Lists the names in the protocol's washouts that apply to a transfusion or drug. */
function listWashoutNames(fact: Confounder, named: ReadonlySet<string>): readonly string[] {
  if (fact.kind === 'transfusion')
    return fact.component === 'any' ? ['red-cells', 'platelets'] : [fact.component];
  if (named.has(fact.agent)) return [fact.agent];
  return fact.role === 'growth-factor' ? ['other-growth-factor'] : [];
}

/** Derives for how many days the fact confounds the analyte; 0 where it does not. */
function deriveWashoutDays(
  fact: Confounder,
  analyte: Analyte,
  protocol: Protocol,
  named: ReadonlySet<string>,
): number {
  const names = listWashoutNames(fact, named);
  const days = protocol.washouts
    .filter((washout) => names.includes(washout.of) && washout.analytes.includes(analyte))
    .map((washout) => washout.days);
  return Math.max(0, ...days);
}

/**
 * Whether an event of the days before a count can have raised it. For a count taken earlier on the same day, with
 * both times known, it cannot; where a date is partial or a time is missing, it can.
 */
function mayHaveRaised(cause: Moment, count: Moment): boolean {
  return cause.instant === null || count.instant === null || count.instant >= cause.instant;
}

/** A search for the transfusions and drugs that confound a count, by the protocol's washouts. */
export interface ConfounderIndex {
  hasAny(analyte: Analyte, at: Moment): boolean;
  /** The latest first: it matters most to a reader. */
  find(analyte: Analyte, at: Moment): readonly Fact[];
}

/** The causes that share one washout, by day. */
interface WashoutCauses {
  readonly days: number;
  readonly index: DayIndex<Confounder>;
}

/**
 * Prepares the search over one subject's facts: a cause counts from its day until `days` days have passed. A subject
 * without such facts has no confounded count.
 */
export function indexConfounders(facts: readonly Fact[], protocol: Protocol): ConfounderIndex {
  const causes = facts.filter((fact) => fact.kind === 'transfusion' || fact.kind === 'medication');
  return causes.length === 0 ? NO_CONFOUNDERS : indexCauses(causes, protocol);
}

const NO_CONFOUNDERS: ConfounderIndex = { hasAny: () => false, find: () => [] };

const indexCauses = rememberByMembers(
  (causes: readonly Confounder[], protocol: Protocol): ConfounderIndex => {
    const named = new Set(protocol.washouts.map((washout) => washout.of));
    const byAnalyte = new Map<Analyte, readonly WashoutCauses[]>();
    const findCauses = (analyte: Analyte): readonly WashoutCauses[] => {
      const cached = byAnalyte.get(analyte);
      if (cached) return cached;
      const byDays = Map.groupBy(causes, (fact) => deriveWashoutDays(fact, analyte, protocol, named));
      byDays.delete(0);
      const causesByWashout = [...byDays].map(([days, group]) => ({ days, index: buildDayIndex(group) }));
      byAnalyte.set(analyte, causesByWashout);
      return causesByWashout;
    };
    const deriveLookBackStart = (at: Moment, days: number): string => addDays(at.earliestDay, 1 - days);
    return {
      hasAny: (analyte, at) =>
        findCauses(analyte).some(({ days, index }) =>
          index.some(deriveLookBackStart(at, days), at.latestDay, (fact) => mayHaveRaised(fact.at, at)),
        ),
      find: (analyte, at) =>
        findCauses(analyte)
          .flatMap(({ days, index }) => index.findBetween(deriveLookBackStart(at, days), at.latestDay))
          .filter((fact) => mayHaveRaised(fact.at, at))
          .sort((a, b) =>
            a.at.earliestDay === b.at.earliestDay ? 0 : a.at.earliestDay < b.at.earliestDay ? 1 : -1,
          ),
    };
  },
);
