import type { BenchSettings } from './bench-settings.ts';
import type { Durability, Machine } from './machine.ts';
import type { MeasuredParts } from './measured-parts.ts';
import type { BulkFigures } from './parts/bulk.ts';
import type { RecomputeFigures } from './parts/judge.ts';
import type { PushFigures, RequestFigures } from './parts/push.ts';
import { roundToDigits } from './spread.ts';
import { compareWithTargets, type TargetRow } from './targets.ts';

/** What was not measured, and why. */
export interface LeftOut {
  readonly what: string;
  readonly reason: string;
}

/** The result of a run, as `bench --json` prints it. Medians; ratios are medians of the ratios of each round. */
export interface BenchResult {
  readonly at: string;
  readonly settings: BenchSettings;
  readonly machine: Machine;
  readonly durability: Durability;
  readonly bulk: object | null;
  readonly push: object | null;
  readonly batch: object | null;
  readonly recompute: object | null;
  /** From the process to the first answer. */
  readonly startupMs: number | null;
  /** The most that any process of ours had in memory. */
  readonly peakRssMb: number | null;
  readonly targets: readonly TargetRow[];
  readonly parts: MeasuredParts;
  readonly leftOut: readonly LeftOut[];
}

/** Selects the largest size that was measured in all rounds. */
const selectMainDelivery = (figures: readonly BulkFigures[] | null): BulkFigures | null =>
  figures?.toSorted((a, b) => a.rounds - b.rounds || a.resources - b.resources).at(-1) ?? null;

function buildBulk(figures: readonly BulkFigures[] | null, durability: string): object | null {
  const main = selectMainDelivery(figures);
  return (
    main && {
      resourcesPerSecond: main.rate.ours.median,
      jsonParseFloorPerSecond: main.rate.floor.median,
      ratio: main.rate.ratio.median,
      resources: main.resources,
      cpuMicrosPerResource: main.cpu.ours.median,
      cpuRatio: main.cpu.ratio.median,
      answers: main.answers,
      durability,
    }
  );
}

const buildRequests = (
  { connections, rate, p50Ms, p99Ms, cpu, answers }: RequestFigures,
  durability: string,
): object => ({
  requestsPerSecond: rate.ours.median,
  bareExpressPerSecond: rate.floor.median,
  ratio: rate.ratio.median,
  p50Ms: p50Ms.ours.median,
  p99Ms: p99Ms.ours.median,
  connections,
  cpuMicrosPerRequest: cpu.ours.median,
  cpuRatio: cpu.ratio.median,
  answers,
  durability,
});

function buildPush(push: PushFigures | null, durability: string): object | null {
  const [main] = push?.byConnections ?? [];
  return main ? buildRequests(main, durability) : null;
}

function buildBatch(push: PushFigures | null, durability: string): object | null {
  if (!push) return null;
  const { batch } = push;
  return {
    ...buildRequests(batch, durability),
    entries: batch.entries,
    resourcesPerSecond: roundToDigits(batch.rate.ours.median * batch.entries),
    cpuMicrosPerResource: roundToDigits(batch.cpu.ours.median / batch.entries),
  };
}

function buildRecompute(recompute: RecomputeFigures | null, durability: string): object | null {
  const find = (stored: number) =>
    recompute?.byStored.find((each) => each.stored === stored)?.ms.median ?? null;
  return (
    recompute && {
      msAt1e3: find(1_000),
      msAt1e5: find(100_000),
      resultsOfSubject: recompute.resultsOfSubject,
      durability,
    }
  );
}

function findPeakRss({ bulk, push, start }: MeasuredParts): number | null {
  const peaks = [
    ...(bulk ?? []).map(({ peakRssMb }) => peakRssMb.max),
    ...(push ? [push.peakRssMb.max] : []),
    ...(start ? [start.idleRssMb.ours.max] : []),
  ];
  return peaks.length === 0 ? null : Math.max(...peaks);
}

/** Builds the result of a run from what its parts have measured. */
export function buildBenchResult(
  parts: MeasuredParts,
  described: Pick<BenchResult, 'at' | 'settings' | 'machine' | 'durability' | 'leftOut'>,
): BenchResult {
  const { setting } = described.durability;
  return {
    ...described,
    bulk: buildBulk(parts.bulk, setting),
    push: buildPush(parts.push, setting),
    batch: buildBatch(parts.push, setting),
    recompute: buildRecompute(parts.recompute, setting),
    startupMs: parts.start?.wall.ours.median ?? null,
    peakRssMb: findPeakRss(parts),
    targets: compareWithTargets(parts),
    parts,
  };
}
