import { expect, test } from '@jest/globals';
import { createReadinessCheck } from '../../src/service/readiness.ts';

interface CountedChecks {
  readonly isReady: () => Promise<boolean>;
  count: number;
  time: number;
  failure: Error | null;
  isBroken: boolean;
  /** What the next checks wait for. */
  until: Promise<void>;
}

function createCountedChecks(): CountedChecks {
  const checks: CountedChecks = {
    count: 0,
    time: 0,
    failure: null,
    isBroken: false,
    until: Promise.resolve(),
    isReady: createReadinessCheck(
      {
        async verifyWritable() {
          checks.count += 1;
          await checks.until;
          if (checks.failure) throw checks.failure;
        },
      },
      { isBroken: () => checks.isBroken },
      () => checks.time,
    ),
  };
  return checks;
}

test('whoever asks within a second receives the last result; then the store is written again', async () => {
  const checks = createCountedChecks();
  for (let asked = 0; asked < 50; asked++) expect(await checks.isReady()).toBe(true);
  checks.time = 999;
  await checks.isReady();
  expect(checks.count).toBe(1);
  checks.time = 1_000;
  await checks.isReady();
  expect(checks.count).toBe(2);
});

test('whoever asks during a check waits for it, however long it takes', async () => {
  const checks = createCountedChecks();
  const { promise, resolve } = Promise.withResolvers<void>();
  checks.until = promise;
  const asked = Array.from({ length: 64 }, () => checks.isReady());
  checks.time = 60_000;
  asked.push(checks.isReady());
  resolve();
  expect(new Set(await Promise.all(asked))).toEqual(new Set([true]));
  expect(checks.count).toBe(1);
});

test('a store that cannot be written is so for a second, and then can be ready again', async () => {
  const checks = createCountedChecks();
  checks.failure = new Error('full');
  await expect(checks.isReady()).rejects.toThrow();
  checks.failure = null;
  await expect(checks.isReady()).rejects.toThrow();
  checks.time = 1_000;
  expect(await checks.isReady()).toBe(true);
});

test('a broken service is not ready at once', async () => {
  const checks = createCountedChecks();
  expect(await checks.isReady()).toBe(true);
  checks.isBroken = true;
  expect(await checks.isReady()).toBe(false);
});
