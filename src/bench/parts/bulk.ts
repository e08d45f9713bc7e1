import type { BenchRun } from '../bench-run.ts';
import { BENCH_SITE } from '../data/bench-subjects.ts';
import { drawBloodCounts } from '../data/blood-count-lines.ts';
import { ADAPTER, PARSE_LINES, runMetered } from '../processes/metered-process.ts';
import {
  type Comparison,
  compareRounds,
  computeQuantileOrNaN,
  measureInRounds,
  type Spread,
  summariseRounds,
} from '../spread.ts';

/** A bulk delivery of one size by the command `ingest`, next to the floor: read, split, JSON.parse in one thread. */
export interface BulkFigures {
  readonly resources: number;
  readonly rounds: number;
  /** Resources a second, without the start of the process. */
  readonly rate: Comparison;
  /** CPU microseconds a resource, assessment included; the floor is JSON.parse of the line alone. */
  readonly cpu: Comparison;
  readonly peakRssMb: Spread;
  /** Lines that the floor parsed, and resources that we accounted for: equal. */
  readonly answers: { readonly floor: number; readonly ours: number };
}

interface Floor {
  readonly lines: number;
  readonly wallMs: number;
  readonly parseMicrosPerLine: number;
}

const MEGABYTE = 1_048_576;
const SEED = 1;

const takeBloodCounts = ({ subjects }: BenchRun, count: number): Iterable<string> =>
  drawBloodCounts({ seed: SEED, subjects: subjects.spread }).take(count);

interface Delivery {
  readonly wallMs: number;
  readonly cpuMicros: number;
  readonly peakRssBytes: number;
  readonly resources: number;
  readonly data: string;
}

/** Delivers a file to a new store of the enrolled subjects. */
async function deliverFile({ workspace }: BenchRun, file: string): Promise<Delivery> {
  const data = workspace.copyPrepared();
  const args = ['ingest', file, '--site', BENCH_SITE, '--json', ...workspace.listStoreOptions(data)];
  const { out, ...usage } = await runMetered(workspace.folder, ADAPTER, args);
  const { resources, mapped, ignored } = JSON.parse(out) as Record<
    'resources' | 'mapped' | 'ignored',
    number
  >;
  // Some counts of a blood count are not needed. Nothing else may be less than mapped, or work was left out.
  if (mapped === 0 || mapped + ignored !== resources) throw new Error(`Resources were not mapped: ${out}`);
  return { ...usage, resources, data };
}

const parseFile = async ({ workspace }: BenchRun, file: string): Promise<Floor> =>
  JSON.parse((await runMetered(workspace.folder, PARSE_LINES, [file])).out);

/** Measures one size. A delivery of one resource costs what the start costs, and is subtracted. */
async function measureSize(run: BenchRun, size: number, rounds: number): Promise<BulkFigures> {
  const { workspace } = run;
  const file = await workspace.writeLines(`bulk-${size}.ndjson`, takeBloodCounts(run, size));
  const single = await workspace.writeLines('bulk-1.ndjson', takeBloodCounts(run, 1));
  let last = '';
  const { floor, start, ours } = await measureInRounds<{ floor: Floor; start: Delivery; ours: Delivery }>(
    rounds,
    false,
    {
      floor: () => parseFile(run, file),
      start: async () => {
        const delivery = await deliverFile(run, single);
        workspace.removeData(delivery.data);
        return delivery;
      },
      ours: async (round) => {
        run.report(`bulk of ${size} resources: round ${round + 1} of ${rounds}`);
        if (last !== '') workspace.removeData(last);
        const delivery = await deliverFile(run, file);
        last = delivery.data;
        return delivery;
      },
    },
  );
  run.stores.set(size, last);
  // The median of all starts: the difference of two single measurements would have the noise of both.
  const startWallMs = computeQuantileOrNaN(
    start.map(({ wallMs }) => wallMs),
    0.5,
  );
  const startCpuMicros = computeQuantileOrNaN(
    start.map(({ cpuMicros }) => cpuMicros),
    0.5,
  );
  const more = ours.map(({ resources, wallMs, cpuMicros }) => ({
    rate: ((resources - 1) / (wallMs - startWallMs)) * 1_000,
    cpu: (cpuMicros - startCpuMicros) / (resources - 1),
  }));
  return {
    resources: size,
    rounds,
    rate: compareRounds(
      'resources/s',
      more.map(({ rate }) => rate),
      floor.map(({ lines, wallMs }) => (lines / wallMs) * 1_000),
    ),
    cpu: compareRounds(
      'µs',
      more.map(({ cpu }) => cpu),
      floor.map(({ parseMicrosPerLine }) => parseMicrosPerLine),
    ),
    peakRssMb: summariseRounds(ours.map(({ peakRssBytes }) => peakRssBytes / MEGABYTE)),
    answers: { floor: floor[0]?.lines ?? 0, ours: ours[0]?.resources ?? 0 },
  };
}

/**
 * Measures the sizes of the settings, and leaves their stores for later parts. A size that would take too long at the rate
 * of the one before is left out, and noted.
 */
export async function measureBulk(run: BenchRun): Promise<readonly BulkFigures[]> {
  const { bulkSizes, longestDelivery, rounds } = run.settings;
  const figures: BulkFigures[] = [];
  for (const { size, once } of bulkSizes) {
    const rate = figures.at(-1)?.rate.ours.median;
    const seconds = rate === undefined ? 0 : size / rate;
    if (once && seconds > longestDelivery) {
      run.leaveOut(
        `bulk of ${size} resources`,
        `one delivery would take ${Math.round(seconds)} s on this machine; --full measures it`,
      );
      continue;
    }
    const isTooLong = rate === undefined || seconds * rounds > longestDelivery;
    const measured = await measureSize(run, size, once && isTooLong ? 1 : rounds);
    figures.push(measured);
  }
  return figures;
}
