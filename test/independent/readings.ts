/** A question that docs/classes.md leaves open, or that the product answers otherwise than the page. */
interface Readings {
  /** The page: a product that the code does not name may be either. Taken: it counts as each product that is asked about. */
  readonly unnamedProductIsEach: boolean;
  /** The page states it for severity and for changes only. Taken: other criteria at baseline read a confounded count as measured. */
  readonly confoundedBaselineIsAsMeasured: boolean;
  /** The page is silent. Taken: a count whose date is partial is no baseline. */
  readonly baselineNeedsExactDay: boolean;
  /**
   * The page is silent, and calls the first possible day after day 0 the end. Taken: a drug or transplant that may have been
   * before day 0 is no new drug, and where it ends the observation no count after day 0 is left.
   */
  readonly perhapsBeforeStartIsBefore: boolean;
  /** The page: the first possible day. Taken: the last one, as in docs/endpoints.md. */
  readonly deathIsOnLastPossibleDay: boolean;
  /** The page: a date is the set of days that it can mean. Taken: a visit's count with a partial date is of its last day. */
  readonly partialDateIsItsLastDay: boolean;
  /** A case says that a partial date never confirms. Taken: it does where another count of the visit is of another day. */
  readonly partialDateConfirmsInMixture: boolean;
  /**
   * The page: a day between two points denies. It does not say whether the days of a later point of several days are between.
   * Taken: they are when a later point is sought, they are not when an earlier one is.
   */
  readonly bestIsOpenOnlyTowardsLater: boolean;
  /**
   * The page: a point of several days fails nobody, and any earlier point confirms that has none between that fails. Taken: counts of
   * several days that reach the class by themselves, and not over the span, end the search: nothing beyond them confirms.
   */
  readonly brokenSpanEndsSearch: boolean;
}

/**
 * The readings taken, all of them the product's. When a question is settled, in the page or in the product, its line goes and the
 * evaluator keeps what the page says.
 */
export const READINGS: Readings = {
  unnamedProductIsEach: false,
  confoundedBaselineIsAsMeasured: false,
  baselineNeedsExactDay: true,
  perhapsBeforeStartIsBefore: true,
  deathIsOnLastPossibleDay: true,
  partialDateIsItsLastDay: false,
  partialDateConfirmsInMixture: false,
  bestIsOpenOnlyTowardsLater: false,
  brokenSpanEndsSearch: false,
};
