import { DAYS_PER_MONTH, type FollowUp } from './follow-up.ts';
import { type QuantileType, quantile } from './quantiles.ts';
import { median, rounded, significant } from './rounding.ts';
import { kaplanMeier, type LimitScale, medianTime, reverseMedian, stepAt } from './survival.ts';

/** Days to response among the subjects who reached it; null where nobody did. */
export interface TimeTo {
  readonly median: number | null;
  readonly min: number | null;
  readonly max: number | null;
  readonly quartiles: readonly [low: number, high: number] | null;
  readonly subjects: number;
  readonly method: string;
}

const QUARTILES = { 2: 'type 2, as SAS', 6: 'type 6, as SPSS', 7: 'type 7, as R' } as const;

/** Median, range and quartiles of the days of those who responded; nulls of nobody. */
export function timeTo(days: readonly number[], type: QuantileType): TimeTo {
  const sorted = [...days].sort((a, b) => a - b);
  const [low, high] = [quantile(days, 0.25, type), quantile(days, 0.75, type)];
  const what =
    'days from first infusion to the first unconfounded count that meets the lineage criterion; median (range) of responders';
  return {
    median: median(days),
    min: sorted[0] ?? null,
    max: sorted.at(-1) ?? null,
    quartiles: low === null || high === null ? null : [low, high],
    subjects: days.length,
    method: `${what}; quartiles ${QUARTILES[type]}`,
  };
}

type Limits = readonly [low: number | null, high: number | null];

/** How long the subjects were followed, by the two methods in use. */
export interface FollowUpFigures {
  readonly median: number;
  readonly exactMonths: number;
  readonly method: string;
  /** By the reverse Kaplan-Meier method; a median or limit that is not reached is null. */
  readonly reverseKaplanMeier: {
    readonly median: number | null;
    readonly ci95: Limits;
    readonly method: string;
  };
}

function inMonths(days: number | null, places: number): number | null {
  return days === null ? null : rounded(days / DAYS_PER_MONTH, places);
}

const asFollowed = ({ days, died }: FollowUp) => ({ time: days, died });

/** Median follow-up in months, of observed times and by the reverse Kaplan-Meier method; null of nobody. */
export function followUpMonths(followed: readonly FollowUp[], level: number): FollowUpFigures | null {
  const middle = median(followed.map(({ days }) => days));
  if (middle === null) return null;
  const exactMonths = middle / DAYS_PER_MONTH;
  const reverse = reverseMedian(followed.map(asFollowed), level);
  return {
    median: rounded(exactMonths, 0),
    exactMonths: rounded(exactMonths, 3),
    method: `median of observed times from first infusion to last contact or death, months of ${DAYS_PER_MONTH} days`,
    reverseKaplanMeier: {
      median: inMonths(reverse.time, 3),
      ci95: [inMonths(reverse.low, 3), inMonths(reverse.high, 3)],
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
  readonly medianCi95: Limits;
  /** The same as shares from 0 to 1, unrounded. */
  readonly exact: {
    readonly survival: number;
    readonly ci95: readonly [number, number] | null;
    readonly standardError: number;
  };
  readonly method: string;
}

/** Survival at 12 months by Kaplan and Meier, with Greenwood's error; limits null where they are not defined. */
export function survivalAtYear(
  followed: readonly FollowUp[],
  level: number,
  scale: LimitScale,
): SurvivalFigures | null {
  const months = 12;
  if (followed.length === 0) return null;
  const curve = kaplanMeier(followed.map(asFollowed), level, scale);
  const at = months * DAYS_PER_MONTH;
  const step = stepAt(curve, at);
  const limits = step?.limits ?? null;
  const middle = medianTime(curve);
  const [share, error] = [step?.survival ?? 1, step?.standardError ?? 0];
  return {
    months,
    survival: rounded(share * 100, 1),
    ci95: limits && [rounded(limits[0] * 100, 1), rounded(limits[1] * 100, 1)],
    standardError: rounded(error * 100, 3),
    atRisk: followed.filter(({ days }) => days >= at).length,
    median: inMonths(middle.time, 3),
    medianCi95: [inMonths(middle.low, 3), inMonths(middle.high, 3)],
    exact: {
      survival: significant(share),
      ci95: limits && [significant(limits[0]), significant(limits[1])],
      standardError: significant(error),
    },
    method: `kaplan-meier from first infusion, greenwood, ${scale} limits, percent`,
  };
}
