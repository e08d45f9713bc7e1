import { describe, expect, test } from '@jest/globals';
import { computeExactTableP } from '../../src/statistics/heterogeneity/exact-table-test.ts';
import { runHomogeneityTest } from '../../src/statistics/heterogeneity/homogeneity-test.ts';
import { testInteraction } from '../../src/statistics/heterogeneity/interaction-test.ts';

/** Reads sites from text such as `3/12 10/12`: responders and subjects. The same in reference/heterogeneity.R. */
const parseSites = (text: string) =>
  text === ''
    ? []
    : text.split(' ').map((site) => {
        const [count = 0, of = 0] = site.split('/').map(Number);
        return { count, of };
      });

/** R 4.2.2, fisher.test, and prop.test with correct = FALSE. */
const SITES = [
  ['3/12 10/12', 0.01227813779974233, 8.223776223776223, 1, 0.004134507669588784],
  ['3/5 0/4 1/6', 0.164835164835165, 4.6022727272727275, 2, 0.1001449779273011],
  ['2/14 6/12 5/11 1/10 4/9 0/8 3/10', 0.06210798823729662, 11.69374401180331, 6, 0.06916028585823933],
  ['0/3 5/5 2/9 1/2 4/11 3/4 0/6', 0.003525728985110126, 17.169023569023569, 6, 0.008681724302275796],
] as const;

describe('a proportion at several sites', () => {
  test.each(SITES)('%s as R has it', (text, exact, chiSquare, df, p) => {
    const sites = parseSites(text);
    expect((computeExactTableP(sites) ?? 0) / exact).toBeCloseTo(1, 11);
    const found = runHomogeneityTest(sites);
    expect(found?.chiSquare).toBeCloseTo(chiSquare, 11);
    expect(found?.df).toBe(df);
    expect((found?.p ?? 0) / p).toBeCloseTo(1, 11);
  });

  test.each(SITES.map(([text, exact]) => [text, exact] as const))(
    '%s in another order, with an empty site, or non-responders counted',
    (text, exact) => {
      const sites = parseSites(text);
      const turned = [...sites].reverse().map(({ count, of }) => ({ count: of - count, of }));
      expect(computeExactTableP([...turned, { count: 0, of: 0 }])).toBeCloseTo(exact, 12);
      expect(runHomogeneityTest([...turned, { count: 0, of: 0 }])?.chiSquare).toBeCloseTo(
        runHomogeneityTest(sites)?.chiSquare ?? 0,
        11,
      );
    },
  );

  test('sites as alike as they can be have an exact p of 1', () => {
    expect(computeExactTableP(parseSites('4/10 4/10 4/10'))).toBeCloseTo(1, 12);
    expect(runHomogeneityTest(parseSites('4/10 4/10 4/10'))?.chiSquare).toBeCloseTo(0, 12);
  });

  test.each(['', '3/12', '3/12 0/0', '0/12 0/9', '12/12 9/9', '0/1 0/1'])(
    '"%s" cannot be compared',
    (text) => {
      expect(computeExactTableP(parseSites(text))).toBeNull();
      expect(runHomogeneityTest(parseSites(text))).toBeNull();
    },
  );

  test('one subject at each of two sites', () => {
    expect(computeExactTableP(parseSites('1/1 0/1'))).toBeCloseTo(1, 12);
  });

  test('two sites with 2,000 subjects are enumerated, thirty are not', () => {
    expect(computeExactTableP(parseSites('300/1000 340/1000'))).toBeCloseTo(0.06151337461771612, 11);
    const sites = Array.from({ length: 30 }, (_, i) => ({
      count: 12 + ((i * 7) % 17),
      of: 50 + ((i * 11) % 35),
    }));
    expect(computeExactTableP(sites)).toBeNull();
    expect(runHomogeneityTest(sites)?.df).toBe(29);
  });
});

/** Reads strata from text such as `6/9:2/8`: responders and subjects, exposed and unexposed, of one level each. */
const parseStrata = (text: string) =>
  text.split(' ').flatMap((stratum, level) =>
    stratum.split(':').map((cell, side) => {
      const [responders = 0, of = 0] = cell.split('/').map(Number);
      return { level: String(level), exposed: side === 0, responders, of };
    }),
  );

describe('interaction', () => {
  /** R 4.2.2, anova(test = "LRT") of two glm with epsilon 1e-14. */
  test.each([
    ['two levels', '6/9:2/8 3/9:4/7', 3.6265063869195431, 1, 0.0568660699540628],
    ['three levels', '6/9:2/8 3/9:4/7 1/6:5/12', 5.16249688782787, 2, 0.07567946345526613],
    ['a cell without responders', '0/5:3/9 4/9:2/8', 3.761889356962703, 1, 0.05243330008770519],
    [
      'a level without, and a cell of responders',
      '0/5:0/9 4/9:2/8 7/7:1/9',
      6.25312321346021,
      2,
      0.04386837495693085,
    ],
    [
      'a level without unexposed subjects',
      '6/9:2/8 3/9:4/7 1/6:0/0',
      3.6265063869195431,
      1,
      0.0568660699540628,
    ],
  ])('%s as R has it', (_name, text, chiSquare, df, p) => {
    const found = testInteraction(parseStrata(text));
    expect(found?.chiSquare).toBeCloseTo(chiSquare, 11);
    expect(found?.df).toBe(df);
    expect(found?.p).toBeCloseTo(p, 11);
  });

  test('an odds ratio that is infinite, or 0, in every level does not differ', () => {
    for (const text of ['4/4:2/8 5/5:0/3', '0/4:2/8 0/5:3/3'])
      expect(testInteraction(parseStrata(text))?.chiSquare).toBeCloseTo(0, 12);
  });

  test('an infinite odds ratio in one level and 0 in the other', () => {
    expect(testInteraction(parseStrata('4/4:0/4 0/4:4/4'))?.chiSquare).toBeCloseTo(16 * Math.log(4), 11);
  });

  test('does not depend on the order of levels, on splitting a cell, or on what is called a response', () => {
    const cells = parseStrata('6/9:2/8 3/9:4/7 1/6:5/12');
    const split = [...cells].reverse().flatMap((cell) => [
      { ...cell, responders: cell.of - cell.responders },
      { ...cell, responders: 0, of: 0 },
    ]);
    expect(testInteraction(split)?.chiSquare).toBeCloseTo(5.16249688782787, 11);
  });

  test('where nobody responds nothing differs', () => {
    expect(testInteraction(parseStrata('0/4:0/8 0/5:0/3'))).toEqual({ chiSquare: 0, df: 1, p: 1 });
  });

  test('fewer than two levels with exposed and unexposed subjects cannot be compared', () => {
    expect(testInteraction([])).toBeNull();
    expect(testInteraction(parseStrata('6/9:2/8'))).toBeNull();
    expect(testInteraction(parseStrata('6/9:2/8 3/9:0/0'))).toBeNull();
    expect(testInteraction(parseStrata('1/1:0/0'))).toBeNull();
  });
});
