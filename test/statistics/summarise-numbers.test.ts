import { expect, test } from '@jest/globals';
import { summariseNumbers } from '../../src/statistics/summarise-numbers.ts';

/** Invented platelet counts, 10^9/L. The same in reference/summarise-numbers.R. */
const PLATELETS = [71.3, 24, 112.75, 8, 24, 3.1, 66, 48.2, 19.9, 30];

/** R 4.2.2: quartiles by type. */
test.each([
  [2, 19.9, 66],
  [6, 16.925, 67.325],
  [7, 20.925, 61.55],
] as const)('a summary with quartiles of type %i as R has it', (type, q1, q3) => {
  const found = summariseNumbers(PLATELETS, type);
  expect(found).toMatchObject({ n: 10, median: 27, min: 3.1, max: 112.75 });
  expect(found.mean).toBeCloseTo(40.725, 12);
  expect(found.sd).toBeCloseTo(34.01283458735345, 12);
  expect(found.q1).toBeCloseTo(q1, 12);
  expect(found.q3).toBeCloseTo(q3, 12);
});

test('the order of the values does not matter, and they stay in it', () => {
  const turned = [...PLATELETS].reverse();
  const [found, expected] = [summariseNumbers(turned, 6), summariseNumbers(PLATELETS, 6)];
  expect(found.sd).toBeCloseTo(expected.sd ?? 0, 12);
  expect({ ...found, sd: 0, mean: 0 }).toEqual({ ...expected, sd: 0, mean: 0 });
  expect(turned).toEqual([...PLATELETS].reverse());
});

test('large values with a small spread keep their standard deviation', () => {
  const values = [4, 7, 13, 16].map((value) => 1e9 + value);
  expect(summariseNumbers(values, 7).sd).toBeCloseTo(5.477225575051661, 9);
});

test('of one value there is no standard deviation, of none nothing', () => {
  expect(summariseNumbers([12], 6)).toEqual({
    n: 1,
    mean: 12,
    sd: null,
    median: 12,
    q1: 12,
    q3: 12,
    min: 12,
    max: 12,
  });
  expect(Object.values(summariseNumbers([], 6))).toEqual([0, null, null, null, null, null, null, null]);
});
