import { describe, expect, test } from '@jest/globals';
import { createDurationHistogram } from '../../src/capacity/duration-histogram.ts';
import { createEventQueue } from '../../src/capacity/event-queue.ts';
import {
  computePeakLoad,
  findBusiestHour,
  findNeededInstances,
} from '../../src/capacity/needed-instances.ts';
import { DEFAULT_NETWORK, type NetworkModel } from '../../src/capacity/network-model.ts';
import type { NetworkReport } from '../../src/capacity/network-report.ts';
import { createGenerator, createServiceTimes } from '../../src/capacity/seeded-generator.ts';
import { simulateNetwork } from '../../src/capacity/simulate-network.ts';

/** One instance at a utilisation of 0.8, without anything that the formulas do not know: service takes 1 s on average. */
const SINGLE_QUEUE: NetworkModel = {
  ...DEFAULT_NETWORK,
  hospitals: 1,
  resultsPerMinute: 48,
  resultsPerPush: 1,
  dailyProfile: [1],
  hours: [0, 100],
  connections: Number.POSITIVE_INFINITY,
  queueLimit: Number.POSITIVE_INFINITY,
  instances: 1,
  cpu: { perPush: 1, perResult: 0 },
  cpuVariation: 1,
  commit: { duration: 0, pushes: 1 },
};

function computeMeanWaiting({ hours }: NetworkReport): number {
  const pushes = hours.reduce((sum, hour) => sum + hour.pushes, 0);
  return hours.reduce((sum, hour) => sum + hour.waiting.mean * hour.pushes, 0) / pushes;
}

/** A hundred hospitals in the two hours around an outage of half an hour. */
const SMALL_NETWORK: NetworkModel = {
  ...DEFAULT_NETWORK,
  hospitals: 100,
  resultsPerMinute: 20,
  dailyProfile: [1],
  hours: [0, 2],
  instances: 1,
  cpu: { perPush: 0.02, perResult: 0.005 },
  outage: { from: 0.5, hours: 0.5 },
};

describe('the mean waiting time that theory knows', () => {
  // Pollaczek and Khinchine: utilisation / (1 - utilisation) × service × (1 + variation²) / 2.
  test.each([
    ['M/M/1', { cpuVariation: 1 }, 4],
    ['M/D/1', { cpuVariation: 0 }, 2],
    ['M/G/1, log-normal', { cpuVariation: 0.5 }, 2.5],
    // Erlang C with two servers, 0.8 each: 0.7111 / (2 - 1.6).
    ['M/M/2', { cpuVariation: 1, instances: 2, resultsPerMinute: 96 }, 1.778],
  ])('%s', (_name, changes, expected) => {
    const mean = computeMeanWaiting(simulateNetwork({ ...SINGLE_QUEUE, ...changes }));
    expect(Math.abs(mean / expected - 1)).toBeLessThan(0.05);
  });

  test('the instance is busy for the share of time that the load needs', () => {
    const { hours } = simulateNetwork(SINGLE_QUEUE);
    const busy = hours.reduce((sum, hour) => sum + hour.utilisation, 0) / hours.length;
    expect(Math.abs(busy / 0.8 - 1)).toBeLessThan(0.02);
  });
});

describe('what always holds', () => {
  test('without load nothing waits; with hardly any, nearly nothing', () => {
    const idle = simulateNetwork({ ...SINGLE_QUEUE, resultsPerMinute: 0 });
    expect([idle.arrived, idle.served, idle.worst]).toEqual([0, 0, null]);
    const constant = {
      ...SINGLE_QUEUE,
      resultsPerMinute: 0.06,
      cpu: { perPush: 0.001, perResult: 0 },
      cpuVariation: 0,
    };
    expect(computeMeanWaiting(simulateNetwork(constant))).toBe(0);
  });

  test.each([
    ['enough instances', {}],
    ['too few, and a short queue', { cpu: { perPush: 2, perResult: 0 }, queueLimit: 5 }],
    ['several connections', { connections: 4 }],
    ['commits of one push', { commit: { duration: 0.05, pushes: 1 } }],
  ])('what arrived is served or outstanding, through an outage: %s', (_title, changes) => {
    const { arrived, served, outstanding, hours, recovery } = simulateNetwork({
      ...SMALL_NETWORK,
      ...changes,
    });
    expect(arrived).toBe(hours.reduce((sum, hour) => sum + hour.pushes, 0));
    expect(arrived).toBe(served + outstanding);
    expect(recovery?.backlog).toBeGreaterThan(0);
  });

  test('the same seed yields the same report, another seed another', () => {
    const report = simulateNetwork(SMALL_NETWORK);
    expect(simulateNetwork(SMALL_NETWORK)).toEqual(report);
    expect(simulateNetwork({ ...SMALL_NETWORK, seed: 2 }).arrived).not.toBe(report.arrived);
  });

  test('the load follows the hours of the day', () => {
    const { hours } = simulateNetwork({ ...SMALL_NETWORK, dailyProfile: [0.5, 1.5], outage: null });
    const [first, second] = hours.map((hour) => hour.pushes);
    expect((second ?? 0) / (first ?? 0)).toBeGreaterThan(2.8);
    expect((second ?? 0) / (first ?? 0)).toBeLessThan(3.2);
  });
});

describe('an outage', () => {
  test('ends with the backlog of its time, which is gone after a time that the capacity explains', () => {
    const { recovery, hours, outstanding } = simulateNetwork(SMALL_NETWORK);
    // 100 hospitals × 2 pushes a minute × 30 minutes.
    expect(Math.abs((recovery?.backlog ?? 0) / 6_000 - 1)).toBeLessThan(0.05);
    // 14.2 pushes a second can be served, 3.3 arrive; the last hospital tries again up to five minutes later.
    expect(recovery?.caughtUpAfter).toBeGreaterThan(6_000 / 14.3);
    expect(recovery?.caughtUpAfter).toBeLessThan(6_000 / (14.2 - 3.4) + 300);
    expect(hours[0]?.age.max).toBeGreaterThan(1_700);
    expect(outstanding).toBeLessThan(20);
  });

  test('never loses what an instance had accepted: it is sent again', () => {
    const slow = { ...SMALL_NETWORK, cpu: { perPush: 30, perResult: 0 }, hours: [0, 1] as const };
    const { served, arrived, outstanding } = simulateNetwork({ ...slow, outage: { from: 0.1, hours: 0.1 } });
    expect(served).toBeGreaterThan(0);
    expect(served + outstanding).toBe(arrived);
  });

  test('is not over for a hospital before it tries again: a longer wait makes a later recovery', () => {
    const run = (longest: number) =>
      simulateNetwork({ ...SMALL_NETWORK, backOff: { first: 1, longest, jitter: 0.5 } });
    expect(run(10).hours[0]?.refusals).toBeGreaterThan((run(300).hours[0]?.refusals ?? 0) * 5);
    const overload = simulateNetwork({ ...SMALL_NETWORK, instances: 1, cpu: { perPush: 1, perResult: 0 } });
    expect(overload.recovery?.caughtUpAfter).toBeNull();
  });

  test('a full queue refuses, and is never longer than its limit', () => {
    const { hours } = simulateNetwork({
      ...SMALL_NETWORK,
      cpu: { perPush: 0.5, perResult: 0 },
      queueLimit: 7,
    });
    expect(hours[1]?.refusals).toBeGreaterThan(0);
    expect(Math.max(...hours.map((hour) => hour.longestQueue))).toBe(7);
  });

  test('a commit that waiting pushes share makes a higher rate possible', () => {
    const commits = (pushes: number) =>
      simulateNetwork({
        ...SMALL_NETWORK,
        cpu: { perPush: 0.001, perResult: 0 },
        commit: { duration: 0.4, pushes },
      });
    expect(commits(1).outstanding).toBeGreaterThan(1_000);
    expect(commits(32).outstanding).toBeLessThan(50);
  });
});

describe('the instances that are needed', () => {
  test('are the fewest that keep up in the busiest hour', () => {
    const model = { ...DEFAULT_NETWORK, hospitals: 100, cpu: { perPush: 0.01, perResult: 0.005 } };
    expect(findBusiestHour(model)).toBe(8);
    const { pushes, busy } = computePeakLoad(model);
    expect(pushes).toBeCloseTo(50.03, 1);
    expect(busy).toBeCloseTo(pushes * 0.06003, 2);
    const needed = findNeededInstances(model, 1) ?? 0;
    expect(needed).toBeGreaterThanOrEqual(4);
    expect(needed).toBeLessThanOrEqual(6);
    const hours = [8, 9] as const;
    expect(simulateNetwork({ ...model, hours, instances: needed }).worst?.age.p99).toBeLessThanOrEqual(1);
    expect(simulateNetwork({ ...model, hours, instances: needed - 1 }).worst?.age.p99).toBeGreaterThan(1);
  });

  test('are unknown above the limit', () => {
    expect(
      findNeededInstances({ ...SMALL_NETWORK, outage: null, cpu: { perPush: 10, perResult: 0 } }, 1, 2),
    ).toBeNull();
  });
});

describe('the parts', () => {
  test('events come in the order of their times, and equal ones in the order of adding', () => {
    const queue = createEventQueue();
    const times = [5, 1, 4, 1, 3, 9, 2, 1, 0];
    for (const [event, time] of times.entries()) queue.add(time, event);
    const taken = times.map(() => queue.take());
    expect(taken).toEqual([8, 1, 3, 7, 6, 4, 2, 0, 5]);
    expect(queue.time).toBe(Number.POSITIVE_INFINITY);
    expect(() => queue.take()).toThrow();
  });

  test('quantiles are up to 2 % too long, mean and maximum exact', () => {
    const durations = createDurationHistogram();
    for (let i = 1; i <= 1_000; i++) durations.add(i / 100);
    expect([durations.mean, durations.max, durations.count]).toEqual([expect.closeTo(5.005, 9), 10, 1_000]);
    for (const share of [0.01, 0.5, 0.99]) {
      const ratio = durations.findQuantile(share) / (share * 10);
      expect(ratio).toBeGreaterThanOrEqual(1);
      expect(ratio).toBeLessThanOrEqual(1.021);
    }
    expect(createDurationHistogram().findQuantile(0.5)).toBe(0);
  });

  test.each([0, 0.5, 1, 2])('service times have their mean and a variation of %d', (variation) => {
    const draw = createServiceTimes(createGenerator(7), 3, variation);
    const times = Array.from({ length: 200_000 }, draw);
    const mean = times.reduce((sum, time) => sum + time, 0) / times.length;
    const variance = times.reduce((sum, time) => sum + (time - mean) ** 2, 0) / times.length;
    expect(Math.abs(mean / 3 - 1)).toBeLessThan(0.02);
    expect(Math.abs(Math.sqrt(variance) / mean - variation)).toBeLessThan(0.1);
  });
});
