import { countDaysBetween } from '../../trial/calendar-days.ts';
import type { Protocol } from '../../trial/protocol.ts';

/** A visit as SDTM numbers it: planned ones with whole numbers, unscheduled ones between them. */
export interface NumberedVisit {
  /** Digits, such as `2` or `2.01`. */
  readonly number: string;
  readonly name: string;
  /** The protocol's id; null for baseline and unscheduled visits. */
  readonly id: string | null;
  readonly planned: boolean;
}

export interface SubjectVisits {
  /** The visit on a day on which something was found; null where the day is unknown. */
  findOn(day: string | null): NumberedVisit | null;
}

export const BASELINE_VISIT: NumberedVisit = { number: '1', name: 'BASELINE', id: null, planned: true };

/** The protocol's visits with their numbers: baseline is 1, the first visit after it 2. */
export function listPlannedVisits(
  protocol: Protocol,
): readonly (NumberedVisit & { from: number; to: number })[] {
  const { visits, baselineDays } = protocol;
  const after = visits.map(({ id, name, from, to }, i) => {
    return { number: String(i + 2), name: name.toUpperCase(), id, planned: true, from, to };
  });
  return [{ ...BASELINE_VISIT, from: -baselineDays, to: 0 }, ...after];
}

/** How many days the unscheduled visits of one gap are numbered with: two digits, or as many as are needed. */
function numberUnscheduledVisits(
  days: readonly string[],
  before: number,
): readonly (readonly [string, NumberedVisit])[] {
  const width = Math.max(2, String(days.length).length);
  return days.map((day, i) => {
    const number = `${before}.${String(i + 1).padStart(width, '0')}`;
    return [day, { number, name: `UNSCHEDULED ${number}`, id: null, planned: false }];
  });
}

/**
 * Gives every day a visit: the planned one whose window holds it, else an unscheduled one of its own, numbered after the
 * last planned visit that had begun. Before the first infusion is known every day is unscheduled.
 */
export function assignVisits(
  days: readonly string[],
  dayZero: string | null,
  protocol: Protocol,
): SubjectVisits {
  const planned = listPlannedVisits(protocol);
  const known = new Map<string, NumberedVisit>();
  const gaps = new Map<number, string[]>();
  for (const day of [...new Set(days)].sort()) {
    const after = dayZero === null ? Number.NEGATIVE_INFINITY : countDaysBetween(dayZero, day);
    const visit = planned.findLast(({ from, to }) => from <= after && after <= to);
    if (visit) {
      known.set(day, visit);
      continue;
    }
    const before = Number(planned.findLast(({ from }) => from <= after)?.number ?? 0);
    gaps.set(before, [...(gaps.get(before) ?? []), day]);
  }
  for (const [before, list] of gaps)
    for (const [day, visit] of numberUnscheduledVisits(list, before)) known.set(day, visit);
  return { findOn: (day) => (day === null ? null : (known.get(day) ?? null)) };
}
