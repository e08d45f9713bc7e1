import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { EhrFailure } from '../../src/ehr/ehr.ts';
import { createCircuitBreaker } from '../../src/writeback/circuit-breaker.ts';
import { createInternalFailure } from '../../src/writeback/delivery-failure.ts';
import { computeRetryDelay, decideRetry } from '../../src/writeback/retry.ts';

const UNAVAILABLE: EhrFailure = {
  code: 'unavailable',
  recovery: 'retry',
  effect: 'none',
  status: 503,
  retryAfterMs: null,
  message: 'HTTP 503',
};
const NOW = new Date('2026-06-02T08:00:00.000Z');
const DAY = 24 * 3600 * 1000;
const attempts = fc.integer({ min: 0, max: 5000 });
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('the wait', () => {
  test('is full jitter below min(15 min, 1 s × 2^n)', () => {
    fc.assert(
      fc.property(attempts, random, (n, r) => {
        const ceiling = Math.min(900_000, 1000 * 2 ** n);
        const delay = computeRetryDelay(n, r, UNAVAILABLE);
        expect(delay).toBeGreaterThanOrEqual(0);
        expect(delay).toBeLessThanOrEqual(ceiling);
        expect(delay).toBe(Math.round(r * ceiling));
      }),
    );
  });

  test('is never shorter than the EHR asks for, and spreads the attempts', () => {
    fc.assert(
      fc.property(attempts, random, fc.nat(DAY), (n, r, retryAfterMs) => {
        const delay = computeRetryDelay(n, r, { ...UNAVAILABLE, retryAfterMs });
        expect(delay).toBeGreaterThanOrEqual(retryAfterMs);
        expect(delay - retryAfterMs).toBe(computeRetryDelay(n, r, UNAVAILABLE));
      }),
    );
  });

  test('waits before the first retry if the answer was lost', () => {
    expect(computeRetryDelay(0, 0, UNAVAILABLE)).toBe(0);
    expect(computeRetryDelay(0, 0, { ...UNAVAILABLE, effect: 'unknown' })).toBeGreaterThanOrEqual(2000);
  });
});

describe('after a failure', () => {
  const at = (ms: number) => new Date(NOW.getTime() + ms);

  test('a refusal is given up at once', () => {
    const refusal: EhrFailure = { ...UNAVAILABLE, code: 'refused', recovery: 'refuse', message: 'HTTP 422' };
    expect(decideRetry({ failingSince: null, attempts: 0 }, refusal, 500, NOW)).toEqual({
      code: 'refused',
      message: 'HTTP 422',
      failingSince: NOW.toISOString(),
      next: 'dead',
    });
  });

  test('retries go on for seven days, counted from the first failure in a row', () => {
    let failingSince: string | null = null;
    for (const day of [0, 1, 3, 6.999]) {
      const failure = decideRetry({ failingSince, attempts: 9 }, UNAVAILABLE, 500, at(day * DAY));
      expect(failure).toMatchObject({
        code: 'unavailable',
        failingSince: NOW.toISOString(),
        next: { at: at(day * DAY + 500).toISOString() },
      });
      failingSince = failure.failingSince;
    }
    expect(decideRetry({ failingSince, attempts: 9 }, UNAVAILABLE, 500, at(7 * DAY))).toMatchObject({
      code: 'unavailable',
      failingSince: NOW.toISOString(),
      next: 'dead',
    });
  });

  test('an error of the adapter itself is tried five times', () => {
    const failure = createInternalFailure(new TypeError('secret'));
    expect(failure.message).not.toContain('secret');
    const decide = (attempts: number) => decideRetry({ failingSince: null, attempts }, failure, 0, NOW).next;
    expect([0, 1, 2, 3].map(decide)).not.toContain('dead');
    expect(decide(4)).toBe('dead');
  });

  test('an operator’s retry starts a new week: the store clears the instant of the first failure', () => {
    const failure = decideRetry({ failingSince: null, attempts: 0 }, UNAVAILABLE, 500, at(8 * DAY));
    expect(failure).toMatchObject({ failingSince: at(8 * DAY).toISOString(), next: expect.anything() });
    expect(failure.next).not.toBe('dead');
  });
});

describe('the breaker', () => {
  const at = (ms: number) => new Date(NOW.getTime() + ms);

  test('opens at the fifth failure in a row for 30 s, then lets one through at a time', () => {
    const breaker = createCircuitBreaker();
    for (let i = 0; i < 4; i++) breaker.recordFailure('hz', null, NOW);
    expect(breaker.canCall('hz', NOW)).toBe(true);
    breaker.recordFailure('hz', null, NOW);
    expect(breaker.canCall('hz', at(29_999))).toBe(false);
    expect(breaker.canCall('bj', NOW)).toBe(true);
    expect(breaker.canCall('hz', at(30_000))).toBe(true);
    breaker.recordFailure('hz', null, at(30_000));
    expect(breaker.canCall('hz', at(59_999))).toBe(false);
    breaker.recordSuccess('hz');
    expect(breaker.canCall('hz', at(30_001))).toBe(true);
  });

  test('a site that asks for a pause gets it', () => {
    const breaker = createCircuitBreaker();
    breaker.recordFailure('hz', 60_000, NOW);
    expect(breaker.canCall('hz', at(59_999))).toBe(false);
    expect(breaker.canCall('hz', at(60_000))).toBe(true);
  });
});
