import { playSeed, type SeedRun, type Weather } from './play-seed.ts';

const OPERATIONS = 200;
/** One seed in so many is played twice in the same weather: every choice must follow from the seed. */
const REPEATED_ONE_IN = 50;

const QUIET: Weather = { crashes: 0, faults: 0 };
const STORM: Weather = { crashes: 0.04, faults: 0.3 };

/** What one seed has come to. */
export interface SeedResult {
  readonly counts: Readonly<Record<'seeds' | 'operations' | 'crashes' | 'answers' | 'repeated', number>>;
  readonly breaches: readonly string[];
}

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
 * Plays a seed on a quiet day and in a storm, and compares what is left. `answersEarly` takes the protection away: the store
 * answers before it commits.
 */
export async function compareSeed(seed: number, template: string, answersEarly = false): Promise<SeedResult> {
  const play = (weather: Weather) => playSeed(seed, OPERATIONS, weather, template);
  const quiet = await play(QUIET);
  const storm = await play({ ...STORM, answersEarly });
  const isRepeated = seed % REPEATED_ONE_IN === 0 && !answersEarly;
  const isSame = !isRepeated || (await play(STORM)).trace === storm.trace;
  const { crashes, answers } = storm;
  return {
    counts: { seeds: 1, operations: OPERATIONS, crashes, answers, repeated: isRepeated ? 1 : 0 },
    breaches: [
      ...compareRuns(seed, quiet, storm),
      ...(isSame ? [] : [`seed ${seed}: another trace when it is played again`]),
    ],
  };
}
