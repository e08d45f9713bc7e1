import { findRoot } from './find-root.ts';
import { fitByReweighting } from './iterative-reweighting.ts';
import type { LogisticData, LogisticFit } from './logistic-regression.ts';
import { computeNormalQuantile } from './normal-distribution.ts';

/** Where a limit is searched for at most, on the logit scale. */
const MAX_REACH = 1000;

/**
 * Computes the limits of a coefficient from the profile likelihood, on the logit scale: the values at which the deviance,
 * with all other coefficients fitted again, is the chi-square quantile above its minimum. Source: Venzon and Moolgavkar,
 * J R Stat Soc C 1988;37:87. The same as R's `confint` of a `glm`, which interpolates.
 *
 * @param index of the coefficient; 0 is the intercept
 * @param level confidence level, such as 0.95
 * @returns null for a side on which there is no finite limit
 * @example
 * computeProfileLimits({ names: [], outcomes: [0, 1], rows: [[], []] }, fitLogistic({ names: [], outcomes: [0, 1], rows: [[], []] }), 0, 0.95) // => [-3.22939, 3.22939]
 */
export function computeProfileLimits(
  data: LogisticData,
  fit: LogisticFit,
  index: number,
  level: number,
): readonly [low: number | null, high: number | null] {
  const rows = data.rows.map((row) => [1, ...row]);
  const otherColumns = rows.map((row) => row.filter((_, column) => column !== index));
  const allowed = fit.deviance + computeNormalQuantile(level) ** 2;
  const { estimate = 0, standardError = 1 } = fit.coefficients[index] ?? {};
  const computeExcess = (value: number): number => {
    const offsets = rows.map((row) => (row[index] ?? 0) * value);
    const refit = fitByReweighting({ ...data, rows: otherColumns }, offsets);
    // Without a fit the value is impossible.
    return (refit?.deviance ?? Number.POSITIVE_INFINITY) - allowed;
  };
  const findLimit = (direction: 1 | -1): number | null => {
    for (let reach = 3 * standardError; reach < MAX_REACH; reach *= 2) {
      if (computeExcess(estimate + direction * reach) < 0) continue;
      const distance = findRoot((away) => computeExcess(estimate + direction * away), 0, reach);
      return estimate + direction * distance;
    }
    return null;
  };
  return [findLimit(-1), findLimit(1)];
}
