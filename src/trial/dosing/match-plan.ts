import { countDaysBetween } from '../calendar-days.ts';
import type { Dosing } from '../protocol.ts';
import type { GivenInfusion } from './given-infusions.ts';

/** A given infusion with its number in the plan, and the day (after day 0) it was due; null for an unplanned day. */
export interface NumberedInfusion {
  readonly given: GivenInfusion;
  readonly number: number;
  readonly dueDay: number | null;
  /** Given outside the tolerance around its due day. */
  readonly isDisplaced: boolean;
}

/** Planned infusions that were given, and the numbers (1-based) of those that were not. */
export interface PlanMatch {
  readonly numbered: readonly NumberedInfusion[];
  readonly notGiven: readonly number[];
}

type FilledSlots = Map<number, PlacedInfusion>;

/** An infusion with its day after day 0. */
interface PlacedInfusion {
  readonly given: GivenInfusion;
  readonly day: number;
}

function findNearest<T>(candidates: readonly T[], measureDistance: (candidate: T) => number): T | undefined {
  let nearest: T | undefined;
  for (const candidate of candidates)
    if (nearest === undefined || measureDistance(candidate) < measureDistance(nearest)) nearest = candidate;
  return nearest;
}

/** Matches each planned day with the infusion nearest to it within the tolerance. */
function matchOnTime(placed: readonly PlacedInfusion[], { days, toleranceDays }: Dosing): FilledSlots {
  const taken: FilledSlots = new Map();
  const used = new Set<PlacedInfusion>();
  days.forEach((due, index) => {
    const near = placed.filter(
      (infusion) => !used.has(infusion) && Math.abs(infusion.day - due) <= toleranceDays,
    );
    const nearest = findNearest(near, (candidate) => Math.abs(candidate.day - due));
    if (nearest === undefined) return;
    taken.set(index, nearest);
    used.add(nearest);
  });
  return taken;
}

/** Finds the open planned infusion nearest to a day of the first course; undefined where there is none. */
function findOpenSlot(day: number, taken: FilledSlots, { days, continuation }: Dosing): number | undefined {
  if (day > (days.at(-1) ?? 0) + continuation.everyDays) return undefined;
  const open = days.map((_, index) => index).filter((index) => !taken.has(index));
  return findNearest(open, (index) => Math.abs((days[index] ?? 0) - day));
}

/**
 * Assigns each infusion its number. First each planned day takes the infusion within its tolerance; then a remaining
 * one that was given at most one interval after the last planned day fills the nearest open number, as displaced;
 * later ones are the continuation, numbered on from there.
 */
export function matchInfusionsToPlan(
  infusions: readonly GivenInfusion[],
  dayZero: string,
  dosing: Dosing,
): PlanMatch {
  const placed = infusions.map((given) => ({ given, day: countDaysBetween(dayZero, given.day) }));
  const taken = matchOnTime(placed, dosing);
  const onTime = new Set(taken.values());
  const extra: PlacedInfusion[] = [];
  for (const infusion of placed.filter((candidate) => !onTime.has(candidate))) {
    const index = findOpenSlot(infusion.day, taken, dosing);
    if (index === undefined) extra.push(infusion);
    else taken.set(index, infusion);
  }
  const planned = [...taken].map(([index, infusion]) => {
    const dueDay = dosing.days[index] ?? 0;
    return { given: infusion.given, number: index + 1, dueDay, isDisplaced: !onTime.has(infusion) };
  });
  const continuation = numberContinuation(extra, dosing);
  const open = dosing.days.map((_, i) => i + 1).filter((number) => !taken.has(number - 1));
  return { numbered: [...planned.sort((a, b) => a.number - b.number), ...continuation], notGiven: open };
}

/**
 * Numbers continuation infusions: the first starts the schedule, and each next one is due an interval after the one
 * before.
 */
function numberContinuation(extra: readonly PlacedInfusion[], dosing: Dosing): readonly NumberedInfusion[] {
  return extra.map(({ given, day }, i) => {
    const before = extra[i - 1];
    const dueDay = before ? before.day + dosing.continuation.everyDays : null;
    const isDisplaced = dueDay !== null && Math.abs(dueDay - day) > dosing.toleranceDays;
    return { given, number: dosing.days.length + 1 + i, dueDay, isDisplaced };
  });
}
