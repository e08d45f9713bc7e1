import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { buildBenchResult } from '../../src/bench/bench-result.ts';
import { buildBenchSettings } from '../../src/bench/bench-settings.ts';
import { drawBloodCounts } from '../../src/bench/data/blood-count-lines.ts';
import type { MeasuredParts } from '../../src/bench/measured-parts.ts';
import { replaceFigures } from '../../src/bench/performance-page.ts';
import { compareRounds, measureInRounds } from '../../src/bench/spread.ts';

const NOTHING: MeasuredParts = {
  steps: null,
  bulk: null,
  push: null,
  growth: null,
  judge: null,
  recompute: null,
  start: null,
};

const build = (parts: Partial<MeasuredParts>) =>
  buildBenchResult(
    { ...NOTHING, ...parts },
    {
      at: '2026-11-28T08:00:00.000Z',
      settings: buildBenchSettings('default', {}),
      machine: { cpu: 'a | b', cores: 2, memoryMb: 4_096, system: 'Linux', node: 'v24', sqlite: '3' },
      durability: {
        journalMode: 'wal',
        synchronous: 'FULL',
        pageSize: 4_096,
        syncMs: { median: 1, min: 1, max: 1 },
        setting: 'synchronous=FULL',
      },
      leftOut: [],
    },
  );

const buildJudge = (results: number, median: number) => {
  const spread = { median, min: median, max: median };
  return { judge: [{ results, ms: spread, cpuPerResult: spread }] };
};

test('the ratio is the median of the ratios of each round, not the ratio of the medians', () => {
  // Medians 2 and 2; by rounds 4/1, 2/2, 1/4.
  expect(compareRounds('ms', [4, 2, 1], [1, 2, 4]).ratio).toEqual({ median: 1, min: 0.25, max: 4 });
  expect(compareRounds('ms', [2, 9, 2, 9], [1, 3, 1, 3]).ratio.median).toBe(2.5);
});

test('rounds alternate, and the first one is not counted', async () => {
  const order: string[] = [];
  const measured = await measureInRounds<{ floor: number; ours: number }>(2, true, {
    floor: async (round) => order.push(`floor ${round}`),
    ours: async (round) => order.push(`ours ${round}`),
  });
  expect(order).toEqual(['floor -1', 'ours -1', 'floor 0', 'ours 0', 'floor 1', 'ours 1']);
  expect(measured).toEqual({ floor: [3, 5], ours: [4, 6] });
});

test('a median at its target meets it, one above misses it, and what was not measured is neither', () => {
  expect(build({}).targets.every(({ verdict }) => verdict === 'not-measured')).toBe(true);
  const verdicts = [3, 3.01].map(
    (median) => build(buildJudge(100, median)).targets.find(({ finding }) => finding !== null)?.verdict,
  );
  expect(verdicts).toEqual(['met', 'missed']);
});

test('the page keeps what is written by hand, and a second writing changes nothing', () => {
  const page = readFileSync(new URL('../../docs/performance.md', import.meta.url), 'utf8');
  const written = replaceFigures(page, build(buildJudge(100, 3)));
  const [before] = page.split('<!-- bench:begin');
  const [, after] = page.split('<!-- bench:end -->');
  expect(written.startsWith(before ?? '-')).toBe(true);
  expect(written.endsWith(after ?? '-')).toBe(true);
  expect(replaceFigures(written, build(buildJudge(100, 3)))).toBe(written);
  expect(() => replaceFigures('no marks', build({}))).toThrow();
});

test('the same seed yields the same resources, and no two collections of a subject are at one time', () => {
  const draw = () => [...drawBloodCounts({ seed: 7, subjects: [0, 1] }).take(2_000)];
  expect(draw()).toEqual(draw());
  const times = draw().map((line) => {
    const { subject, effectiveDateTime } = JSON.parse(line);
    return `${subject.reference} ${effectiveDateTime}`;
  });
  expect(new Set(times).size).toBe(2_000);
});
