import { type Command, InvalidArgumentError, Option } from 'commander';
import { BENCH_PARTS, type BenchPart, buildBenchSettings } from '../../bench/bench-settings.ts';
import { Failure } from '../../errors.ts';
import type { CommandContext } from '../command-context.ts';
import { addJsonOption, createCommand } from '../command-options.ts';
import { createProgressReporter, formatTable, printJson } from '../terminal.ts';

interface BenchOptions {
  readonly quick?: boolean;
  readonly full?: boolean;
  readonly only?: readonly BenchPart[];
  readonly rounds?: number;
  readonly folder: string;
  readonly write?: boolean;
  readonly json: boolean;
}

function parseRounds(text: string): number {
  const rounds = Number(text);
  if (!Number.isInteger(rounds) || rounds < 1) throw new InvalidArgumentError('It must be 1 or more.');
  return rounds;
}

/** Refuses to write a page of which a part would be missing, or measured too seldom to mean anything. */
function refuseIncompletePage({ write, only, quick }: BenchOptions): void {
  if (!write || !(only || quick)) return;
  throw new Failure('cli/usage', 'The page is written from a complete run only.', {
    at: '--write',
    fix: 'Omit --only and --quick, or omit --write.',
  });
}

async function printBench({ io }: CommandContext, options: BenchOptions): Promise<void> {
  refuseIncompletePage(options);
  // Loaded here: no other command needs what measures.
  const { runBench } = await import('../../bench/run-bench.ts');
  const { buildBenchTables, formatSurroundings } = await import('../../bench/format-figures.ts');
  const { only: parts, rounds, quick, full } = options;
  const settings = buildBenchSettings(quick ? 'quick' : full ? 'full' : 'default', {
    ...(parts ? { parts } : {}),
    ...(rounds === undefined ? {} : { rounds }),
  });
  const progress = createProgressReporter(io);
  const result = await runBench(settings, options.folder, progress.update);
  progress.finish();
  if (options.json) printJson(io, result);
  else {
    io.out(`${formatSurroundings(result).join('\n')}\n`);
    for (const { title, headings, rows } of buildBenchTables(result))
      io.out(`\n${title}\n${formatTable(headings, rows)}`);
  }
  if (!options.write) return;
  const { writePerformancePage } = await import('../../bench/performance-page.ts');
  io.err(`Written: ${writePerformancePage(result)}\n`);
}

/** Creates `bench`: measures speed and memory next to floors that do the same work, against the targets. */
export function createBenchCommand(context: CommandContext): Command {
  return addJsonOption(
    createCommand('bench', 'measure speed and memory on this machine, next to floors that do the same work', [
      'bench',
      'bench --only bulk push --rounds 9',
      'bench --full --write',
    ]),
  )
    .addOption(new Option('--quick', 'a smoke test of some seconds: figures mean nothing').conflicts('full'))
    .option('--full', 'up to a million resources')
    .addOption(new Option('--only <part...>', 'parts to measure').choices(BENCH_PARTS))
    .addOption(new Option('--rounds <n>', 'rounds of each measurement (default: 5)').argParser(parseRounds))
    .option('--folder <dir>', 'where to work: on the disk that matters', 'out/bench')
    .option('--write', 'write the figures into docs/performance.md')
    .action((options: BenchOptions) => printBench(context, options));
}
