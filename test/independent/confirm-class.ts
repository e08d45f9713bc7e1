import { decideReach, type Frame, type Point } from './points.ts';
import type { RawClass, RawCriteriaSet } from './raw-rules.ts';
import { READINGS } from './readings.ts';
import { isTrueForAll, isTrueForAny, type Truth } from './truth.ts';

/** A class with the better ones before it, and the days between two counts that reach it. */
export interface Rung {
  readonly set: RawCriteriaSet;
  readonly name: 'CR' | 'PR';
  readonly upTo: readonly RawClass[];
  /** Null: one count is enough. */
  readonly days: number | null;
}

/** The classes of a set, best first. */
export const listRungs = (set: RawCriteriaSet, classes: readonly RawClass[]): readonly Rung[] =>
  classes.map((one, index) => ({
    set,
    name: one.class,
    upTo: classes.slice(0, index + 1),
    days: one.confirmationDays ?? set.confirmationDays ?? null,
  }));

export const reachesRung = (frame: Frame, { set, upTo }: Rung, point: Point): Truth =>
  decideReach(frame, set, upTo, point);

/** The later of two points, with independence asked from the earlier one on. */
const reachesOverSpan = (frame: Frame, { set, upTo }: Rung, earlier: Point, later: Point): Truth =>
  decideReach(frame, set, upTo, later, Math.min(...earlier.transfusionDays));

/** The points after this one, nearest first; a point of several days comes after those days. */
const listLater = (points: readonly Point[], { last }: Point): readonly Point[] =>
  points
    .filter((other) => other.last > last)
    .sort((a, b) => a.last - b.last || Number(b.isOneDay) - Number(a.isOneDay));

const listEarlier = (points: readonly Point[], { first }: Point): readonly Point[] =>
  points
    .filter((other) => other.last < first)
    .sort((a, b) => b.last - a.last || Number(a.isOneDay) - Number(b.isOneDay));

interface Search {
  /** Whether another point confirms the class here, or could. */
  readonly truth: Truth;
  readonly isDenied: boolean;
}

/** Goes from a point to later ones until one fails the class. */
function searchLater(frame: Frame, rung: Rung, points: readonly Point[], point: Point): Search {
  const answers: Truth[] = [];
  for (const later of listLater(points, point)) {
    const isFar = later.first - point.last >= (rung.days ?? 0);
    const isReached = isFar ? reachesOverSpan(frame, rung, point, later) : reachesRung(frame, rung, later);
    const isBroken =
      READINGS.brokenSpanEndsSearch && later.mayConfirm && reachesRung(frame, rung, later) === true;
    if (isReached === false && (later.isOneDay || isBroken))
      return { truth: isTrueForAny(answers), isDenied: true };
    if (later.mayConfirm && isFar) answers.push(isReached);
  }
  return { truth: isTrueForAny(answers), isDenied: false };
}

/** Goes from a point to earlier ones until one fails the class. */
function searchEarlier(frame: Frame, rung: Rung, points: readonly Point[], point: Point): Truth {
  const answers: Truth[] = [];
  for (const earlier of listEarlier(points, point)) {
    const isReached = reachesRung(frame, rung, earlier);
    if (earlier.isOneDay && isReached === false) break;
    if (!earlier.mayConfirm || point.first - earlier.last < (rung.days ?? 0)) continue;
    const isHeld = reachesOverSpan(frame, rung, earlier, point);
    if (READINGS.brokenSpanEndsSearch && isReached && isHeld === false) break;
    answers.push(isTrueForAll([isReached, isHeld]));
  }
  return isTrueForAny(answers);
}

export type ConfirmationState = 'confirmed' | 'pending' | 'open' | 'lost';

/** What becomes of a class that a point reaches. */
export function decideConfirmation(
  frame: Frame,
  rung: Rung,
  points: readonly Point[],
  point: Point,
  canCountsCome: boolean,
): ConfirmationState {
  if (rung.days === null) return 'confirmed';
  const later = searchLater(frame, rung, points, point);
  const truth = isTrueForAny([searchEarlier(frame, rung, points, point), later.truth]);
  if (truth) return 'confirmed';
  if (!later.isDenied && canCountsCome) return 'pending';
  return truth === null ? 'open' : 'lost';
}

/** Whether two of the points, up to a day, confirm the class. */
export function decideAnyPair(frame: Frame, rung: Rung, all: readonly Point[], until: number): Truth {
  const points = all.filter(({ last, mayConfirm }) => last <= until && mayConfirm);
  return isTrueForAny(
    points.map((point) => {
      const isReached = reachesRung(frame, rung, point);
      if (rung.days === null || isReached === false) return isReached;
      const later = searchLater(frame, rung, points, point).truth;
      const found = searchEarlier(frame, rung, points, point);
      const earlier = READINGS.bestIsOpenOnlyTowardsLater ? found === true : found;
      return isTrueForAll([isReached, isTrueForAny([earlier, later])]);
    }),
  );
}
