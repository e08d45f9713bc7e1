import { describe, expect, test } from '@jest/globals';
import { computeClopperPearson } from '../../src/statistics/clopper-pearson.ts';
import { runFisherTest } from '../../src/statistics/fisher-test.ts';
import { estimateKaplanMeier, findStepAt } from '../../src/statistics/kaplan-meier.ts';
import { computeMedian } from '../../src/statistics/median.ts';
import { estimateMedianFollowUp } from '../../src/statistics/median-follow-up.ts';
import { estimateMedianSurvival } from '../../src/statistics/median-survival.ts';
import { computeNormalQuantile, computeTwoSidedP } from '../../src/statistics/normal-distribution.ts';
import { toPercent } from '../../src/statistics/percent.ts';
import { computeProportionLimits } from '../../src/statistics/proportion-interval.ts';
import { computeQuantile } from '../../src/statistics/quantile.ts';
import { roundHalfUp } from '../../src/statistics/rounding.ts';
import { runLogRankGroupsTest } from '../../src/statistics/survival-comparison/log-rank-groups.ts';
import { computeWilson } from '../../src/statistics/wilson.ts';
import { computeWilsonCorrected } from '../../src/statistics/wilson-corrected.ts';

/** Values of R 4.2.2 (binom.test; the score interval by its formula), as limits in proportions. */
const INTERVALS = [
  [21, 74, 0.18501107492794894, 0.4005203633081558, 0.19373547108022537, 0.3951725416317253],
  [5, 74, 0.022301512329235232, 0.1506787285430785, 0.02920408616536219, 0.1486119392585393],
  [16, 74, 0.12893297230986597, 0.3272369696639303, 0.13770451655905028, 0.3227372501253851],
  [65, 74, 0.7816389033305587, 0.9428504456773248, 0.78473413433231254, 0.9346768434217738],
] as const;

describe('intervals', () => {
  test.each(INTERVALS)('%i of %i as R has it', (x, n, exactLow, exactHigh, scoreLow, scoreHigh) => {
    const exact = computeClopperPearson(x, n, 0.95);
    const score = computeWilson(x, n, 0.95);
    expect(Math.abs(exact[0] - exactLow)).toBeLessThan(1e-12);
    expect(Math.abs(exact[1] - exactHigh)).toBeLessThan(1e-12);
    expect(Math.abs(score[0] - scoreLow)).toBeLessThan(1e-12);
    expect(Math.abs(score[1] - scoreHigh)).toBeLessThan(1e-12);
  });

  test('no subject, all subjects and none at all have limits', () => {
    expect(computeClopperPearson(0, 74, 0.95)[0]).toBe(0);
    expect(computeClopperPearson(0, 74, 0.95)[1]).toBeCloseTo(1 - 0.025 ** (1 / 74), 12);
    expect(computeClopperPearson(74, 74, 0.95)[0]).toBeCloseTo(0.025 ** (1 / 74), 12);
    expect(computeClopperPearson(74, 74, 0.95)[1]).toBe(1);
    expect(computeClopperPearson(0, 0, 0.95)).toEqual([0, 1]);
    expect(computeWilson(0, 0, 0.95)).toEqual([0, 1]);
  });

  test('the normal quantile', () => {
    expect(computeNormalQuantile(0.95)).toBeCloseTo(1.959963984540054, 12);
    expect(computeNormalQuantile(0.9)).toBeCloseTo(1.6448536269514722, 12);
  });
});

/** R 4.2.2, prop.test with continuity correction. */
const CORRECTED_INTERVALS = [
  [21, 74, 0.18800567125326417, 0.4022635005266432],
  [5, 74, 0.025141310734145283, 0.1572713743742518],
  [65, 74, 0.776741691954312, 0.9394682761065046],
  [0, 74, 0, 0.0614905926395449],
  [74, 74, 0.9385094073604552, 1],
  [1, 74, 0.000705811359592732, 0.0831945521551224],
] as const;

test.each(CORRECTED_INTERVALS)('%i of %i, corrected score limits as R has them', (x, n, low, high) => {
  const score = computeWilsonCorrected(x, n, 0.95);
  expect(Math.abs(score[0] - low)).toBeLessThan(1e-12);
  expect(Math.abs(score[1] - high)).toBeLessThan(1e-12);
  expect(computeProportionLimits('wilson-cc', x, n, 0.95)).toEqual(score);
});

describe('Fisher’s exact test', () => {
  test('p as R has it', () => {
    expect(runFisherTest([15, 20, 6, 33], 0.95).p).toBeCloseTo(0.0108780251532651, 12);
    expect(runFisherTest([3, 9, 10, 2], 0.95).p).toBeCloseTo(0.0122781377997423, 12);
    expect(runFisherTest([0, 7, 5, 4], 0.95).p).toBeCloseTo(0.0336538461538462, 12);
    expect(runFisherTest([0, 0, 0, 0], 0.95)).toEqual({ p: 1, oddsRatio: null, limits: [0, null] });
  });

  /** scipy 1.17.1, odds_ratio(kind='conditional'), which searches to 1e-12. */
  test.each([
    [[15, 20, 6, 33], 4.042903657097173, 1.2350592874672346, 14.925747821540968],
    [[3, 9, 10, 2], 0.07736871705690884, 0.005236124013202838, 0.6473454658420753],
    [[25, 18, 28, 3], 0.1524708888611319, 0.025731605272000246, 0.6125612187249996],
  ] as const)('odds ratio of %j as scipy has it', (table, ratio, low, high) => {
    const found = runFisherTest(table, 0.95);
    expect(Math.abs((found.oddsRatio ?? 0) - ratio)).toBeLessThan(1e-9);
    expect(Math.abs(found.limits[0] - low)).toBeLessThan(1e-9);
    expect(Math.abs((found.limits[1] ?? 0) - high)).toBeLessThan(1e-9);
  });

  /** R searches for these to about 1e-4 only (uniroot's default): no closer can be asked of it. */
  test.each([
    [[15, 20, 6, 33], 4.04289550902647, 1.23504630761435, 14.9261061881822],
    [[3, 9, 10, 2], 0.0773694148298618, 0.00523982767652936, 0.647345443889166],
    [[25, 18, 28, 3], 0.15247156608085, 0.0257123335560982, 0.612532263786517],
    [[40, 15, 13, 6], 1.22721487296877, 0.32173156182702, 4.29208650153502],
  ] as const)('odds ratio of %j as R has it', (table, ratio, low, high) => {
    const { oddsRatio, limits } = runFisherTest(table, 0.95);
    for (const [own, other] of [
      [oddsRatio ?? 0, ratio],
      [limits[0], low],
      [limits[1] ?? 0, high],
    ] as const)
      expect(Math.abs(own - other)).toBeLessThan(1e-4 * Math.max(1, other));
  });

  test('no responders on one side: odds ratio 0, with an upper limit, and its mirror image', () => {
    const none = runFisherTest([0, 7, 5, 4], 0.95);
    expect(none.oddsRatio).toBe(0);
    expect(none.limits[0]).toBe(0);
    expect(none.limits[1]).toBeCloseTo(1.06667766210732, 3);
    const all = runFisherTest([7, 0, 4, 5], 0.95);
    expect(all).toMatchObject({ oddsRatio: null, limits: [expect.any(Number), null] });
    expect(all.p).toBeCloseTo(none.p, 14);
    expect(all.limits[0]).toBeCloseTo(1 / (none.limits[1] ?? 0), 12);
  });
});

/** The two groups of the AML maintenance trial (Miller 1997), as time and whether it ended in relapse. */
const MAINTAINED = '9 13 13+ 18 23 28+ 31 34 45+ 48 161+';
const NOT_MAINTAINED = '5 5 8 8 12 16+ 23 27 30 33 43 45';
const parseTimes = (text: string) =>
  text.split(' ').map((time) => ({ time: Number.parseInt(time, 10), died: !time.endsWith('+') }));

/** 74 invented rows by formula: times 6 to 31.55, nine deaths. */
const ROW_NUMBERS = Array.from({ length: 74 }, (_, i) => i + 1);
const INVENTED_TIMES = ROW_NUMBERS.map((i) => ({
  time: Math.round((6 + ((i * 31) % 74) * 0.35) * 100) / 100,
  died: i % 8 === 3,
}));

describe('Kaplan-Meier', () => {
  const followed = [...parseTimes(MAINTAINED), ...parseTimes(NOT_MAINTAINED)];
  const curve = estimateKaplanMeier(followed, 0.95);

  test.each([
    [12, 0.739130434782609, 0.0915605371517001, 0.50920943875421876, 0.873375781697676],
    [17, 0.695652173913043, 0.0959438755421514, 0.46564174976200395, 0.841721291391763],
    [24, 0.546583850931677, 0.1072506417401223, 0.31925041397118686, 0.726449173820634],
    [48, 0.082815734989648, 0.0726618005035283, 0.00695596679853646, 0.286760367980918],
  ])(
    'the curve at %i, its error and its log-log limits as R has them',
    (time, survival, error, low, high) => {
      const step = findStepAt(curve, time);
      expect(step?.survival).toBeCloseTo(survival, 12);
      expect(step?.standardError).toBeCloseTo(error, 12);
      expect(step?.limits?.[0]).toBeCloseTo(low, 12);
      expect(step?.limits?.[1]).toBeCloseTo(high, 12);
    },
  );

  test.each([
    ['plain', 12, 0.559675079560135, 0.918585790005082],
    ['plain', 5, 0.7978889601695958, 1],
    ['plain', 48, 0, 0.225230247028398],
    ['log', 12, 0.5797992179680311, 0.942246527231519],
    ['log', 5, 0.8048547977829578, 1],
    ['log', 48, 0.0148346082548472, 0.462327406565294],
  ] as const)('%s limits at %i', (scale, time, low, high) => {
    const limits = findStepAt(estimateKaplanMeier(followed, 0.95, scale), time)?.limits;
    expect(limits?.[0]).toBeCloseTo(low, 12);
    expect(limits?.[1]).toBeCloseTo(high, 12);
  });

  test('the median with its limits on each scale', () => {
    const medianOn = (scale: 'plain' | 'log' | 'log-log') =>
      estimateMedianSurvival(estimateKaplanMeier(followed, 0.95, scale));
    expect(medianOn('plain')).toEqual({ time: 27, low: 18, high: 34 });
    // R prints 45 too; its quantile() gives 48, because it sorts limits that do not fall all the way.
    expect(medianOn('log')).toEqual({ time: 27, low: 18, high: 45 });
    expect(medianOn('log-log')).toEqual({ time: 27, low: 13, high: 34 });
    expect(estimateMedianSurvival(estimateKaplanMeier(INVENTED_TIMES, 0.95, 'log-log'))).toEqual({
      time: null,
      low: 30.85,
      high: null,
    });
  });

  test('where the curve lies on a half, the median is the middle', () => {
    const half = [1, 2, 3, 4].map((time) => ({ time, died: true }));
    expect(estimateMedianSurvival(estimateKaplanMeier(half, 0.95)).time).toBe(2.5);
  });

  test('median follow-up by the reverse method', () => {
    expect(estimateMedianFollowUp(followed, 0.95)).toEqual({ time: 161, low: 28, high: null });
    expect(estimateMedianFollowUp(INVENTED_TIMES, 0.95)).toEqual({ time: 20, low: 16.85, high: 22.8 });
    expect(computeMedian(INVENTED_TIMES.map(({ time }) => time))).toBeCloseTo(18.775, 12);
  });

  test('an invented cohort at 12, 17 and 24 as R has it', () => {
    const invented = estimateKaplanMeier(INVENTED_TIMES, 0.95);
    expect(findStepAt(invented, 12)?.survival).toBeCloseTo(0.972007147111376, 12);
    expect(findStepAt(invented, 17)?.limits?.[0]).toBeCloseTo(0.807199413228029, 12);
    expect(findStepAt(invented, 24)?.limits?.[1]).toBeCloseTo(0.929060452064618, 12);
  });

  test('before the first death there are no limits', () => {
    expect(findStepAt(curve, 1)).toBeNull();
    expect(estimateKaplanMeier([{ time: 3, died: false }], 0.95)[0]).toMatchObject({
      survival: 1,
      limits: null,
    });
  });

  test('the log-rank test of the two groups as R has it', () => {
    const test = runLogRankGroupsTest([parseTimes(MAINTAINED), parseTimes(NOT_MAINTAINED)]);
    expect(test?.chiSquare).toBeCloseTo(3.3963886989776, 11);
    expect(test?.p).toBeCloseTo(0.0653393220405051, 12);
    expect(runLogRankGroupsTest([parseTimes('3+ 4+'), parseTimes('5+')])).toBeNull();
  });
});

test('quartiles by the three definitions in use', () => {
  const odd = [19, 11, 29, 17, 25, 12, 20, 21, 18];
  const even = [...odd, 26];
  const both = (values: readonly number[], type: 2 | 6 | 7) => [
    computeQuantile(values, 0.25, type),
    computeQuantile(values, 0.75, type),
  ];
  expect(both(odd, 7)).toEqual([17, 21]);
  expect(both(odd, 2)).toEqual([17, 21]);
  expect(both(odd, 6)).toEqual([14.5, 23]);
  expect(both(even, 7)).toEqual([17.25, 24]);
  expect(both(even, 2)).toEqual([17, 25]);
  expect(both([], 2)).toEqual([null, null]);
  expect(both([4], 6)).toEqual([4, 4]);
});

test('p of the normal curve, near and far', () => {
  expect(computeTwoSidedP(1.959963984540054)).toBeCloseTo(0.05, 14);
  expect(computeTwoSidedP(-2.7743148561389037)).toBeCloseTo(0.00553181111132367, 12);
  expect(computeTwoSidedP(3.5) / 0.00046525815807105).toBeCloseTo(1, 12);
  expect(computeTwoSidedP(6) / 1.973175290075396e-9).toBeCloseTo(1, 10);
  expect(computeTwoSidedP(0)).toBe(1);
});

describe('rounding', () => {
  test('percent, half away from zero, median', () => {
    expect([toPercent(21, 74), toPercent(5, 74), toPercent(16, 74), toPercent(65, 74)]).toEqual([
      28.4, 6.8, 21.6, 87.8,
    ]);
    expect(toPercent(0, 0)).toBe(0);
    expect([roundHalfUp(16.5, 0), roundHalfUp(0.25, 1), roundHalfUp(-16.5, 0)]).toEqual([17, 0.3, -17]);
    expect(computeMedian([19, 11, 29, 17, 25, 12, 20, 21, 18])).toBe(19);
    expect(computeMedian([19, 11, 29, 17, 25, 12, 20, 21, 18, 26])).toBe(19.5);
    expect(computeMedian([])).toBeNull();
  });
});
