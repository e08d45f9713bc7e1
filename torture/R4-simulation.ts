import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Bar } from './bar.ts';
import { compareSeed, type SeedResult } from './simulation/compare-seed.ts';
import { createEmptyStore } from './simulation/play-seed.ts';
import type { SeedRange } from './simulation/seed-worker.ts';

const SEEDS = 10_000;
/** The seeds of the control. */
const CONTROL_SEEDS = 20;

const WORKER = new URL('./simulation/seed-worker.ts', import.meta.url);

/** Plays a part of the seeds in a thread. */
function playInThread(range: SeedRange, onResult: (result: SeedResult) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(WORKER, { workerData: range });
    worker.on('message', onResult);
    worker.once('error', reject);
    worker.once('exit', () => resolve());
  });
}

/**
 * The service on a real store, with its clock, its chance, the network and the EHR simulated. Processes end before and after
 * commits, requests and answers are lost, senders send again. What is left must be what the same operations leave on a day
 * without any fault.
 */
export const simulationBar: Bar = {
  id: 'R4',
  name: 'crash at every step, simulated from seeds',
  async run({ share, seed: first }) {
    const folder = mkdtempSync(join(tmpdir(), 'simulation-'));
    const template = join(folder, 'empty.db');
    const counts: Record<string, number> = {};
    const breaches: string[] = [];
    const addResult = (result: SeedResult) => {
      for (const [name, count] of Object.entries(result.counts)) counts[name] = (counts[name] ?? 0) + count;
      breaches.push(...result.breaches);
    };
    let found = 0;
    try {
      await createEmptyStore(template);
      const end = first + Math.ceil(SEEDS * share);
      const step = availableParallelism();
      const starts = Array.from({ length: step }, (_, n) => first + n);
      await Promise.all(starts.map((from) => playInThread({ template, from, end, step }, addResult)));
      for (let seed = first; seed < first + CONTROL_SEEDS; seed++)
        if ((await compareSeed(seed, template, true)).breaches.length > 0) found += 1;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    return { counts, breaches, control: { name: 'answers before the commit', found } };
  },
};
