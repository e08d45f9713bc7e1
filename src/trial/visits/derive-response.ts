import type { Assessment, ResponseClass } from '../assessment.ts';
import { type CriteriaSet, resolveConfirmationDays } from '../criteria/criteria-set.ts';
import { type ClassifiedCount, deriveUnconfirmedClass, reachesClass } from './classify-count.ts';
import { type Confirmation, confirmClass } from './confirmation.ts';

/** The response at one count with its confirmation; `classIndex` is that of the class in the set's order. */
export interface DerivedResponse {
  readonly class: ResponseClass;
  readonly status: Assessment['status'];
  readonly classIndex: number;
  readonly confirmation: Confirmation | null;
  /** Days required between the two counts; null where no confirmation is. */
  readonly confirmationDays: number | null;
}

/** Derives the response of a point that reaches the class at `classIndex`, by its confirmation. */
function deriveReachedResponse(
  point: ClassifiedCount,
  classIndex: number,
  points: readonly ClassifiedCount[],
  set: CriteriaSet,
  hasEnded: boolean,
): DerivedResponse {
  const rule = point.evaluations[classIndex]?.rule;
  const days = resolveConfirmationDays(set, rule);
  const reached = { class: rule?.class ?? 'NE', status: 'final', classIndex } as const;
  if (days === null) return { ...reached, confirmation: null, confirmationDays: days };
  const confirmation = confirmClass(point, classIndex, points, days, hasEnded);
  const confirmed = { ...reached, confirmation, confirmationDays: days } as const;
  switch (confirmation.kind) {
    case 'confirmed':
      return confirmed;
    case 'pending':
      return { ...confirmed, status: 'preliminary' };
    case 'open':
      return { ...confirmed, class: 'NE' };
    case 'lost':
      return { ...confirmed, class: 'NR' };
  }
}

/**
 * Derives the class of a point after confirmation. A class that is lost or open is replaced by the next lower one that is
 * met and confirmed or pending; without one the class is NE where a count with missing data could have confirmed a class,
 * else NR, not confirmed. Sets without confirmation yield the class of the count.
 */
export function deriveResponse(
  point: ClassifiedCount,
  points: readonly ClassifiedCount[],
  set: CriteriaSet,
  hasEnded: boolean,
): DerivedResponse {
  let unconfirmed: DerivedResponse | null = null;
  for (const classIndex of point.evaluations.keys()) {
    if (!reachesClass(point, classIndex)) continue;
    const response = deriveReachedResponse(point, classIndex, points, set, hasEnded);
    if (response.class !== 'NE' && response.class !== 'NR') return response;
    // A class that is surely lost does not replace one that is open.
    if (unconfirmed?.class !== 'NE') unconfirmed = response;
  }
  if (unconfirmed !== null) return unconfirmed;
  return {
    class: deriveUnconfirmedClass(point),
    status: 'final',
    classIndex: point.evaluations.length - 1,
    confirmation: null,
    confirmationDays: null,
  };
}
