import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bar } from './bar.ts';
import { createEmptyStore, playSeed, type SeedRun, type Weather } from './simulation/play-seed.ts';

const SEEDS = 10_000;
const OPERATIONS = 200;
/** One seed in so many is played twice in the same weather: every choice must follow from the seed. */
const REPEATED_ONE_IN = 50;
/** The seeds of the control. */
const CONTROL_SEEDS = 20;

const QUIET: Weather = { crashes: 0, faults: 0 };
const STORM: Weather = { crashes: 0.08, faults: 0.3 };

/** Says in a few lines where two states differ. */
function describeDifference(quiet: string, storm: string): string {
  const [left, right] = [quiet.split('\n'), storm.split('\n')];
  const at = left.findIndex((line, n) => line !== right[n]);
  return `line ${at}: ${left.slice(at, at + 2).join(' ')} | ${right.slice(at, at + 2).join(' ')}`.slice(
    0,
    600,
  );
}

/** Lists the breaches of one seed: the storm must leave what the quiet day leaves. */
function compareRuns(seed: number, quiet: SeedRun, storm: SeedRun): readonly string[] {
  const breaches = storm.breaches.map((breach) => `seed ${seed}: ${breach}`);
  if (quiet.state === storm.state) return breaches;
  return [...breaches, `seed ${seed}: another state: ${describeDifference(quiet.state, storm.state)}`];
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
    const play = (seed: number, weather: Weather) => playSeed(seed, OPERATIONS, weather, template);
    const counts = { seeds: 0, operations: 0, crashes: 0, answers: 0, repeated: 0 };
    const breaches: string[] = [];
    let found = 0;
    try {
      await createEmptyStore(template);
      for (let seed = first; seed < first + SEEDS * share; seed++) {
        const quiet = await play(seed, QUIET);
        const storm = await play(seed, STORM);
        counts.seeds += 1;
        counts.operations += OPERATIONS;
        counts.crashes += storm.crashes;
        counts.answers += storm.answers;
        breaches.push(...compareRuns(seed, quiet, storm));
        if (seed % REPEATED_ONE_IN !== 0) continue;
        counts.repeated += 1;
        if ((await play(seed, STORM)).trace !== storm.trace) breaches.push(`seed ${seed}: not repeatable`);
      }
      for (let seed = first; seed < first + CONTROL_SEEDS; seed++) {
        const early = await play(seed, { ...STORM, answersEarly: true });
        if (compareRuns(seed, await play(seed, QUIET), early).length > 0) found += 1;
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    return { counts, breaches, control: { name: 'answers before the commit', found } };
  },
};
