import type { QuantileType } from '../../../statistics/quantile.ts';
import { type NumberSummary, summariseNumbers } from '../../../statistics/summarise-numbers.ts';
import { roundFigure } from '../counted-share.ts';

/** Summarises one value of each subject who has one, with quartiles by the protocol's `quartileType`. */
export function summariseSubjectValues(
  values: readonly (number | null | undefined)[],
  type: QuantileType,
): NumberSummary {
  const known = values.filter((value) => value !== null && value !== undefined);
  const { n, mean, sd, median, q1, q3, min, max } = summariseNumbers(known, type);
  return {
    n,
    mean: roundFigure(mean),
    sd: roundFigure(sd),
    median: roundFigure(median),
    q1: roundFigure(q1),
    q3: roundFigure(q3),
    min: roundFigure(min),
    max: roundFigure(max),
  };
}
