import { describe, expect, test } from '@jest/globals';
import { fitLogistic, type LogisticData } from '../../src/statistics/logistic-regression.ts';
import { computeProfileLimits } from '../../src/statistics/profile-limits.ts';
import { computeWaldLimits } from '../../src/statistics/wald-limits.ts';

/** 74 invented subjects by formula. */
const SUBJECTS = Array.from({ length: 74 }, (_, k) => k + 1);
const toFlag = (is: boolean): 0 | 1 => (is ? 1 : 0);
const DATA: LogisticData = {
  names: ['atg', 'infection', 'age'],
  outcomes: SUBJECTS.map((i) => toFlag(i % 3 === 2 && i <= 64)),
  rows: SUBJECTS.map((i) => [
    toFlag(i % 3 === 0 || i % 7 === 2),
    toFlag(i % 5 === 0 || i % 11 === 4),
    15 + ((i * 13) % 50),
  ]),
};

/** R 4.2.2, glm with epsilon 1e-14: estimate, standard error, z, p, and confint.default as odds ratios. */
const EXPECTED = [
  [
    0.01270236298585206, 0.8872394081785697, 0.0143167254167947, 0.98857729604600886, 0.1779495986016912,
    5.76416122446579,
  ],
  [
    -1.8969195054516614, 0.683743411910954, -2.7743148561389037, 0.00553181111132367, 0.0392803074863085,
    0.573035824408134,
  ],
  [
    0.05063181441270893, 0.638772065850635, 0.0792642902210884, 0.9368224091785915, 0.3007913545070834,
    3.678856822314681,
  ],
  [
    -0.00910843892423149, 0.0198747341475518, -0.4582923654027077, 0.64674240838963293, 0.9530745020403967,
    1.030295159907585,
  ],
] as const;

describe('logistic regression', () => {
  const fit = fitLogistic(DATA);
  if (fit === null) throw new Error('the data have a fit');

  test.each(EXPECTED.map((row, i) => [fit.coefficients[i]?.name, i, row] as const))(
    '%s as R has it',
    (_name, i, [estimate, error, z, p, low, high]) => {
      const own = fit.coefficients[i];
      if (own === undefined) throw new Error('a coefficient is missing');
      expect(Math.abs(own.estimate - estimate)).toBeLessThan(1e-11);
      expect(Math.abs(own.standardError - error)).toBeLessThan(1e-11);
      expect(Math.abs(own.z - z)).toBeLessThan(1e-11);
      expect(Math.abs(own.p - p)).toBeLessThan(1e-11);
      const limits = computeWaldLimits(own, 0.95);
      expect(Math.abs(Math.exp(limits[0]) - low)).toBeLessThan(1e-11);
      expect(Math.abs(Math.exp(limits[1]) - high)).toBeLessThan(1e-10);
    },
  );

  test('deviances and AIC as R has them', () => {
    expect(fit.deviance).toBeCloseTo(77.9327974102792, 11);
    expect(fit.nullDeviance).toBeCloseTo(88.2807485733084, 11);
    expect(fit.aic).toBeCloseTo(85.9327974102792, 11);
  });

  test('at a profile limit the deviance is the chi-square quantile above its least', () => {
    const [low, high] = computeProfileLimits(DATA, fit, 1, 0.95);
    for (const limit of [low, high]) {
      if (limit === null) throw new Error('both limits are finite');
      // The model with the coefficient held fixed, fitted by search.
      const held = heldDeviance(limit);
      expect(held - fit.deviance).toBeCloseTo(3.841458820694124, 8);
    }
    expect(low).toBeLessThan(fit.coefficients[1]?.estimate ?? 0);
    expect(high).toBeGreaterThan(fit.coefficients[1]?.estimate ?? 0);
  });

  /** The least deviance with the coefficient of `atg` held, by descent over the other three: no code of the engine. */
  function heldDeviance(atg: number): number {
    const at = (b: readonly number[]): number =>
      DATA.rows.reduce((sum, [a = 0, infection = 0, age = 0], i) => {
        const logit = (b[0] ?? 0) + atg * a + (b[1] ?? 0) * infection + (b[2] ?? 0) * ((age - 40) / 15);
        return sum + 2 * Math.log1p(Math.exp(DATA.outcomes[i] === 1 ? -logit : logit));
      }, 0);
    let best: readonly number[] = [0, 0, 0];
    for (let step = 1; step > 1e-7; ) {
      const tried = best.flatMap((_, j) =>
        [step, -step].map((s) => best.map((b, k) => (k === j ? b + s : b))),
      );
      const better = tried.find((one) => at(one) < at(best));
      if (better) best = better;
      else step /= 2;
    }
    return at(best);
  }

  test('is null where the estimate does not exist', () => {
    const parted = { names: ['x'], outcomes: [0, 0, 1, 1] as const, rows: [[0], [0], [1], [1]] };
    expect(fitLogistic(parted)).toBeNull();
    expect(fitLogistic({ ...parted, rows: [[1], [1], [1], [1]] })).toBeNull();
    expect(fitLogistic({ names: [], outcomes: [], rows: [] })).toBeNull();
  });
});

test('a row for several subjects equals the subjects one by one', () => {
  const flags = DATA.rows.map((row) => row.slice(0, 2));
  const single = { ...DATA, names: DATA.names.slice(0, 2), rows: flags };
  const patterns = [...new Set(single.outcomes.map((outcome, i) => `${outcome} ${flags[i]?.join(' ')}`))];
  const cells = patterns.map((pattern) => pattern.split(' ').map(Number));
  const grouped: LogisticData = {
    names: single.names,
    outcomes: cells.map(([outcome]) => toFlag(outcome === 1)),
    rows: cells.map(([, ...row]) => row),
    counts: patterns.map(
      (pattern) =>
        single.outcomes.filter((outcome, i) => `${outcome} ${flags[i]?.join(' ')}` === pattern).length,
    ),
  };
  const [one, many] = [fitLogistic(single), fitLogistic(grouped)];
  expect(grouped.rows.length).toBeLessThan(10);
  expect(many?.deviance).toBeCloseTo(one?.deviance ?? 0, 9);
  expect(many?.nullDeviance).toBeCloseTo(one?.nullDeviance ?? 0, 9);
  if (!one || !many) throw new Error('no fit');
  many.coefficients.forEach((coefficient, i) => {
    expect(coefficient.estimate).toBeCloseTo(one.coefficients[i]?.estimate ?? 0, 9);
    expect(coefficient.standardError).toBeCloseTo(one.coefficients[i]?.standardError ?? 0, 9);
    const limits = computeProfileLimits(grouped, many, i, 0.95);
    expect(limits[0]).toBeCloseTo(computeProfileLimits(single, one, i, 0.95)[0] ?? 0, 7);
  });
});
