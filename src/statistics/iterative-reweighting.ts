import { invertMatrix, type Matrix } from './invert-matrix.ts';

/**
 * Outcomes (1: yes) and, for each, the values of the predictors. `counts`: the number of subjects that each row
 * represents; absent, one.
 */
export interface LogisticObservations {
  readonly outcomes: readonly (0 | 1)[];
  readonly rows: readonly (readonly number[])[];
  readonly counts?: readonly number[];
}

/** The least deviance, and the coefficients that have it. */
interface FitState {
  readonly beta: readonly number[];
  readonly covariance: Matrix;
  readonly deviance: number;
  readonly iterations: number;
}

const computeDotProduct = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);

/** Computes -2 ln of the probability of one outcome at a logit, without overflow for large logits. */
function computeDeviance(outcome: 0 | 1, logit: number): number {
  const signed = outcome === 1 ? -logit : logit;
  return 2 * (signed > 0 ? signed + Math.log1p(Math.exp(-signed)) : Math.log1p(Math.exp(signed)));
}

/** Coefficients beyond this mean that a predictor separates the outcomes: the estimate is infinite. */
const SEPARATION_LIMIT = 25;

/** Builds the weighted normal equations of one step: the information matrix and the right-hand side. */
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
 * Fits a logistic regression by iteratively reweighted least squares until the deviance changes by less than 1e-14 of
 * itself (R's default stops at 1e-8 and shows it in the fourth decimal of the errors). Start and covariance are those of
 * R's `glm.fit`: shares of 1/4 and 3/4, and the weights of the last step.
 *
 * @param data rows with the intercept as their first column
 * @param offsets a fixed part of each row's logit; an empty list for none
 * @returns coefficients on the logit scale; null where there is no finite estimate
 * @example
 * fitByReweighting({ outcomes: [0, 1, 1, 1], rows: [[1], [1], [1], [1]] }, []).beta // => [1.09861]
 */
export function fitByReweighting(data: LogisticObservations, offsets: readonly number[]): FitState | null {
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
    const weighDeviance = (logit: number, i: number) =>
      (counts?.[i] ?? 1) * computeDeviance(outcomes[i] ?? 0, logit);
    const deviance = logits.reduce((sum, logit, i) => sum + weighDeviance(logit, i), 0);
    const isSettled = Math.abs(before - deviance) / (Math.abs(deviance) + 0.1) < 1e-14;
    if (isSettled) return { beta, covariance, deviance, iterations };
    before = deviance;
  }
  return null;
}
