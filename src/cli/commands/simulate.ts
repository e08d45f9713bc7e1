import { type Command, InvalidArgumentError, Option } from 'commander';
import { computePeakLoad, findBusiestHour, findNeededInstances } from '../../capacity/needed-instances.ts';
import { DEFAULT_NETWORK, type NetworkModel, normaliseProfile } from '../../capacity/network-model.ts';
import type { DurationSummary, HourReport, NetworkReport } from '../../capacity/network-report.ts';
import { simulateNetwork } from '../../capacity/simulate-network.ts';
import { Failure } from '../../errors.ts';
import type { CommandContext } from '../command-context.ts';
import { addJsonOption, createCommand } from '../command-options.ts';
import { formatTable, type Io, printJson } from '../terminal.ts';

interface SimulateOptions {
  readonly hospitals: number;
  readonly resultsPerMinute: number;
  readonly resultsPerPush: number;
  readonly profile: readonly number[];
  readonly hours: readonly [from: number, to: number];
  readonly instances?: number;
  readonly within: number;
  readonly cpuPush: number;
  readonly cpuResult: number;
  readonly variation: number;
  readonly commit: number;
  readonly commitPushes: number;
  readonly connections: number;
  readonly queueLimit: number;
  readonly retryFirst: number;
  readonly retryLongest: number;
  readonly outage: number;
  readonly outageFrom?: number;
  readonly seed: number;
  readonly json: boolean;
}

const HOURS_OF_DAY = 24;
const MILLISECONDS = 1_000;

const createNumberParser =
  (least: number, isWhole: boolean) =>
  (text: string): number => {
    const value = Number(text);
    const isValid = text.trim() !== '' && Number.isFinite(value) && (!isWhole || Number.isInteger(value));
    if (isValid && value >= least) return value;
    throw new InvalidArgumentError(`Write a ${isWhole ? 'whole ' : ''}number from ${least}.`);
  };

const parseCount = createNumberParser(1, true);
const parseAmount = createNumberParser(0, false);

function parseProfile(text: string): readonly number[] {
  const loads = text.split(',').map(parseAmount);
  if (loads.length === HOURS_OF_DAY && loads.some((load) => load > 0)) return normaliseProfile(loads);
  throw new InvalidArgumentError('Write 24 numbers with commas, not all of them 0.');
}

function parseHours(text: string): readonly [number, number] {
  const [, from, to] = /^(\d{1,2})-(\d{1,2})$/.exec(text) ?? [];
  const hours = [Number(from), Number(to)] as const;
  if (hours[0] < hours[1] && hours[1] <= HOURS_OF_DAY) return hours;
  throw new InvalidArgumentError('Write two hours of the day, such as 6-18.');
}

/** Builds the model without an outage; the instances are those named, else those that the busiest hour needs. */
function buildModel(options: SimulateOptions): NetworkModel {
  const model: NetworkModel = {
    ...DEFAULT_NETWORK,
    seed: options.seed,
    hospitals: options.hospitals,
    resultsPerMinute: options.resultsPerMinute,
    resultsPerPush: options.resultsPerPush,
    dailyProfile: options.profile,
    hours: options.hours,
    cpu: { perPush: options.cpuPush / MILLISECONDS, perResult: options.cpuResult / MILLISECONDS },
    cpuVariation: options.variation,
    commit: { duration: options.commit / MILLISECONDS, pushes: options.commitPushes },
    connections: options.connections,
    queueLimit: options.queueLimit,
    backOff: { ...DEFAULT_NETWORK.backOff, first: options.retryFirst, longest: options.retryLongest },
  };
  const instances = options.instances ?? findNeededInstances(model, options.within);
  if (instances !== null) return { ...model, instances };
  throw new Failure('cli/failed', 'No number of instances up to 256 keeps up within the time.', {
    at: '--within',
    fix: 'Lengthen --within, allow more --connections, or lower the load.',
  });
}

function planOutage(model: NetworkModel, options: SimulateOptions): NetworkModel['outage'] {
  if (options.outage === 0) return null;
  const outage = { from: options.outageFrom ?? findBusiestHour(model), hours: options.outage };
  if (outage.from >= model.hours[0] && outage.from + outage.hours < model.hours[1]) return outage;
  throw new Failure('cli/usage', 'The outage must begin and end within the simulated hours.', {
    at: '--outage',
    fix: `Shorten it, or simulate more than ${model.hours.join('-')} with --hours.`,
  });
}

const formatSeconds = (seconds: number): string =>
  seconds < 1 ? `${(seconds * MILLISECONDS).toFixed(1)} ms` : `${seconds.toFixed(1)} s`;

const formatDurations = ({ p50, p99, max }: DurationSummary): readonly string[] =>
  [p50, p99, max].map(formatSeconds);

const HEADINGS = [
  ...['hour', 'pushes', 'busy', 'longest queue', 'held back', 'refused'],
  ...['waiting p50', 'p99', 'max', 'age p50', 'p99', 'max'],
];

const formatHour = (hour: HourReport): readonly unknown[] => [
  hour.hour,
  hour.pushes,
  `${(hour.utilisation * 100).toFixed(0)} %`,
  hour.longestQueue,
  hour.mostHeldBack,
  hour.refusals,
  ...formatDurations(hour.waiting),
  ...formatDurations(hour.age),
];

function printReport(io: Io, title: string, { hours, outstanding, recovery }: NetworkReport): void {
  io.out(`\n${title}\n${formatTable(HEADINGS, hours.map(formatHour))}`);
  if (outstanding > 0) io.out(`Not acknowledged at the end: ${outstanding}\n`);
  if (!recovery) return;
  const { backlog, caughtUpAfter } = recovery;
  const end = caughtUpAfter === null ? 'not gone at the end' : `gone after ${formatSeconds(caughtUpAfter)}`;
  io.out(`Backlog when the outage ended: ${backlog} pushes; ${end}\n`);
}

function runSimulation(io: Io, options: SimulateOptions): void {
  const model = buildModel(options);
  const outage = planOutage(model, options);
  const peak = computePeakLoad(model);
  const day = simulateNetwork(model);
  const withOutage = outage && simulateNetwork({ ...model, outage });
  if (options.json) {
    printJson(io, { model, outage, peak, day, withOutage });
    return;
  }
  const load = `${peak.pushes.toFixed(0)} pushes a second in the busiest hour, ${peak.busy.toFixed(2)} instances busy`;
  io.out(`${model.instances} instances: ${load}\n`);
  printReport(io, 'Without an outage', day);
  if (withOutage && outage)
    printReport(
      io,
      `Outage from ${outage.from}:00, ${outage.hours} h (hours by when the result was there)`,
      withOutage,
    );
}

interface NumberOption {
  readonly flags: string;
  readonly description: string;
  readonly value: number;
  readonly parse: (text: string) => number;
}

const toMilliseconds = (seconds: number): number => seconds * MILLISECONDS;

const { cpu, commit, backOff } = DEFAULT_NETWORK;

const NUMBER_OPTIONS: readonly NumberOption[] = [
  { flags: '--hospitals <n>', description: 'hospitals', value: DEFAULT_NETWORK.hospitals, parse: parseCount },
  {
    flags: '--results-per-minute <n>',
    description: 'results of one hospital, averaged over the day',
    value: DEFAULT_NETWORK.resultsPerMinute,
    parse: parseAmount,
  },
  {
    flags: '--results-per-push <n>',
    description: 'results that are sent together',
    value: DEFAULT_NETWORK.resultsPerPush,
    parse: parseCount,
  },
  {
    flags: '--cpu-push <ms>',
    description: 'CPU of one push, without its results',
    value: toMilliseconds(cpu.perPush),
    parse: parseAmount,
  },
  {
    flags: '--cpu-result <ms>',
    description: 'CPU of each result',
    value: toMilliseconds(cpu.perResult),
    parse: parseAmount,
  },
  {
    flags: '--variation <n>',
    description: 'coefficient of variation of the CPU: 0 constant, 1 exponential',
    value: DEFAULT_NETWORK.cpuVariation,
    parse: parseAmount,
  },
  {
    flags: '--commit <ms>',
    description: 'duration of one commit',
    value: toMilliseconds(commit.duration),
    parse: parseAmount,
  },
  {
    flags: '--commit-pushes <n>',
    description: 'most pushes that share a commit',
    value: commit.pushes,
    parse: parseCount,
  },
  {
    flags: '--connections <n>',
    description: 'requests of one hospital at one time',
    value: DEFAULT_NETWORK.connections,
    parse: parseCount,
  },
  {
    flags: '--queue-limit <n>',
    description: 'pushes that may wait for an instance; more are refused (503)',
    value: DEFAULT_NETWORK.queueLimit,
    parse: parseCount,
  },
  {
    flags: '--retry-first <s>',
    description: 'first wait of a hospital that was refused; it doubles',
    value: backOff.first,
    parse: parseAmount,
  },
  {
    flags: '--retry-longest <s>',
    description: 'longest wait of a hospital that was refused',
    value: backOff.longest,
    parse: parseAmount,
  },
  { flags: '--outage <hours>', description: 'duration of the outage; 0: none', value: 2, parse: parseAmount },
  { flags: '--seed <n>', description: 'seed: the same yields the same', value: 1, parse: parseAmount },
  {
    flags: '--within <s>',
    description: 'in the busiest hour, 99 of 100 pushes are to be acknowledged within this',
    value: 1,
    parse: parseAmount,
  },
];

/** Creates `simulate`: queues, waiting and recovery of a network of hospitals, before it is built. */
export function createSimulateCommand({ io }: CommandContext): Command {
  const command = createCommand(
    'simulate',
    'simulate a network of hospitals: queues and waiting in the worst hour, and after an outage',
    ['simulate', 'simulate --hospitals 50 --results-per-push 1 --cpu-push 2 --instances 1 --outage 4 --json'],
  );
  for (const { flags, description, value, parse } of NUMBER_OPTIONS)
    command.addOption(new Option(flags, description).default(value).argParser(parse));
  command
    .addOption(new Option('--instances <n>', 'instances (default: as many as needed)').argParser(parseCount))
    .addOption(
      new Option('--hours <from-to>', 'hours of the day').default([6, 18], '6-18').argParser(parseHours),
    )
    .addOption(
      new Option('--profile <loads>', 'load of each of the 24 hours, relative to each other')
        .default(DEFAULT_NETWORK.dailyProfile, 'morning peak of three times the average')
        .argParser(parseProfile),
    )
    .addOption(
      new Option('--outage-from <hour>', 'hour at which it begins (default: the busiest)').argParser(
        parseAmount,
      ),
    );
  return addJsonOption(command).action((options: SimulateOptions) => runSimulation(io, options));
}
