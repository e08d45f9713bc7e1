import { computeClopperPearson } from './clopper-pearson.ts';
import type { ProportionLimits } from './proportion-limits.ts';
import { computeWilson } from './wilson.ts';
import { computeWilsonCorrected } from './wilson-corrected.ts';

/** The intervals that a protocol may name. */
export const INTERVAL_METHODS = ['clopper-pearson', 'wilson', 'wilson-cc'] as const;

type IntervalMethod = (typeof INTERVAL_METHODS)[number];

const INTERVALS_BY_METHOD = {
  'clopper-pearson': computeClopperPearson,
  wilson: computeWilson,
  'wilson-cc': computeWilsonCorrected,
} as const;

/**
 * Computes confidence limits of a proportion by the method that the protocol names.
 *
 * @param x number of subjects with the property, from 0 to n
 * @param n number of subjects
 * @param level confidence level, such as 0.95
 * @returns limits as proportions; [0, 1] for n = 0
 * @example
 * computeProportionLimits('wilson', 21, 74, 0.95) // => [0.19374, 0.39517]
 */
export function computeProportionLimits(
  method: IntervalMethod,
  x: number,
  n: number,
  level: number,
): ProportionLimits {
  return INTERVALS_BY_METHOD[method](x, n, level);
}
