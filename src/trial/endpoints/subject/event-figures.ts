import { addDays } from '../../calendar-days.ts';
import type { AdverseEventFact, Fact } from '../../facts.ts';
import type { Protocol } from '../../protocol.ts';
import { normaliseTerm } from '../adverse-event-table.ts';

/**
 * When an event began: `before` the first infusion (or without one); `emergent`, from that day to the protocol's days after
 * the last infusion; `later`; `undetermined`, where a partial date leaves it open.
 */
export const EVENT_PERIODS = ['before', 'emergent', 'later', 'undetermined'] as const;

export type EventPeriod = (typeof EVENT_PERIODS)[number];

type EventGrade = NonNullable<AdverseEventFact['grade']>;

/** One subject's events of one term in one period. */
export interface TermPeriodEvents {
  /** The term in lower case, without outer blanks: equal for the same term. */
  readonly key: string;
  readonly term: string;
  readonly period: EventPeriod;
  readonly events: number;
  readonly isSerious: boolean;
  /** The worst grade that was sent; null where none was. */
  readonly worst: EventGrade | null;
  /** Whether a relation to a cause is stated as possible or closer; `unknown` where none is, and one is not stated. */
  readonly related: 'related' | 'not-related' | 'unknown';
  /** The worst grade among the related events; null where none was sent, or none is related. */
  readonly worstRelated: EventGrade | null;
}

function classifyRelation({ causality }: AdverseEventFact): TermPeriodEvents['related'] {
  if (causality === undefined || causality === 'unassessable') return 'unknown';
  return causality === 'unlikely' || causality === 'not-related' ? 'not-related' : 'related';
}

/** The days of the treatment-emergent period; null before the first infusion. */
export interface EmergentDays {
  readonly from: string;
  readonly to: string;
}

/** Derives the treatment-emergent days from the days of the infusions, earliest first; null without one. */
export function deriveEmergentDays(
  infusions: readonly { readonly day: string }[],
  protocol: Protocol,
): EmergentDays | null {
  const [first, last] = [infusions[0], infusions.at(-1)];
  if (!first || !last) return null;
  const { untilDaysAfterLastInfusion } = protocol.analysis.treatmentEmergent;
  return { from: first.day, to: addDays(last.day, untilDaysAfterLastInfusion) };
}

/** Places the beginning of an event: in the period that holds all days that its date can mean. */
export function classifyEventPeriod({ at }: Fact, emergent: EmergentDays | null): EventPeriod {
  if (emergent === null || at.latestDay < emergent.from) return 'before';
  if (at.earliestDay > emergent.to) return 'later';
  return at.earliestDay >= emergent.from && at.latestDay <= emergent.to ? 'emergent' : 'undetermined';
}

const findWorst = (grades: readonly (EventGrade | null)[]): EventGrade | null =>
  grades.reduce((worst, grade) => (grade !== null && grade > (worst ?? 0) ? grade : worst), null);

function combineRelations(relations: readonly TermPeriodEvents['related'][]): TermPeriodEvents['related'] {
  if (relations.includes('related')) return 'related';
  return relations.includes('unknown') ? 'unknown' : 'not-related';
}

/** Combines events of one subject to one line. */
function combineEvents(
  events: readonly AdverseEventFact[],
  key: string,
  period: EventPeriod,
): TermPeriodEvents {
  const related = events.filter((event) => classifyRelation(event) === 'related');
  return {
    key,
    term: events[0]?.term.trim() ?? key,
    period,
    events: events.length,
    isSerious: events.some(({ serious }) => serious === true),
    worst: findWorst(events.map(({ grade }) => grade)),
    related: combineRelations(events.map(classifyRelation)),
    worstRelated: findWorst(related.map(({ grade }) => grade)),
  };
}

/** The key under which the events of all terms are combined: no term is empty. */
export const ALL_TERMS = '';

/**
 * Combines a subject's adverse events by term and period, and those of all terms by period under `ALL_TERMS`. Grade,
 * seriousness and relation are taken as sent and never inferred from one another.
 */
export function combineEventsByPeriod(
  facts: readonly Fact[],
  emergent: EmergentDays | null,
): readonly TermPeriodEvents[] {
  const events = facts.filter((fact): fact is AdverseEventFact => fact.kind === 'adverse-event');
  return EVENT_PERIODS.flatMap((period) => {
    const inPeriod = events.filter((event) => classifyEventPeriod(event, emergent) === period);
    if (inPeriod.length === 0) return [];
    const byTerm = Map.groupBy(inPeriod, ({ term }) => normaliseTerm(term));
    return [
      combineEvents(inPeriod, ALL_TERMS, period),
      ...[...byTerm].map(([key, own]) => combineEvents(own, key, period)),
    ];
  });
}
