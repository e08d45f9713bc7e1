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

function findNearest<T>(all: readonly T[], away: (one: T) => number): T | undefined {
  let best: T | undefined;
  for (const one of all) if (best === undefined || away(one) < away(best)) best = one;
  return best;
}

/** Each planned day takes the infusion nearest to it, within the tolerance. */
function matchOnTime(placed: readonly PlacedInfusion[], { days, toleranceDays }: Dosing): FilledSlots {
  const taken: FilledSlots = new Map();
  const used = new Set<PlacedInfusion>();
  days.forEach((due, index) => {
    const near = placed.filter((one) => !used.has(one) && Math.abs(one.day - due) <= toleranceDays);
    const one = findNearest(near, (candidate) => Math.abs(candidate.day - due));
    if (one === undefined) return;
    taken.set(index, one);
    used.add(one);
  });
  return taken;
}

/** The open planned infusion nearest to a day, for one given in the first course; undefined where there is none. */
function findOpenSlot(day: number, taken: FilledSlots, { days, continuation }: Dosing): number | undefined {
  if (day > (days.at(-1) ?? 0) + continuation.everyDays) return undefined;
  const open = days.map((_, index) => index).filter((index) => !taken.has(index));
  return findNearest(open, (index) => Math.abs((days[index] ?? 0) - day));
}

/**
 * Gives each infusion its number. First each planned day takes the infusion within its tolerance; then what is left over
 * and was given at most one interval after the last planned day fills the nearest open number, as displaced; what comes
 * later is the continuation, numbered on from there.
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
  for (const one of placed.filter((candidate) => !onTime.has(candidate))) {
    const index = findOpenSlot(one.day, taken, dosing);
    if (index === undefined) extra.push(one);
    else taken.set(index, one);
  }
  const planned = [...taken].map(([index, one]) => {
    const dueDay = dosing.days[index] ?? 0;
    return { given: one.given, number: index + 1, dueDay, isDisplaced: !onTime.has(one) };
  });
  const more = numberContinuation(extra, dosing);
  const open = dosing.days.map((_, i) => i + 1).filter((number) => !taken.has(number - 1));
  return { numbered: [...planned.sort((a, b) => a.number - b.number), ...more], notGiven: open };
}

/** Continuation infusions: the first sets the rhythm, each next one is due an interval after the one before. */
function numberContinuation(extra: readonly PlacedInfusion[], dosing: Dosing): readonly NumberedInfusion[] {
  return extra.map(({ given, day }, i) => {
    const before = extra[i - 1];
    const dueDay = before ? before.day + dosing.continuation.everyDays : null;
    const displaced = dueDay !== null && Math.abs(dueDay - day) > dosing.toleranceDays;
    return { given, number: dosing.days.length + 1 + i, dueDay, isDisplaced: displaced };
  });
}
