import type { Trace } from '../assessment.ts';
import { countWords } from '../criteria/count-inputs.ts';
import { daysBetween } from '../days.ts';
import { failedWords, failsClass, type Point, reachesClass } from './points.ts';

/** What became of a response: confirmed by another count, still open, or lost (`by` null: no count can come any more). */
export type Confirmation =
  | { readonly kind: 'confirmed'; readonly by: Point; readonly days: number }
  | { readonly kind: 'pending' }
  | { readonly kind: 'lost'; readonly by: Point | null };

/** Days between two points: from the last day of the earlier to the first day of the later. */
function gap(earlier: Point, later: Point): number {
  return daysBetween(earlier.picture.day, later.picture.firstDay);
}

type Found = { readonly kind: 'found' | 'failed'; readonly point: Point } | null;

/** What a count says of the class, on the way from the point to be confirmed. */
function ask(other: Point, place: number, isFarEnough: boolean): Found {
  if (failsClass(other, place)) return { kind: 'failed', point: other };
  return isFarEnough && reachesClass(other, place) ? { kind: 'found', point: other } : null;
}

/** Walks back from a point until a count confirms it or fails. Points are in time order. */
function walkBack(point: Point, place: number, points: readonly Point[], days: number): Found {
  for (let i = points.length - 1; i >= 0; i -= 1) {
    const other = points[i];
    if (other === undefined || other.picture.day >= point.picture.firstDay) continue;
    const found = ask(other, place, gap(other, point) >= days);
    if (found) return found;
  }
  return null;
}

/** Walks on from a point until a count confirms it or fails. */
function walkOn(point: Point, place: number, points: readonly Point[], days: number): Found {
  for (const other of points) {
    if (other.picture.firstDay <= point.picture.day) continue;
    const found = ask(other, place, gap(point, other) >= days);
    if (found) return found;
  }
  return null;
}

/**
 * Whether the class at `place` is confirmed at a point: another count at least `days` days earlier or later reaches it
 * too, and no count between them surely fails it. A count that leaves it open neither confirms nor fails. While more
 * counts can come it is pending; it is lost when a later count fails first, or when the subject has `ended`.
 */
export function confirm(
  point: Point,
  place: number,
  points: readonly Point[],
  days: number,
  ended: boolean,
): Confirmation {
  const back = walkBack(point, place, points, days);
  if (back?.kind === 'found') return { kind: 'confirmed', by: back.point, days: gap(back.point, point) };
  const on = walkOn(point, place, points, days);
  if (on?.kind === 'found') return { kind: 'confirmed', by: on.point, days: gap(point, on.point) };
  if (on?.kind === 'failed') return { kind: 'lost', by: on.point };
  return ended ? { kind: 'lost', by: null } : { kind: 'pending' };
}

/** The confirmation as a part of the trace, and in one sentence for the reader. */
export function confirmationTrace(outcome: Confirmation, place: number, days: number): Trace {
  const criterion = `confirmed by a second count at least ${days} days apart, none between them failing`;
  const role = { kind: 'confirmation' } as const;
  switch (outcome.kind) {
    case 'confirmed': {
      const of = outcome.by.answers.slice(0, place + 1).map((answer) => answer.trace);
      const found = `that of ${outcome.by.picture.day}`;
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
      const of = (outcome.by?.answers ?? []).slice(0, place + 1).map((answer) => answer.trace);
      const found = outcome.by === null ? 'none can come' : `that of ${outcome.by.picture.day} fails`;
      return { criterion, role, verdict: 'false', inputs: [], found, missing: [], of };
    }
  }
}

function failureWords({ answers, picture }: Point): string {
  const last = answers.at(-1);
  const counts = [...picture.counts.values()].filter(({ fact }) => fact.analyte !== 'wbc').map(countWords);
  return last === undefined ? '' : ` (not met: ${failedWords(last.trace)}; ${counts.join('; ')})`;
}

/** What became of the confirmation, in one sentence. */
export function confirmationWords(outcome: Confirmation, days: number): string {
  switch (outcome.kind) {
    case 'confirmed':
      return `Confirmed by the count of ${outcome.by.picture.day}, ${outcome.days} days apart.`;
    case 'pending':
      return `A confirming count at least ${days} days apart is pending.`;
    case 'lost':
      return outcome.by
        ? `Not confirmed: the count of ${outcome.by.picture.day} fails it${failureWords(outcome.by)}.`
        : 'Not confirmed: no further count can come.';
  }
}
