import { describe, expect, test } from '@jest/globals';
import { clopperPearson, fisherExact, normalQuantile, wilson } from '../../src/trial/endpoints/proportion.ts';
import { median, percentOf, rounded } from '../../src/trial/endpoints/rounding.ts';
import { kaplanMeier, stepAt } from '../../src/trial/endpoints/survival.ts';

/** Values of R 4.2.2 (binom.test; the score interval by its formula), as limits in proportions. */
const INTERVALS = [
  [21, 74, 0.18501107492794894, 0.4005203633081558, 0.19373547108022537, 0.3951725416317253],
  [5, 74, 0.022301512329235232, 0.1506787285430785, 0.02920408616536219, 0.1486119392585393],
  [16, 74, 0.12893297230986597, 0.3272369696639303, 0.13770451655905028, 0.3227372501253851],
  [65, 74, 0.7816389033305587, 0.9428504456773248, 0.78473413433231254, 0.9346768434217738],
] as const;

describe('intervals', () => {
  test.each(INTERVALS)('%i of %i as R has it', (x, n, exactLow, exactHigh, scoreLow, scoreHigh) => {
    const exact = clopperPearson(x, n, 0.95);
    const score = wilson(x, n, 0.95);
    expect(Math.abs(exact[0] - exactLow)).toBeLessThan(1e-12);
    expect(Math.abs(exact[1] - exactHigh)).toBeLessThan(1e-12);
    expect(Math.abs(score[0] - scoreLow)).toBeLessThan(1e-12);
    expect(Math.abs(score[1] - scoreHigh)).toBeLessThan(1e-12);
  });

  test('none, all and nobody', () => {
    expect(clopperPearson(0, 74, 0.95)[0]).toBe(0);
    expect(clopperPearson(0, 74, 0.95)[1]).toBeCloseTo(1 - 0.025 ** (1 / 74), 12);
    expect(clopperPearson(74, 74, 0.95)[0]).toBeCloseTo(0.025 ** (1 / 74), 12);
    expect(clopperPearson(74, 74, 0.95)[1]).toBe(1);
    expect(clopperPearson(0, 0, 0.95)).toEqual([0, 1]);
    expect(wilson(0, 0, 0.95)).toEqual([0, 1]);
  });

  test('the normal quantile', () => {
    expect(normalQuantile(0.95)).toBeCloseTo(1.959963984540054, 12);
    expect(normalQuantile(0.9)).toBeCloseTo(1.6448536269514722, 12);
  });
});

test('Fisher’s exact p as R has it', () => {
  expect(fisherExact(15, 20, 6, 33)).toBeCloseTo(0.0108780251532651, 12);
  expect(fisherExact(3, 9, 10, 2)).toBeCloseTo(0.0122781377997423, 12);
  expect(fisherExact(0, 7, 5, 4)).toBeCloseTo(0.0336538461538462, 12);
  expect(fisherExact(0, 0, 0, 0)).toBe(1);
});

describe('Kaplan-Meier', () => {
  /** The two groups of the AML maintenance trial (Miller 1997), as time and whether it ended in relapse. */
  const times = '9 13 13+ 18 23 28+ 31 34 45+ 48 161+ 5 5 8 8 12 16+ 23 27 30 33 43 45'.split(' ');
  const followed = times.map((text) => ({ time: Number.parseInt(text, 10), died: !text.endsWith('+') }));
  const curve = kaplanMeier(followed, 0.95);

  test('the curve, its error and its limits as R has them', () => {
    const year = stepAt(curve, 12);
    expect(year?.survival).toBeCloseTo(0.739130434782609, 12);
    expect(year?.standardError).toBeCloseTo(0.0915605371517001, 12);
    expect(year?.limits?.[0]).toBeCloseTo(0.509209438754219, 12);
    expect(year?.limits?.[1]).toBeCloseTo(0.873375781697676, 12);
    expect(stepAt(curve, 24)?.survival).toBeCloseTo(0.546583850931677, 12);
    expect(stepAt(curve, 17)?.limits?.[1]).toBeCloseTo(0.841721291391763, 12);
  });

  test('before the first death there are no limits', () => {
    expect(stepAt(curve, 1)).toBeNull();
    expect(kaplanMeier([{ time: 3, died: false }], 0.95)[0]).toMatchObject({ survival: 1, limits: null });
  });
});

describe('rounding', () => {
  test('percent, half away from zero, median', () => {
    expect([percentOf(21, 74), percentOf(5, 74), percentOf(16, 74), percentOf(65, 74)]).toEqual([
      28.4, 6.8, 21.6, 87.8,
    ]);
    expect(percentOf(0, 0)).toBe(0);
    expect([rounded(16.5, 0), rounded(0.25, 1), rounded(-16.5, 0)]).toEqual([17, 0.3, -17]);
    expect(median([19, 11, 29, 17, 25, 12, 20, 21, 18])).toBe(19);
    expect(median([19, 11, 29, 17, 25, 12, 20, 21, 18, 26])).toBe(19.5);
    expect(median([])).toBeNull();
  });
});
