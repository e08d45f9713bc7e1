import { describe, expect, test } from '@jest/globals';
import { Decimal } from 'decimal.js';
import type { Verdict } from '../../src/trial/assessment.ts';
import type { Operator } from '../../src/trial/criteria/criteria-set.ts';
import { combineAll, combineAny, combineAtLeast } from '../../src/trial/criteria/kleene.ts';
import {
  compareToThreshold,
  deriveValueRange,
  isZeroRange,
  multiplyRange,
  subtractRanges,
} from '../../src/trial/criteria/value-range.ts';
import type { Comparator } from '../../src/trial/facts.ts';

function parseRange(text: string, upperLimitOnly = false) {
  const [, comparator, value = ''] = /^(<=|>=|<|>)?(.*)$/.exec(text) ?? [];
  return deriveValueRange(
    { value, comparator: (comparator as Comparator | undefined) ?? null },
    upperLimitOnly,
  );
}

describe('a value compared with a threshold', () => {
  test.each([
    ['20', '<', '20', 'false'],
    ['20', '<=', '20', 'true'],
    ['20.0', '>=', '20', 'true'],
    ['20', '>', '20', 'false'],
    ['1.4999999999999998', '>=', '1.5', 'false'],
    ['1.50', '>=', '1.5', 'true'],
    ['<5', '<', '20', 'true'],
    ['<5', '>', '20', 'false'],
    ['<20', '<', '20', 'true'],
    ['<20', '>=', '20', 'false'],
    ['<=20', '<', '20', 'unknown'],
    ['<=20', '<=', '20', 'true'],
    ['<30', '<', '20', 'unknown'],
    ['>150', '>', '150', 'true'],
    ['>=150', '>', '150', 'unknown'],
    ['>=150', '>=', '150', 'true'],
    ['>100', '>', '150', 'unknown'],
    ['>100', '<', '100', 'false'],
    ['<0', '>', '0', 'false'],
  ] as const)('%s %s %s is %s', (value, op, cut, wanted) => {
    expect(compareToThreshold(parseRange(value), op as Operator, new Decimal(cut))).toBe(wanted);
  });

  test('a confounded count can deny and never raise', () => {
    expect(compareToThreshold(parseRange('15', true), '<', new Decimal(20))).toBe('true');
    expect(compareToThreshold(parseRange('40', true), '>=', new Decimal(20))).toBe('unknown');
    expect(compareToThreshold(parseRange('>400', true), '>=', new Decimal(20))).toBe('unknown');
  });
});

describe('changes', () => {
  const rise = (now: string, before: string, by: string): Verdict =>
    compareToThreshold(subtractRanges(parseRange(now), parseRange(before)), '>=', new Decimal(by));

  test.each([
    ['30', '10', '20', 'true'],
    ['0.3', '0.1', '0.2', 'true'],
    ['29.9', '10', '20', 'false'],
    ['25', '<5', '20', 'true'],
    ['24', '<5', '20', 'unknown'],
    ['19', '<5', '20', 'false'],
    ['>40', '10', '20', 'true'],
    ['>20', '10', '20', 'unknown'],
    ['30', '>15', '20', 'false'],
    ['50', '>15', '20', 'unknown'],
  ])('from %2$s to %1$s', (now, before, by, wanted) => {
    expect(rise(now, before, by)).toBe(wanted);
  });

  test('an open end stays open', () => {
    expect(compareToThreshold(subtractRanges(parseRange('25'), parseRange('<5')), '>', new Decimal(20))).toBe(
      'true',
    );
    expect(compareToThreshold(subtractRanges(parseRange('>25'), parseRange('5')), '>', new Decimal(20))).toBe(
      'true',
    );
    expect(
      compareToThreshold(subtractRanges(parseRange('<25'), parseRange('5')), '>=', new Decimal(20)),
    ).toBe('false');
  });

  test('a multiple of a range keeps its ends', () => {
    const double = subtractRanges(parseRange('10'), multiplyRange(parseRange('<5'), new Decimal(2)));
    expect(compareToThreshold(double, '>=', new Decimal(0))).toBe('true');
    expect(isZeroRange(parseRange('0'))).toBe(true);
    expect(isZeroRange(parseRange('<5'))).toBe(false);
    expect(isZeroRange(parseRange('>0'))).toBe(false);
  });
});

describe('three-valued logic', () => {
  test('an unknown that cannot change the verdict does not matter', () => {
    expect(combineAll(['false', 'unknown'])).toBe('false');
    expect(combineAll(['true', 'unknown'])).toBe('unknown');
    expect(combineAny(['true', 'unknown'])).toBe('true');
    expect(combineAny(['false', 'unknown'])).toBe('unknown');
    expect(combineAtLeast(2, ['true', 'true', 'unknown'])).toBe('true');
    expect(combineAtLeast(2, ['true', 'false', 'unknown'])).toBe('unknown');
    expect(combineAtLeast(2, ['false', 'false', 'unknown'])).toBe('false');
  });
});
