import { computeNormalQuantile, computeTwoSidedP, findRoot } from './distributions.ts';

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

/**
 * Outcomes (1: yes) and, for each, the values of the predictors in the order of `names`. `counts`: how many subjects each
 * row stands for; absent, one.
 */
export interface LogisticData {
  readonly names: readonly string[];
  readonly outcomes: readonly (0 | 1)[];
  readonly rows: readonly (readonly number[])[];
  readonly counts?: readonly number[];
}

type Matrix = readonly (readonly number[])[];

/** The inverse of a symmetric positive definite matrix by Gauss and Jordan; null where it has none. */
function invertMatrix(matrix: Matrix): Matrix | null {
  const n = matrix.length;
  const work = matrix.map((row, i) => [...row, ...row.map((_, j) => (i === j ? 1 : 0))]);
  for (let i = 0; i < n; i += 1) {
    const pivot = work[i]?.[i] ?? 0;
    if (!(Math.abs(pivot) > 1e-12)) return null;
    const scaled = (work[i] ?? []).map((value) => value / pivot);
    work.forEach((row, j) => {
      const factor = row[i] ?? 0;
      work[j] = j === i ? scaled : row.map((value, k) => value - factor * (scaled[k] ?? 0));
    });
  }
  return work.map((row) => row.slice(n));
}

interface FitState {
  readonly beta: readonly number[];
  readonly covariance: Matrix;
  readonly deviance: number;
  readonly iterations: number;
}

const computeDotProduct = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);

/** -2 ln of the probability of one outcome at a logit, without overflow for large ones. */
function computeDeviance(outcome: 0 | 1, logit: number): number {
  const signed = outcome === 1 ? -logit : logit;
  return 2 * (signed > 0 ? signed + Math.log1p(Math.exp(-signed)) : Math.log1p(Math.exp(signed)));
}

/** Logits beyond this mean that a predictor parts the outcomes: the estimate runs to infinity. */
const SEPARATION_LIMIT = 25;

type LogisticObservations = Pick<LogisticData, 'outcomes' | 'rows' | 'counts'>;

/** The weighted normal equations of one step: information, and what it is to be solved for. */
function buildNormalEquations(
  { outcomes, rows, counts }: LogisticObservations,
  logits: readonly number[],
  offsets: readonly number[],
) {
  const width = rows[0]?.length ?? 0;
  const right = new Array<number>(width).fill(0);
  const information = right.map(() => new Array<number>(width).fill(0));
  rows.forEach((row, i) => {
    const logit = logits[i] ?? 0;
    const share = 1 / (1 + Math.exp(-logit));
    const count = counts?.[i] ?? 1;
    const weight = count * share * (1 - share);
    const response = weight * (logit - (offsets[i] ?? 0)) + count * ((outcomes[i] ?? 0) - share);
    row.forEach((value, j) => {
      right[j] = (right[j] ?? 0) + value * response;
      const line = information[j] ?? [];
      row.forEach((other, k) => {
        line[k] = (line[k] ?? 0) + weight * value * other;
      });
    });
  });
  return { information, right };
}

/**
 * Iteratively reweighted least squares until the deviance moves by less than 1e-14 of itself (R's default stops at 1e-8
 * and shows it in the fourth decimal of the errors). Start and covariance are R's: shares of 1/4 and 3/4, and the
 * weights of the last step. Null where there is no finite estimate.
 */
function fitByReweighting(data: LogisticObservations, offsets: readonly number[]): FitState | null {
  const { outcomes, rows, counts } = data;
  let logits: readonly number[] = outcomes.map((outcome) => (outcome === 1 ? Math.log(3) : -Math.log(3)));
  let before = Number.POSITIVE_INFINITY;
  for (let iterations = 1; iterations <= 100; iterations += 1) {
    const { information, right } = buildNormalEquations(data, logits, offsets);
    const covariance = invertMatrix(information);
    if (covariance === null) return null;
    const beta = covariance.map((line) => computeDotProduct(line, right));
    if (beta.some((b) => !(Math.abs(b) < SEPARATION_LIMIT))) return null;
    logits = rows.map((row, i) => computeDotProduct(row, beta) + (offsets[i] ?? 0));
    const devianceOf = (logit: number, i: number) =>
      (counts?.[i] ?? 1) * computeDeviance(outcomes[i] ?? 0, logit);
    const deviance = logits.reduce((sum, logit, i) => sum + devianceOf(logit, i), 0);
    const settled = Math.abs(before - deviance) / (Math.abs(deviance) + 0.1) < 1e-14;
    if (settled) return { beta, covariance, deviance, iterations };
    before = deviance;
  }
  return null;
}

function addIntercept(rows: Matrix): Matrix {
  return rows.map((row) => [1, ...row]);
}

/**
 * Logistic regression with an intercept, by maximum likelihood. Null where the estimate does not exist: no data, a
 * predictor that does not vary or repeats another, or outcomes that a predictor parts without remainder.
 */
export function fitLogistic(data: LogisticData): LogisticFit | null {
  const { names, outcomes, rows } = data;
  const state = outcomes.length === 0 ? null : fitByReweighting({ ...data, rows: addIntercept(rows) }, []);
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

/** Limits of a coefficient from its standard error (as R's confint.default), logit scale. */
export function computeWaldLimits(
  { estimate, standardError }: LogisticCoefficient,
  level: number,
): readonly [number, number] {
  const half = computeNormalQuantile(level) * standardError;
  return [estimate - half, estimate + half];
}

/**
 * Limits of coefficient `index` (0: intercept) from the profile likelihood, logit scale: the values at which the
 * deviance, all others fitted anew, is the chi-square quantile above its least. Null: no finite limit on that side.
 */
export function computeProfileLimits(
  data: LogisticData,
  fit: LogisticFit,
  index: number,
  level: number,
): readonly [low: number | null, high: number | null] {
  const rows = addIntercept(data.rows);
  const rest = rows.map((row) => row.filter((_, j) => j !== index));
  const allowed = fit.deviance + computeNormalQuantile(level) ** 2;
  const { estimate = 0, standardError = 1 } = fit.coefficients[index] ?? {};
  const excess = (value: number): number => {
    const offsets = rows.map((row) => (row[index] ?? 0) * value);
    // Without a fit the value is out of the question.
    return (
      (fitByReweighting({ ...data, rows: rest }, offsets)?.deviance ?? Number.POSITIVE_INFINITY) - allowed
    );
  };
  const side = (direction: 1 | -1): number | null => {
    for (let reach = 3 * standardError; reach < 1000; reach *= 2) {
      if (excess(estimate + direction * reach) < 0) continue;
      return estimate + direction * findRoot((away) => excess(estimate + direction * away), 0, reach);
    }
    return null;
  };
  return [side(-1), side(1)];
}
