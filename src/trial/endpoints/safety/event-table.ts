import type { Protocol } from '../../protocol.ts';
import { selectPopulation } from '../populations/analysis-sets.ts';
import {
  ALL_TERMS,
  EVENT_PERIODS,
  type EventPeriod,
  type TermPeriodEvents,
} from '../subject/event-figures.ts';
import type { SubjectFigures } from '../subject-figures.ts';

/** Subjects by their worst grade. */
export type GradeTally = Readonly<Record<'1' | '2' | '3' | '4' | '5' | 'unknown', number>>;

/** Subjects with an event of one term in one period. */
export interface EventCell {
  readonly counts: {
    readonly subjects: number;
    readonly serious: number;
    /** Possibly or more closely related; and where no sender states a relation. */
    readonly related: number;
    readonly relationUnknown: number;
  };
  readonly byGrade: { readonly counts: GradeTally };
  /** By the worst grade among the events that are related. */
  readonly relatedByGrade: { readonly counts: GradeTally };
  readonly events: { readonly all: number };
}

/** One term; a period without an event of it is absent. */
export interface EventTermRow {
  readonly key: string;
  readonly term: string;
  readonly periods: Readonly<Partial<Record<EventPeriod, EventCell>>>;
}

/** Adverse events by term, grade, relation and time; and deaths. */
export interface EventTable {
  readonly method: string;
  /** Events before the first infusion are of the enrolled, all others of the treated. */
  readonly of: Readonly<Record<'enrolled' | 'treated', { readonly count: number }>>;
  readonly any: Readonly<Record<EventPeriod, EventCell>>;
  readonly terms: readonly EventTermRow[];
  /** Deaths with a day, of the enrolled, by the period of the death. */
  readonly deaths: { readonly counts: Readonly<Record<EventPeriod, number>> };
}

function tabulateGrades(grades: readonly TermPeriodEvents['worst'][]): { readonly counts: GradeTally } {
  const count = (grade: TermPeriodEvents['worst']) => grades.filter((other) => other === grade).length;
  return {
    counts: {
      1: count(1),
      2: count(2),
      3: count(3),
      4: count(4),
      5: count(5),
      unknown: count(null),
    },
  };
}

function buildEventCell(entries: readonly TermPeriodEvents[]): EventCell {
  const related = entries.filter((entry) => entry.related === 'related');
  return {
    counts: {
      subjects: entries.length,
      serious: entries.filter(({ isSerious }) => isSerious).length,
      related: related.length,
      relationUnknown: entries.filter((entry) => entry.related === 'unknown').length,
    },
    byGrade: tabulateGrades(entries.map(({ worst }) => worst)),
    relatedByGrade: tabulateGrades(related.map(({ worstRelated }) => worstRelated)),
    events: { all: entries.reduce((sum, { events }) => sum + events, 0) },
  };
}

function buildTermRow(key: string, entries: readonly TermPeriodEvents[]): EventTermRow {
  const periods = EVENT_PERIODS.flatMap((period) => {
    const own = entries.filter((entry) => entry.period === period);
    return own.length === 0 ? [] : [[period, buildEventCell(own)] as const];
  });
  return { key, term: entries[0]?.term ?? key, periods: Object.fromEntries(periods) };
}

const countTermSubjects = ({ periods }: EventTermRow): number =>
  Object.values(periods).reduce((sum, { counts }) => sum + counts.subjects, 0);

/**
 * Builds the adverse events by term and period, with subjects by worst grade, by relation, and both; the most frequent term
 * first. Terms are the same where they differ in case and blanks only. Deaths are listed by their day.
 */
export function buildEventTable(subjects: readonly SubjectFigures[], protocol: Protocol): EventTable {
  const { untilDaysAfterLastInfusion } = protocol.analysis.treatmentEmergent;
  const entries = subjects.flatMap(({ eventsByPeriod }) => eventsByPeriod);
  const all = entries.filter(({ key }) => key === ALL_TERMS);
  const byTerm = Map.groupBy(
    entries.filter(({ key }) => key !== ALL_TERMS),
    ({ key }) => key,
  );
  const terms = [...byTerm].map(([key, own]) => buildTermRow(key, own));
  const any = EVENT_PERIODS.map((period) => [
    period,
    buildEventCell(all.filter((entry) => entry.period === period)),
  ]);
  const deaths = EVENT_PERIODS.map((period) => [
    period,
    subjects.filter(({ deathPeriod }) => deathPeriod === period).length,
  ]);
  return {
    method: `before: before the first infusion, of the enrolled; emergent: from it to ${untilDaysAfterLastInfusion} days after the last infusion, of the treated; later: after that, of the treated; undetermined: a partial date leaves it open. Each subject once, with the worst grade`,
    of: {
      enrolled: { count: subjects.length },
      treated: { count: selectPopulation(subjects, 'treated').length },
    },
    any: Object.fromEntries(any) as EventTable['any'],
    terms: terms.sort((a, b) => countTermSubjects(b) - countTermSubjects(a) || (a.key < b.key ? -1 : 1)),
    deaths: { counts: Object.fromEntries(deaths) as EventTable['deaths']['counts'] },
  };
}
