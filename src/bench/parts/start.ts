import { setTimeout } from 'node:timers/promises';
import type { BenchRun } from '../bench-run.ts';
import { ADAPTER, BARE_EXPRESS, runMetered, startMeteredServer } from '../processes/metered-process.ts';
import { type Comparison, compareRounds, measureInRounds, type Spread, summariseRounds } from '../spread.ts';

/** The start of the service next to that of bare Express, what it keeps in memory, and short commands. */
export interface StartFigures {
  readonly wall: Comparison;
  readonly cpu: Comparison;
  readonly idleRssMb: Comparison;
  /** CPU seconds of a command that opens the store and prints nothing, and of `--help`. */
  readonly shortCommand: Spread;
  readonly help: Spread;
}

const MEGABYTE = 1_048_576;
/** After this time memory has settled: what the start has left over is collected. */
const IDLE_MS = 1_000;

interface Start {
  readonly wallMs: number;
  readonly cpuMicros: number;
  readonly idleRssBytes: number;
}

async function startOnce({ workspace }: BenchRun, script: string, args: readonly string[]): Promise<Start> {
  const server = await startMeteredServer(workspace.folder, script, args);
  try {
    await setTimeout(IDLE_MS);
    return { ...server.start, idleRssBytes: (await server.readUsage()).rssBytes };
  } finally {
    await server.stop();
  }
}

/** Measures starts on a store of enrolled subjects without results: from the process to the first answer of `/ready`. */
export async function measureStart(run: BenchRun): Promise<StartFigures> {
  const { workspace, settings } = run;
  const options = workspace.listStoreOptions(workspace.copyPrepared());
  const runCommand = (...args: readonly string[]) => runMetered(workspace.folder, ADAPTER, args);
  const { floor, ours, short, help } = await measureInRounds<{
    floor: Start;
    ours: Start;
    short: number;
    help: number;
  }>(settings.rounds, settings.warmUp, {
    floor: () => startOnce(run, BARE_EXPRESS, []),
    ours: (round) => {
      run.report(`start: round ${round + 1}`);
      return startOnce(run, ADAPTER, ['serve', '--port', '0', '--json', ...options]);
    },
    short: async () => (await runCommand('work', 'list', '--json', ...options)).cpuMicros / 1_000_000,
    help: async () => (await runCommand('--help')).cpuMicros / 1_000_000,
  });
  const compare = (unit: string, read: (start: Start) => number) =>
    compareRounds(unit, ours.map(read), floor.map(read));
  return {
    wall: compare('ms', ({ wallMs }) => wallMs),
    cpu: compare('ms CPU', ({ cpuMicros }) => cpuMicros / 1_000),
    idleRssMb: compare('MB', ({ idleRssBytes }) => idleRssBytes / MEGABYTE),
    shortCommand: summariseRounds(short),
    help: summariseRounds(help),
  };
}
