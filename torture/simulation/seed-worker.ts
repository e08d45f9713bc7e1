/** Plays every n-th seed of a range in a thread of its own, and posts what each has come to. */
import { parentPort, workerData } from 'node:worker_threads';
import { compareSeed } from './compare-seed.ts';

/** The seeds that a worker plays: `from`, `from + step` and so on, below `end`. */
export interface SeedRange {
  readonly template: string;
  readonly from: number;
  readonly end: number;
  readonly step: number;
}

const { template, from, end, step } = workerData as SeedRange;
for (let seed = from; seed < end; seed += step) parentPort?.postMessage(await compareSeed(seed, template));
