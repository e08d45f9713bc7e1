import type { MeasuredParts } from './measured-parts.ts';
import type { BulkFigures } from './parts/bulk.ts';
import { type Comparison, roundToDigits, type Spread } from './spread.ts';

/** What a target is compared with: the ratio to a floor, or a figure of its own. */
interface Finding {
  readonly measured: Spread;
  readonly ours?: Spread;
  readonly floor?: Spread;
  /** Of ours and the floor. */
  readonly unit?: string;
}

interface Target {
  readonly what: string;
  /** Of the target itself; empty for a ratio. */
  readonly unit: string;
  readonly target: number;
  readonly isAtMost: boolean;
  find(parts: MeasuredParts): Finding | null | undefined;
}

/** A target, with what was measured. */
export interface TargetRow extends Omit<Target, 'find'> {
  readonly verdict: 'met' | 'missed' | 'not-measured';
  readonly finding: Finding | null;
}

const toFinding = (comparison: Comparison | null | undefined): Finding | null =>
  comparison ? { measured: comparison.ratio, ...comparison } : null;

const toOwnFinding = (measured: Spread | null | undefined): Finding | null =>
  measured ? { measured } : null;

const multiplySpread = ({ median, min, max }: Spread, factor: number): Spread => ({
  median: roundToDigits(median * factor),
  min: roundToDigits(min * factor),
  max: roundToDigits(max * factor),
});

/** Only figures of at least five rounds are compared with a target, other than in a smoke test. */
const findDelivery = ({ bulk }: MeasuredParts, resources?: number): BulkFigures | undefined =>
  bulk?.findLast((each) => (resources === undefined ? each.rounds > 1 : each.resources === resources)) ??
  (resources === undefined ? bulk?.at(-1) : undefined);

function findSlowdown(parts: MeasuredParts, from: number, to: number): Finding | null {
  const [small, large] = [findDelivery(parts, from), findDelivery(parts, to)];
  if (!small || !large) return null;
  const [slow, fast] = [large.rate.ours, small.rate.ours];
  const measured = {
    median: roundToDigits(slow.median / fast.median),
    min: roundToDigits(slow.min / fast.max),
    max: roundToDigits(slow.max / fast.min),
  };
  return { measured, ours: slow, floor: fast, unit: 'resources/s' };
}

const findConnections = ({ push }: MeasuredParts, connections: number): Finding | null =>
  toFinding(push?.byConnections.find((each) => each.connections === connections)?.cpu);

const buildPushTarget = (connections: number, target: number): Target => ({
  what: `push, CPU of the server ÷ bare Express, ${connections} ${connections === 1 ? 'connection' : 'connections'}`,
  unit: '',
  target,
  isAtMost: true,
  find: (parts) => findConnections(parts, connections),
});

const buildJudgeTarget = (results: number): Target => ({
  what: `judge a further result of a subject with ${results}, CPU for each of their results`,
  unit: 'µs',
  target: 3,
  isAtMost: true,
  find: ({ judge }) => toOwnFinding(judge?.find((each) => each.results === results)?.cpuPerResult),
});

/** The targets, in the order of the data's path. Those in one unit are of the machine, the others are ratios. */
const TARGETS: readonly Target[] = [
  {
    what: 'map the view of a blood count, one result ÷ JSON.parse',
    unit: '',
    target: 0.15,
    isAtMost: true,
    find: ({ steps }) => toFinding(steps?.views.single.rows),
  },
  {
    what: 'map the view of a blood count, a panel of eight ÷ JSON.parse',
    unit: '',
    target: 0.15,
    isAtMost: true,
    find: ({ steps }) => toFinding(steps?.views.panel.rows),
  },
  {
    what: 'fhirpath.js ÷ the same view with the same rows, one result',
    unit: '',
    target: 30,
    isAtMost: false,
    find: ({ steps }) => toFinding(steps?.views.single.fhirpath),
  },
  {
    what: 'fhirpath.js ÷ the same view with the same rows, a panel of eight',
    unit: '',
    target: 30,
    isAtMost: false,
    find: ({ steps }) => toFinding(steps?.views.panel.fhirpath),
  },
  {
    what: 'validate ÷ JSON.parse',
    unit: '',
    target: 1,
    isAtMost: true,
    find: ({ steps }) => toFinding(steps?.validate),
  },
  {
    what: 'bulk, CPU a resource ÷ JSON.parse of its line, all included',
    unit: '',
    target: 6,
    isAtMost: true,
    find: (parts) => toFinding(findDelivery(parts)?.cpu),
  },
  {
    what: 'bulk, rate ÷ read, split and JSON.parse in one thread',
    unit: '',
    target: 0.3,
    isAtMost: false,
    find: (parts) => toFinding(findDelivery(parts)?.rate),
  },
  {
    what: 'bulk, rate at 1,000,000 ÷ rate at 100,000',
    unit: '',
    target: 0.85,
    isAtMost: false,
    find: (parts) => findSlowdown(parts, 100_000, 1_000_000),
  },
  buildPushTarget(32, 1.8),
  buildPushTarget(8, 2.2),
  buildPushTarget(1, 3),
  {
    what: 'batch of 100, CPU a resource',
    unit: 'µs',
    target: 100,
    isAtMost: true,
    find: ({ push }) => push && toOwnFinding(multiplySpread(push.batch.cpu.ours, 1 / push.batch.entries)),
  },
  buildJudgeTarget(100),
  buildJudgeTarget(1_000),
  buildJudgeTarget(10_000),
  {
    what: 'push, p50 with the largest store ÷ the smallest, one connection',
    unit: '',
    target: 1.1,
    isAtMost: true,
    find: ({ growth }) => {
      const [smallest, largest] = [growth?.p50Ms.at(0), growth?.p50Ms.at(-1)];
      if (!growth?.ratio || !smallest || !largest) return null;
      return { measured: growth.ratio, ours: largest.spread, floor: smallest.spread, unit: 'ms' };
    },
  },
  {
    // That needs servers of its own, which a conformance script starts.
    what: 'bulk into PostgreSQL ÷ COPY of the same rows: see conformance/postgres-bulk.ts',
    unit: '',
    target: 0.5,
    isAtMost: false,
    find: () => null,
  },
  {
    what: 'start to ready, CPU ÷ bare Express',
    unit: '',
    target: 2.5,
    isAtMost: true,
    find: ({ start }) => toFinding(start?.cpu),
  },
  {
    what: 'short command (`work list`), CPU',
    unit: 's',
    target: 0.25,
    isAtMost: true,
    find: ({ start }) => toOwnFinding(start?.shortCommand),
  },
  {
    what: 'memory, idle',
    unit: 'MB',
    target: 110,
    isAtMost: true,
    find: ({ start }) => start && { measured: start.idleRssMb.ours },
  },
  {
    what: 'memory, most under push',
    unit: 'MB',
    target: 250,
    isAtMost: true,
    find: ({ push }) => toOwnFinding(push?.peakRssMb),
  },
  {
    what: 'memory, most in the largest bulk delivery',
    unit: 'MB',
    target: 400,
    isAtMost: true,
    find: ({ bulk }) => toOwnFinding(bulk?.at(-1)?.peakRssMb),
  },
];

/** Compares what was measured with the targets; a median at the target meets it. */
export function compareWithTargets(parts: MeasuredParts): readonly TargetRow[] {
  return TARGETS.map(({ find, ...target }) => {
    const finding = find(parts) ?? null;
    if (!finding) return { ...target, verdict: 'not-measured', finding };
    const { median } = finding.measured;
    const isMet = target.isAtMost ? median <= target.target : median >= target.target;
    return { ...target, verdict: isMet ? 'met' : 'missed', finding };
  });
}
