import { tabulateBinomial, tabulateUpperTail } from './binomial-table.ts';

/**
 * A design in two stages: after `n1` subjects the trial stops if at most `r1` of them responded; else it goes on to `n`
 * subjects, and the treatment is rejected if at most `r` of all responded.
 */
export interface TwoStageDesign {
  readonly n1: number;
  readonly r1: number;
  readonly n: number;
  readonly r: number;
}

/** What happens at a true response rate. */
interface TwoStageProperties {
  /** The probability to stop after the first stage. */
  readonly earlyStop: number;
  /** The expected number of subjects. */
  readonly expectedSize: number;
  /** The probability that more than `r` respond (with the trial not stopped): type I error, or power. */
  readonly rejectNull: number;
}

/**
 * Computes the probability that the trial goes on and at least so many subjects respond.
 *
 * @param first distribution of the responders in the first stage
 * @param restTail upper tail of the responders in the second stage, from `tabulateUpperTail`
 * @param r1 largest number of responders at which the trial stops
 * @param total responders in both stages
 * @example
 * computeLateTail([0.25, 0.5, 0.25], [1, 0.5, 0], 0, 2) // => 0.5
 */
export function computeLateTail(
  first: readonly number[],
  restTail: readonly number[],
  r1: number,
  total: number,
): number {
  let sum = 0;
  // From the far end, where the terms are smallest.
  for (let x = first.length - 1; x > r1; x -= 1)
    sum += (first[x] ?? 0) * (restTail[Math.max(0, total - x)] ?? 0);
  return sum;
}

/**
 * Computes the properties of a two-stage design at a response rate. Source: Simon, Control Clin Trials 1989;10:1. The same
 * as R's `dbinom` and `pbinom` put together by its equations.
 *
 * @param p the true response rate, from 0 to 1
 * @example
 * computeTwoStageProperties({ n1: 9, r1: 0, n: 17, r: 2 }, 0.05) // => {"earlyStop":0.63025,"expectedSize":11.958,"rejectNull":0.0466}
 */
export function computeTwoStageProperties(design: TwoStageDesign, p: number): TwoStageProperties {
  const { n1, r1, n, r } = design;
  const first = tabulateBinomial(n1, p);
  const restTail = tabulateUpperTail(tabulateBinomial(n - n1, p));
  const earlyStop = first.slice(0, r1 + 1).reduce((sum, mass) => sum + mass, 0);
  return {
    earlyStop,
    expectedSize: n1 + (1 - earlyStop) * (n - n1),
    rejectNull: computeLateTail(first, restTail, r1, r + 1),
  };
}
