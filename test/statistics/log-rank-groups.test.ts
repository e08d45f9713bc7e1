import { describe, expect, test } from '@jest/globals';
import { computeChiSquareP } from '../../src/statistics/chi-square-p.ts';
import { runLogRankGroupsTest } from '../../src/statistics/survival-comparison/log-rank-groups.ts';

/** Months of invented subjects; +: alive at the last contact. The same in reference/log-rank-groups.R. */
const TEXTS = [
  '3 5 5 8+ 12 12+ 17 21+ 24+',
  '1 2 2 3 5 6+ 9 11 12',
  '4 7 7+ 12 15+ 16 19+ 24+ 24+',
  '0.5+ 0.8+',
] as const;

const parseSubjects = (text: string) =>
  text.split(' ').map((word) => ({ time: Number.parseFloat(word), died: !word.endsWith('+') }));

const GROUPS = TEXTS.map(parseSubjects);

describe('log-rank test of several groups', () => {
  /** R 4.2.2, survival 3.5-3, survdiff. */
  test.each([
    ['three groups', 3, 10.324475482155881, 2, 0.005728865613431257],
    ['two groups', 2, 5.398564582217256, 1, 0.02015331997175135],
    ['a fourth that was gone before the first death', 4, 10.324475482155881, 2, 0.005728865613431257],
  ])('%s as R has it', (_name, count, chiSquare, df, p) => {
    const found = runLogRankGroupsTest(GROUPS.slice(0, count));
    expect(found?.chiSquare).toBeCloseTo(chiSquare, 11);
    expect(found?.df).toBe(df);
    expect(found?.p).toBeCloseTo(p, 12);
  });

  test('does not depend on the order of the groups', () => {
    expect(runLogRankGroupsTest([...GROUPS].reverse())?.chiSquare).toBeCloseTo(10.324475482155881, 11);
  });

  test('of groups alike is 0', () => {
    const [group = []] = GROUPS;
    expect(runLogRankGroupsTest([group, group, group])?.chiSquare).toBeCloseTo(0, 12);
  });

  test.each([
    ['no group', []],
    ['one group', ['1 2+']],
    ['one subject against nobody', ['1', '']],
    ['all alive', ['1+ 2+', '3+']],
    ['all died at once', ['2 2', '2']],
  ])('cannot be determined: %s', (_name, texts) => {
    expect(runLogRankGroupsTest(texts.map((text) => (text === '' ? [] : parseSubjects(text))))).toBeNull();
  });
});

/** R 4.2.2, pchisq with lower.tail = FALSE. */
test.each([
  [0.3, 3, 0.9600284803068777],
  [7.5, 4, 0.1117092928160433],
  [40, 29, 0.08393689849151825],
  [12, 7, 0.1005588685083589],
  [80, 6, 3.572865928700227e-15],
])('p of chi-square %d with %i degrees of freedom', (statistic, df, p) => {
  expect(computeChiSquareP(statistic, df) / p).toBeCloseTo(1, 11);
});

test('p of no difference is 1', () => {
  expect([1, 2, 3].map((df) => computeChiSquareP(-1e-17, df))).toEqual([1, 1, 1]);
});
