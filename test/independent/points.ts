import { type Course, isExact, listDays } from './course.ts';
import { decideCriterion } from './decide-criterion.ts';
import type { RawClass, RawCriteriaSet, RawRules } from './raw-rules.ts';
import type { Scene } from './scene.ts';
import { type CountsByAnalyte, type SeenCount, selectDayCounts, type VisitSelection } from './seen-counts.ts';
import { isTrueForAny, type Truth } from './truth.ts';

/** Counts that are assessed together: those of one day, or those of a visit from several days. */
export interface Point {
  readonly first: number;
  readonly last: number;
  /** A point of several days fails nobody. */
  readonly isOneDay: boolean;
  /** A count whose date is partial never confirms another. */
  readonly mayConfirm: boolean;
  readonly counts: CountsByAnalyte;
  readonly transfusionDays: readonly number[];
}

/** What does not change from point to point. */
export interface Frame {
  readonly rules: RawRules;
  readonly course: Course;
  readonly baseline: CountsByAnalyte;
}

/** The point of one day. */
export const buildDayPoint = (counts: readonly SeenCount[], day: number): Point => ({
  first: day,
  last: day,
  isOneDay: true,
  mayConfirm: true,
  counts: selectDayCounts(counts, day),
  transfusionDays: [day],
});

/** The days on which transfusions are looked at with a count. */
export const listCountDays = (count: SeenCount): readonly number[] => listDays(count);

/** The point of a visit's counts. Leukocytes go with it, and do not make it one of several days. */
export function buildVisitPoint({ counts, completeDay }: VisitSelection): Point {
  const own = Object.values(counts).filter(({ analyte }) => analyte !== 'wbc');
  const days = [...new Set(own.flatMap(listCountDays))];
  const isExactOnly = own.every(isExact);
  return {
    first: Math.min(...days),
    last: Math.max(...days),
    isOneDay: isExactOnly && days.length === 1,
    mayConfirm: isExactOnly,
    counts,
    transfusionDays: completeDay === null ? days : [completeDay],
  };
}

/** The exact days after day 0, up to the end of observation, that have counts. */
export function listDayPoints(counts: readonly SeenCount[], end: number): readonly Point[] {
  const days = counts.filter(
    (count) => count.analyte !== 'wbc' && isExact(count) && count.first > 0 && count.first <= end,
  );
  return [...new Set(days.map(({ first }) => first))]
    .sort((a, b) => a - b)
    .map((day) => buildDayPoint(counts, day));
}

/** The classes of a scope, best first. */
export const listScopeClasses = (set: RawCriteriaSet, scope: RawClass['scope']): readonly RawClass[] =>
  (set.classes ?? []).filter((one) => one.scope === scope);

/**
 * Whether a point reaches one of these classes. With `independentFrom` the transfusion-free days begin at the latest on that
 * day.
 */
export function decideReach(
  frame: Frame,
  set: RawCriteriaSet,
  classes: readonly RawClass[],
  { counts, transfusionDays }: Point,
  independentFrom: number | null = null,
): Truth {
  const scene: Scene = { ...frame, counts, transfusionDays, independentFrom };
  return isTrueForAny(classes.map(({ when }) => decideCriterion(scene, set, when)));
}
