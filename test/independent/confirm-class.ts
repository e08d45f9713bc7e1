import { decideReach, type Frame, type Point } from './points.ts';
import type { RawClass, RawCriteriaSet } from './raw-rules.ts';
import { isTrueForAll, isTrueForAny, type Truth } from './truth.ts';

/** A class with the better ones before it, and the days between two counts that reach it. */
export interface Rung {
  readonly name: 'CR' | 'PR';
  /** Null: one count is enough. */
  readonly days: number | null;
  /** Whether a point reaches the class or a better one. */
  readonly reaches: (point: Point) => Truth;
  /** Whether the later of two points does, with independence asked from the earlier one on. */
  readonly reachesOverSpan: (earlier: Point, later: Point) => Truth;
}

/** The classes of a set, best first. */
export const listRungs = (frame: Frame, set: RawCriteriaSet, classes: readonly RawClass[]): readonly Rung[] =>
  classes.map((one, index) => {
    const upTo = classes.slice(0, index + 1);
    const known = new Map<Point, Truth>();
    const reaches = (point: Point): Truth => {
      const truth = known.get(point) ?? decideReach(frame, set, upTo, point);
      known.set(point, truth);
      return truth;
    };
    return {
      name: one.class,
      days: one.confirmationDays ?? set.confirmationDays ?? null,
      reaches,
      reachesOverSpan: (earlier, later) =>
        decideReach(frame, set, upTo, later, Math.min(...earlier.transfusionDays)),
    };
  });

const isFarEnough = ({ days }: Rung, earlier: Point, later: Point): boolean =>
  later.first - earlier.last >= (days ?? 0);

/** Whether a point of one day wholly between two others fails the class. */
const isParted = (rung: Rung, points: readonly Point[], earlier: Point, later: Point): boolean =>
  points.some(
    (point) =>
      point.isOneDay &&
      point.first > earlier.last &&
      point.last < later.first &&
      rung.reaches(point) === false,
  );

/** Whether two points confirm each other in the class. */
function decidePair(rung: Rung, points: readonly Point[], earlier: Point, later: Point): Truth {
  if (!isFarEnough(rung, earlier, later) || isParted(rung, points, earlier, later)) return false;
  return isTrueForAll([rung.reaches(earlier), rung.reachesOverSpan(earlier, later)]);
}

/** Whether a later point denies the class: it fails, or a transfusion since this one excludes that both reach it. */
const isDeniedLater = (rung: Rung, points: readonly Point[], point: Point): boolean =>
  points
    .filter((later) => later.first > point.last)
    .some((later) => {
      const isReached = rung.reaches(later);
      if (isReached === false) return later.isOneDay;
      return (
        later.mayConfirm && isFarEnough(rung, point, later) && rung.reachesOverSpan(point, later) === false
      );
    });

/** Whether another point confirms the class of this one. */
const decideAnyOther = (rung: Rung, points: readonly Point[], point: Point): Truth =>
  isTrueForAny(
    points
      .filter(({ mayConfirm }) => mayConfirm)
      .flatMap((other) => [decidePair(rung, points, point, other), decidePair(rung, points, other, point)]),
  );

export type ConfirmationState = 'confirmed' | 'pending' | 'open' | 'lost';

/** What becomes of a class that a point reaches. */
export function decideConfirmation(
  rung: Rung,
  points: readonly Point[],
  point: Point,
  canCountsCome: boolean,
): ConfirmationState {
  if (rung.days === null) return 'confirmed';
  const truth = decideAnyOther(rung, points, point);
  if (truth) return 'confirmed';
  if (canCountsCome && !isDeniedLater(rung, points, point)) return 'pending';
  return truth === null ? 'open' : 'lost';
}

/** Whether two of the points, up to a day, confirm the class. */
export function decideAnyPair(rung: Rung, all: readonly Point[], until: number): Truth {
  const points = all.filter(({ last, mayConfirm }) => last <= until && mayConfirm);
  return isTrueForAny(
    points.map((point) => {
      const isReached = rung.reaches(point);
      if (rung.days === null || isReached === false) return isReached;
      return decideAnyOther(rung, points, point);
    }),
  );
}
