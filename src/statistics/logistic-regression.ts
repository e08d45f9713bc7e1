import { fitByReweighting, type LogisticObservations } from './iterative-reweighting.ts';
import { computeTwoSidedP } from './normal-distribution.ts';

/** One coefficient of a logistic regression, on the logit scale. */
export interface LogisticCoefficient {
  readonly name: string;
  readonly estimate: number;
  readonly standardError: number;
  /** Wald's z and its two-sided p. */
  readonly z: number;
  readonly p: number;
}

/** A fitted logistic regression; the intercept is the first coefficient. */
export interface LogisticFit {
  readonly coefficients: readonly LogisticCoefficient[];
  readonly deviance: number;
  readonly nullDeviance: number;
  readonly aic: number;
  readonly iterations: number;
}

/** Outcomes and predictors; `names` are those of the predictors, in the order of the values in each row. */
export interface LogisticData extends LogisticObservations {
  readonly names: readonly string[];
}

/**
 * Fits a logistic regression with an intercept by maximum likelihood. The same as R's
 * `glm(outcome ~ ..., family = binomial)` with `epsilon = 1e-14`.
 *
 * @returns coefficients on the logit scale (exp of one is an odds ratio); null where the estimate does not exist: no
 * data, a predictor that does not vary or repeats another, or outcomes that a predictor separates completely
 * @example
 * fitLogistic({ names: ['x'], outcomes: [0, 1, 0, 1, 1, 1], rows: [[0], [0], [0], [1], [1], [1]] }) // => null
 * fitLogistic({ names: ['x'], outcomes: [0, 1, 0, 1], rows: [[0], [0], [1], [1]], counts: [2, 1, 1, 2] }).coefficients[1].estimate // => 1.38629
 */
export function fitLogistic(data: LogisticData): LogisticFit | null {
  const { names, outcomes, rows } = data;
  const state =
    outcomes.length === 0 ? null : fitByReweighting({ ...data, rows: rows.map((row) => [1, ...row]) }, []);
  const empty = state && fitByReweighting({ ...data, rows: rows.map(() => [1]) }, []);
  if (state === null || empty === null) return null;
  const coefficients = state.beta.map((estimate, i) => {
    const standardError = Math.sqrt(state.covariance[i]?.[i] ?? Number.NaN);
    const z = estimate / standardError;
    return { name: names[i - 1] ?? '(intercept)', estimate, standardError, z, p: computeTwoSidedP(z) };
  });
  return {
    coefficients,
    deviance: state.deviance,
    nullDeviance: empty.deviance,
    aic: state.deviance + 2 * state.beta.length,
    iterations: state.iterations,
  };
}
