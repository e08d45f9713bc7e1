import type { BenchResult } from './bench-result.ts';
import type { MeasuredParts } from './measured-parts.ts';
import type { Spread } from './spread.ts';
import type { TargetRow } from './targets.ts';

/** A table of a result, for the terminal and for the page. */
export interface BenchTable {
  readonly title: string;
  readonly headings: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

const DIGITS = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });

const formatNumber = (value: number): string => DIGITS.format(value);

const formatSpread = ({ median, min, max }: Spread): string =>
  min === max ? formatNumber(median) : `${formatNumber(median)} (${formatNumber(min)}–${formatNumber(max)})`;

const withUnit = (text: string, unit: string): string => (unit === '' ? text : `${text} ${unit}`);

function formatTargetRow({ what, unit, target, isAtMost, verdict, finding }: TargetRow): readonly string[] {
  const formatSide = (side: Spread | undefined) =>
    side && finding?.unit ? withUnit(formatNumber(side.median), finding.unit) : '';
  return [
    what,
    formatSide(finding?.floor),
    formatSide(finding?.ours),
    finding ? withUnit(formatSpread(finding.measured), unit) : '',
    withUnit(`${isAtMost ? '≤' : '≥'} ${formatNumber(target)}`, unit),
    verdict === 'not-measured' ? 'not measured' : verdict,
  ];
}

function buildStepTable({ steps }: MeasuredParts): BenchTable | null {
  if (!steps) return null;
  const { resources: _resources, views: _views, ...byStep } = steps;
  return {
    title: 'By parts',
    headings: ['step', 'JSON.parse', 'ours', 'ratio'],
    rows: Object.entries(byStep).map(([step, { floor, ours, ratio, unit }]) => [
      step,
      withUnit(formatNumber(floor.median), unit),
      withUnit(formatNumber(ours.median), unit),
      formatSpread(ratio),
    ]),
  };
}

function buildBulkTable({ bulk }: MeasuredParts): BenchTable | null {
  return (
    bulk && {
      title: 'Bulk by size',
      headings: ['resources', 'rounds', 'resources/s', 'floor/s', 'ratio', 'CPU ÷ JSON.parse', 'most MB'],
      rows: bulk.map(({ resources, rounds, rate, cpu, peakRssMb }) => [
        resources.toLocaleString('en'),
        String(rounds),
        formatNumber(rate.ours.median),
        formatNumber(rate.floor.median),
        formatSpread(rate.ratio),
        formatSpread(cpu.ratio),
        formatSpread(peakRssMb),
      ]),
    }
  );
}

function buildPushTable({ push }: MeasuredParts): BenchTable | null {
  if (!push) return null;
  const { batch, byConnections } = push;
  return {
    title: 'Requests',
    headings: [
      'request',
      'connections',
      'a second',
      'bare Express',
      'CPU µs',
      'CPU ÷ Express',
      'p50 ms',
      'p99 ms',
    ],
    rows: [...byConnections.map((each) => ['push', each] as const), ['batch of 100', batch] as const].map(
      ([name, { connections, rate, cpu, p50Ms, p99Ms }]) => [
        name,
        String(connections),
        formatNumber(rate.ours.median),
        formatNumber(rate.floor.median),
        formatSpread(cpu.ours),
        formatSpread(cpu.ratio),
        formatSpread(p50Ms.ours),
        formatSpread(p99Ms.ours),
      ],
    ),
  };
}

function buildGrowthTable({ growth, recompute, judge }: MeasuredParts): BenchTable | null {
  const rows = [
    ...(growth?.p50Ms ?? []).map(({ stored, spread }) => [
      `push, one connection, p50 with ${stored.toLocaleString('en')} stored`,
      `${formatSpread(spread)} ms`,
    ]),
    ...(recompute?.byStored ?? []).map(({ stored, ms }) => [
      `judge a subject with ${recompute?.resultsOfSubject} results, ${stored.toLocaleString('en')} stored`,
      `${formatSpread(ms)} ms`,
    ]),
    ...(judge ?? []).map(({ results, ms }) => [
      `judge a subject with ${results.toLocaleString('en')} results`,
      `${formatSpread(ms)} ms`,
    ]),
  ];
  return rows.length === 0 ? null : { title: 'Growth', headings: ['what', 'median (range)'], rows };
}

function buildStartTable({ start }: MeasuredParts): BenchTable | null {
  if (!start) return null;
  const rows = [start.wall, start.cpu, start.idleRssMb].map(({ unit, floor, ours, ratio }, index) => [
    ['start to ready', 'start to ready', 'memory when idle'][index] ?? '',
    withUnit(formatNumber(floor.median), unit),
    withUnit(formatNumber(ours.median), unit),
    formatSpread(ratio),
  ]);
  return {
    title: 'Start',
    headings: ['what', 'bare Express', 'ours', 'ratio'],
    rows: [...rows, ['`--help`', '', `${formatSpread(start.help)} s CPU`, '']],
  };
}

/** Builds the tables of a result: the targets first. */
export function buildBenchTables({ targets, parts, leftOut }: BenchResult): readonly BenchTable[] {
  return [
    {
      title: 'Targets',
      headings: ['what', 'floor', 'ours', 'measured', 'target', ''],
      rows: targets.map(formatTargetRow),
    },
    buildStepTable(parts),
    buildBulkTable(parts),
    buildPushTable(parts),
    buildGrowthTable(parts),
    buildStartTable(parts),
    leftOut.length === 0
      ? null
      : {
          title: 'Not measured',
          headings: ['what', 'why'],
          rows: leftOut.map(({ what, reason }) => [what, reason]),
        },
  ].filter((table) => table !== null);
}

/** Formats the machine and the durability in lines. */
export function formatSurroundings({ at, settings, machine, durability }: BenchResult): readonly string[] {
  const { cpu, cores, memoryMb, system, node, sqlite } = machine;
  return [
    `${at.slice(0, 10)}, ${settings.mode} sizes, ${settings.rounds} rounds`,
    `${cpu}, ${cores} cores, ${formatNumber(memoryMb / 1_024)} GB, ${system}, Node ${node}, SQLite ${sqlite}`,
    `${durability.setting}; write and sync of 4 kB: ${formatSpread(durability.syncMs)} ms`,
  ];
}
