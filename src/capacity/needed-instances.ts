import type { NetworkModel } from './network-model.ts';
import { simulateNetwork } from './simulate-network.ts';

/** Finds the hour with the most load. */
export function findBusiestHour({ dailyProfile }: Pick<NetworkModel, 'dailyProfile'>): number {
  return dailyProfile.reduce((best, load, hour) => (load > (dailyProfile[best] ?? 0) ? hour : best), 0);
}

/** Pushes a second in the busiest hour, and the CPU seconds of instances that they need in each second. */
export function computePeakLoad(model: NetworkModel): { readonly pushes: number; readonly busy: number } {
  const { hospitals, resultsPerMinute, resultsPerPush, dailyProfile, cpu, commit } = model;
  const peak = dailyProfile[findBusiestHour(model)] ?? 0;
  const pushes = ((hospitals * resultsPerMinute) / resultsPerPush / 60) * peak;
  const cpuOfPush = cpu.perPush + cpu.perResult * resultsPerPush;
  return { pushes, busy: pushes * (cpuOfPush + commit.duration / commit.pushes) };
}

/**
 * Finds the fewest instances with which 99 of 100 pushes of the busiest hour are acknowledged within the seconds, by
 * simulating that hour without an outage; null above the limit.
 */
export function findNeededInstances(model: NetworkModel, withinSeconds: number, limit = 256): number | null {
  const hour = findBusiestHour(model);
  const busiest = { ...model, hours: [hour, hour + 1] as const, outage: null };
  for (let instances = Math.max(1, Math.ceil(computePeakLoad(model).busy)); instances <= limit; instances++) {
    const { worst, arrived, outstanding } = simulateNetwork({ ...busiest, instances });
    if (worst && worst.age.p99 <= withinSeconds && outstanding < arrived / 100) return instances;
  }
  return null;
}
