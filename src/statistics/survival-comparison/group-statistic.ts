import { computeChiSquareP } from '../chi-square-p.ts';
import { invertMatrix, type Matrix } from '../invert-matrix.ts';

/** A test statistic with a chi-square distribution, its degrees of freedom and its p. */
export interface ChiSquareResult {
  readonly chiSquare: number;
  readonly df: number;
  readonly p: number;
}

/**
 * Combines the scores of groups (observed less expected events) to a chi-square statistic. The scores sum to 0, so the
 * last group says nothing new and is left out; a group without variance was not at risk at any event and is left out too.
 *
 * @param covariance of the scores, by rows
 * @returns null where fewer than two groups were at risk
 * @example
 * combineScores([2, -2], [[4, -4], [-4, 4]]) // => {"chiSquare":1,"df":1,"p":0.31731}
 * combineScores([0, 0], [[0, 0], [0, 0]]) // => null
 */
export function combineScores(scores: readonly number[], covariance: Matrix): ChiSquareResult | null {
  const kept = scores.flatMap((_score, i) => ((covariance[i]?.[i] ?? 0) > 0 ? [i] : [])).slice(0, -1);
  if (kept.length === 0) return null;
  const inverse = invertMatrix(kept.map((i) => kept.map((j) => covariance[i]?.[j] ?? 0)));
  if (inverse === null) return null;
  let chiSquare = 0;
  inverse.forEach((row, a) => {
    row.forEach((value, b) => {
      chiSquare += (scores[kept[a] ?? 0] ?? 0) * value * (scores[kept[b] ?? 0] ?? 0);
    });
  });
  return { chiSquare, df: kept.length, p: computeChiSquareP(chiSquare, kept.length) };
}
