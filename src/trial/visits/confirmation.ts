import type { CriterionTrace } from '../assessment.ts';
import { countDaysBetween } from '../calendar-days.ts';
import { formatUsableCount } from '../criteria/count-inputs.ts';
import { type ClassifiedCount, failsClass, formatFailedParts, reachesClass } from './classify-count.ts';

/**
 * The outcome of a confirmation: confirmed by another count, still open, or lost (`by` null: no further count can
 * come).
 */
export type Confirmation =
  | { readonly kind: 'confirmed'; readonly by: ClassifiedCount; readonly days: number }
  | { readonly kind: 'pending' }
  | { readonly kind: 'lost'; readonly by: ClassifiedCount | null };

/** Counts the days between two points: from the last day of the earlier to the first day of the later. */
function countDaysApart(earlier: ClassifiedCount, later: ClassifiedCount): number {
  return countDaysBetween(earlier.bloodCount.day, later.bloodCount.firstDay);
}

type ConfirmationSearchHit = { readonly kind: 'found' | 'failed'; readonly point: ClassifiedCount } | null;

/** Checks one count on the way from the point to be confirmed. */
function checkCount(other: ClassifiedCount, classIndex: number, isFarEnough: boolean): ConfirmationSearchHit {
  if (failsClass(other, classIndex)) return { kind: 'failed', point: other };
  return isFarEnough && reachesClass(other, classIndex) ? { kind: 'found', point: other } : null;
}

/** Searches back from a point until a count confirms it or fails. Points are in time order. */
function searchBackward(
  point: ClassifiedCount,
  classIndex: number,
  points: readonly ClassifiedCount[],
  days: number,
): ConfirmationSearchHit {
  for (let i = points.length - 1; i >= 0; i -= 1) {
    const other = points[i];
    if (other === undefined || other.bloodCount.day >= point.bloodCount.firstDay) continue;
    const found = checkCount(other, classIndex, countDaysApart(other, point) >= days);
    if (found) return found;
  }
  return null;
}

/** Searches forward from a point until a count confirms it or fails. */
function searchForward(
  point: ClassifiedCount,
  classIndex: number,
  points: readonly ClassifiedCount[],
  days: number,
): ConfirmationSearchHit {
  for (const other of points) {
    if (other.bloodCount.firstDay <= point.bloodCount.day) continue;
    const found = checkCount(other, classIndex, countDaysApart(point, other) >= days);
    if (found) return found;
  }
  return null;
}

/**
 * Determines whether the class at `classIndex` is confirmed at a point: another count at least `days` days earlier or
 * later reaches it too, and no count between them surely fails it. A count that leaves it open neither confirms nor
 * fails. While more counts can come it is pending; it is lost when a later count fails first, or when the observation
 * has ended.
 */
export function confirmClass(
  point: ClassifiedCount,
  classIndex: number,
  points: readonly ClassifiedCount[],
  days: number,
  hasEnded: boolean,
): Confirmation {
  const backward = searchBackward(point, classIndex, points, days);
  if (backward?.kind === 'found')
    return { kind: 'confirmed', by: backward.point, days: countDaysApart(backward.point, point) };
  const forward = searchForward(point, classIndex, points, days);
  if (forward?.kind === 'found')
    return { kind: 'confirmed', by: forward.point, days: countDaysApart(point, forward.point) };
  if (forward?.kind === 'failed') return { kind: 'lost', by: forward.point };
  return hasEnded ? { kind: 'lost', by: null } : { kind: 'pending' };
}

/** Builds the confirmation as a part of the trace. */
export function buildConfirmationTrace(
  outcome: Confirmation,
  classIndex: number,
  days: number,
): CriterionTrace {
  const criterion = `confirmed by a second count at least ${days} days apart, none between them failing`;
  const role = { kind: 'confirmation' } as const;
  switch (outcome.kind) {
    case 'confirmed': {
      const of = outcome.by.evaluations.slice(0, classIndex + 1).map((evaluation) => evaluation.trace);
      const found = `that of ${outcome.by.bloodCount.day}`;
      return { criterion, role, verdict: 'true', inputs: [], found, missing: [], of };
    }
    case 'pending':
      return {
        criterion,
        role,
        verdict: 'unknown',
        inputs: [],
        missing: ['a confirming blood count'],
        of: [],
      };
    case 'lost': {
      const of = (outcome.by?.evaluations ?? [])
        .slice(0, classIndex + 1)
        .map((evaluation) => evaluation.trace);
      const found = outcome.by === null ? 'none can come' : `that of ${outcome.by.bloodCount.day} fails`;
      return { criterion, role, verdict: 'false', inputs: [], found, missing: [], of };
    }
  }
}

function formatFailedConfirmation({ evaluations, bloodCount }: ClassifiedCount): string {
  const last = evaluations.at(-1);
  const counts = [...bloodCount.counts.values()]
    .filter(({ fact }) => fact.analyte !== 'wbc')
    .map(formatUsableCount);
  return last === undefined ? '' : ` (not met: ${formatFailedParts(last.trace)}; ${counts.join('; ')})`;
}

/** Formats the outcome of the confirmation in one sentence. */
export function formatConfirmationOutcome(outcome: Confirmation, days: number): string {
  switch (outcome.kind) {
    case 'confirmed':
      return `Confirmed by the count of ${outcome.by.bloodCount.day}, ${outcome.days} days apart.`;
    case 'pending':
      return `A confirming count at least ${days} days apart is pending.`;
    case 'lost':
      return outcome.by
        ? `Not confirmed: the count of ${outcome.by.bloodCount.day} fails it${formatFailedConfirmation(outcome.by)}.`
        : 'Not confirmed: no further count can come.';
  }
}
