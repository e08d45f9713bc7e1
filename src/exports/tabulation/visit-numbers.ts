import { countDaysBetween } from '../../trial/calendar-days.ts';
import type { Protocol } from '../../trial/protocol.ts';

/** A visit as SDTM numbers it: whole numbers for planned visits, decimals between them for unscheduled ones. */
export interface NumberedVisit {
  /** VISITNUM as digits, such as `2` or `2.01`. */
  readonly number: string;
  /** VISIT, in capitals. */
  readonly name: string;
  /** The protocol's id; null for baseline and unscheduled visits. */
  readonly id: string | null;
  readonly kind: 'baseline' | 'protocol' | 'unscheduled';
}

/** A planned visit with its window, in days after the first infusion. */
interface PlannedVisit extends NumberedVisit {
  /** The visit's number as a number: 1 is baseline. */
  readonly order: number;
  readonly from: number;
  readonly to: number;
}

export interface SubjectVisits {
  /** Returns the visit of a day with a finding; null where the day is unknown. */
  findOn(day: string | null): NumberedVisit | null;
}

/** Lists baseline (number 1) and the protocol's visits (from number 2), with their windows. */
export function listPlannedVisits({ visits, baselineDays }: Protocol): readonly PlannedVisit[] {
  const baseline: PlannedVisit = {
    number: '1',
    name: 'BASELINE',
    id: null,
    kind: 'baseline',
    order: 1,
    from: -baselineDays,
    to: 0,
  };
  const afterBaseline = visits.map(({ id, name, from, to }, i): PlannedVisit => {
    const order = i + 2;
    return { number: String(order), name: name.toUpperCase(), id, kind: 'protocol', order, from, to };
  });
  return [baseline, ...afterBaseline];
}

/** Numbers the days after one planned visit, with two decimal places or as many as their count needs. */
function numberUnscheduledVisits(
  days: readonly string[],
  order: number,
): readonly (readonly [string, NumberedVisit])[] {
  const width = Math.max(2, String(days.length).length);
  return days.map((day, i) => {
    const number = `${order}.${String(i + 1).padStart(width, '0')}`;
    return [day, { number, name: `UNSCHEDULED ${number}`, id: null, kind: 'unscheduled' }];
  });
}

/**
 * Assigns a visit to every day: the planned visit whose window contains it, else an unscheduled visit of its own. An
 * unscheduled visit is numbered after the last planned visit whose window had begun, or 0. Before the first infusion is
 * known, every day is unscheduled.
 */
export function assignVisits(
  days: readonly string[],
  dayZero: string | null,
  protocol: Protocol,
): SubjectVisits {
  const planned = listPlannedVisits(protocol);
  const visits = new Map<string, NumberedVisit>();
  const unscheduled = new Map<number, string[]>();
  for (const day of [...new Set(days)].sort()) {
    const offset = dayZero === null ? Number.NEGATIVE_INFINITY : countDaysBetween(dayZero, day);
    const visit = planned.findLast(({ from, to }) => from <= offset && offset <= to);
    if (visit) {
      visits.set(day, visit);
      continue;
    }
    const order = planned.findLast(({ from }) => from <= offset)?.order ?? 0;
    unscheduled.set(order, [...(unscheduled.get(order) ?? []), day]);
  }
  for (const [order, daysAfter] of unscheduled)
    for (const [day, visit] of numberUnscheduledVisits(daysAfter, order)) visits.set(day, visit);
  return { findOn: (day) => (day === null ? null : (visits.get(day) ?? null)) };
}
