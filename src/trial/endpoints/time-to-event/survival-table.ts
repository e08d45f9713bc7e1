import { estimateKaplanMeier, findStepAt, type SurvivalStep } from '../../../statistics/kaplan-meier.ts';
import { estimateMedianSurvival } from '../../../statistics/median-survival.ts';
import type { SurvivalObservation } from '../../../statistics/risk-table.ts';
import type { Protocol } from '../../protocol.ts';
import { roundFigure } from '../counted-share.ts';
import { DAYS_PER_MONTH } from '../follow-up.ts';

/** Limits to ten digits; null where they are not defined or not reached. */
export type FigureLimits = readonly [low: number | null, high: number | null];

/** A curve read at one time: shares from 0 to 1. */
export interface SurvivalAt {
  readonly survival: number | null;
  readonly standardError: number | null;
  readonly limits: FigureLimits;
  readonly counts: { readonly atRisk: number };
}

/** A Kaplan-Meier curve in figures. Months have 30.4375 days. */
export interface SurvivalTable {
  readonly of: number;
  readonly counts: { readonly events: number; readonly censored: number };
  /** By months from the beginning of the curve. */
  readonly months: Readonly<Record<string, SurvivalAt>>;
  readonly medianMonths: { readonly time: number | null; readonly limits: FigureLimits };
}

/** Reads the standard error: 0 before the first step, null once nobody is left. */
function readStandardError(step: SurvivalStep | null): number | null {
  if (step === null) return 0;
  return Number.isFinite(step.standardError) ? roundFigure(step.standardError) : null;
}

function readCurve(
  curve: readonly SurvivalStep[],
  followed: readonly SurvivalObservation[],
  days: number,
): SurvivalAt {
  const atRisk = followed.filter(({ time }) => time >= days).length;
  const counts = { atRisk };
  const last = followed.reduce((longest, { time }) => Math.max(longest, time), 0);
  const step = findStepAt(curve, days);
  const isKnown = followed.length > 0 && (days <= last || step?.survival === 0);
  if (!isKnown) return { survival: null, standardError: null, limits: [null, null], counts };
  const [low, high] = step?.limits ?? [null, null];
  return {
    survival: roundFigure(step?.survival ?? 1),
    standardError: readStandardError(step),
    limits: [roundFigure(low), roundFigure(high)],
    counts,
  };
}

const toFigureMonths = (days: number | null): number | null =>
  roundFigure(days === null ? null : days / DAYS_PER_MONTH);

/**
 * Builds the figures of a Kaplan-Meier curve: read at these months, and its median. At a month after the last observation
 * the curve is not defined, unless it has reached 0. Limits by the protocol's `survivalLimits`.
 *
 * @param followed times in days
 */
export function buildSurvivalTable(
  followed: readonly SurvivalObservation[],
  months: readonly number[],
  { interval, statistics }: Protocol,
): SurvivalTable {
  const curve = estimateKaplanMeier(followed, Number(interval.percent) / 100, statistics.survivalLimits);
  const median = estimateMedianSurvival(curve);
  const events = followed.filter(({ died }) => died).length;
  return {
    of: followed.length,
    counts: { events, censored: followed.length - events },
    months: Object.fromEntries(
      months.map((month) => [month, readCurve(curve, followed, month * DAYS_PER_MONTH)]),
    ),
    medianMonths: {
      time: toFigureMonths(median.time),
      limits: [toFigureMonths(median.low), toFigureMonths(median.high)],
    },
  };
}
