import { estimateKaplanMeier, findStepAt, type LimitScale } from '../../statistics/kaplan-meier.ts';
import { computeMedian } from '../../statistics/median.ts';
import { estimateMedianFollowUp } from '../../statistics/median-follow-up.ts';
import { estimateMedianSurvival } from '../../statistics/median-survival.ts';
import { computeQuantile, type QuantileType } from '../../statistics/quantile.ts';
import { roundHalfUp, roundToSignificant } from '../../statistics/rounding.ts';
import { DAYS_PER_MONTH, type FollowUp } from './follow-up.ts';

/** Days to response among the subjects who reached it; null where nobody did. */
export interface TimeToResponse {
  readonly median: number | null;
  readonly min: number | null;
  readonly max: number | null;
  readonly quartiles: readonly [low: number, high: number] | null;
  readonly subjects: number;
  readonly method: string;
}

const QUARTILE_METHOD_NAMES = { 2: 'type 2, as SAS', 6: 'type 6, as SPSS', 7: 'type 7, as R' } as const;

/** Summarises the days of the responders by median, range and quartiles; nulls without responders. */
export function summariseTimeToResponse(days: readonly number[], type: QuantileType): TimeToResponse {
  const sorted = [...days].sort((a, b) => a - b);
  const [low, high] = [computeQuantile(days, 0.25, type), computeQuantile(days, 0.75, type)];
  const definition =
    'days from first infusion to the first unconfounded count that meets the lineage criterion; median (range) of responders';
  return {
    median: computeMedian(days),
    min: sorted[0] ?? null,
    max: sorted.at(-1) ?? null,
    quartiles: low === null || high === null ? null : [low, high],
    subjects: days.length,
    method: `${definition}; quartiles ${QUARTILE_METHOD_NAMES[type]}`,
  };
}

type OpenLimits = readonly [low: number | null, high: number | null];

/** How long the subjects were followed, by the two methods in use. */
export interface FollowUpFigures {
  readonly median: number;
  /** The median in months, to ten digits. */
  readonly exactMonths: number;
  readonly method: string;
  /** By the reverse Kaplan-Meier method; a median or limit that is not reached is null. */
  readonly reverseKaplanMeier: {
    readonly median: number | null;
    readonly ci95: OpenLimits;
    /** The same to ten digits. */
    readonly exact: { readonly median: number | null; readonly ci95: OpenLimits };
    readonly method: string;
  };
}

function toMonths(days: number | null, places: number): number | null {
  return days === null ? null : roundHalfUp(days / DAYS_PER_MONTH, places);
}

const toExactMonths = (days: number | null): number | null =>
  days === null ? null : roundToSignificant(days / DAYS_PER_MONTH);

const toSurvivalObservation = ({ days, died }: FollowUp) => ({ time: days, died });

/**
 * Summarises follow-up in months: the median of observed times and by the reverse Kaplan-Meier method; null without
 * subjects.
 */
export function summariseFollowUp(followed: readonly FollowUp[], level: number): FollowUpFigures | null {
  const middle = computeMedian(followed.map(({ days }) => days));
  if (middle === null) return null;
  const exactMonths = middle / DAYS_PER_MONTH;
  const reverse = estimateMedianFollowUp(followed.map(toSurvivalObservation), level);
  return {
    median: roundHalfUp(exactMonths, 0),
    exactMonths: roundToSignificant(exactMonths),
    method: `median of observed times from first infusion to last contact or death, months of ${DAYS_PER_MONTH} days`,
    reverseKaplanMeier: {
      median: toMonths(reverse.time, 3),
      ci95: [toMonths(reverse.low, 3), toMonths(reverse.high, 3)],
      exact: {
        median: toExactMonths(reverse.time),
        ci95: [toExactMonths(reverse.low), toExactMonths(reverse.high)],
      },
      method: `reverse kaplan-meier median, log-log limits, months of ${DAYS_PER_MONTH} days`,
    },
  };
}

/** Survival at a year in percent, and the median survival in months. */
export interface SurvivalFigures {
  readonly months: number;
  readonly survival: number;
  readonly ci95: readonly [number, number] | null;
  readonly standardError: number;
  readonly atRisk: number;
  readonly median: number | null;
  readonly medianCi95: OpenLimits;
  /** The same to ten digits: shares from 0 to 1, and months. */
  readonly exact: {
    readonly survival: number;
    readonly ci95: readonly [number, number] | null;
    readonly standardError: number;
    readonly median: number | null;
    readonly medianCi95: OpenLimits;
  };
  readonly method: string;
}

/**
 * Estimates survival at 12 months by Kaplan and Meier, with Greenwood's error; limits are null where they are not
 * defined. Null without subjects.
 */
export function estimateSurvivalAtYear(
  followed: readonly FollowUp[],
  level: number,
  scale: LimitScale,
): SurvivalFigures | null {
  const months = 12;
  if (followed.length === 0) return null;
  const curve = estimateKaplanMeier(followed.map(toSurvivalObservation), level, scale);
  const at = months * DAYS_PER_MONTH;
  const step = findStepAt(curve, at);
  const limits = step?.limits ?? null;
  const middle = estimateMedianSurvival(curve);
  const [share, error] = [step?.survival ?? 1, step?.standardError ?? 0];
  return {
    months,
    survival: roundHalfUp(share * 100, 1),
    ci95: limits && [roundHalfUp(limits[0] * 100, 1), roundHalfUp(limits[1] * 100, 1)],
    standardError: roundHalfUp(error * 100, 3),
    atRisk: followed.filter(({ days }) => days >= at).length,
    median: toMonths(middle.time, 3),
    medianCi95: [toMonths(middle.low, 3), toMonths(middle.high, 3)],
    exact: {
      survival: roundToSignificant(share),
      ci95: limits && [roundToSignificant(limits[0]), roundToSignificant(limits[1])],
      standardError: roundToSignificant(error),
      median: toExactMonths(middle.time),
      medianCi95: [toExactMonths(middle.low), toExactMonths(middle.high)],
    },
    method: `kaplan-meier from first infusion, greenwood, ${scale} limits, percent`,
  };
}
