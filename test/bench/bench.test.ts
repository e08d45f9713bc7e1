import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { runInFolder } from '../support/run-cli.ts';
import { useFolder } from '../support/use-lifecycle.ts';

/** A smoke test: that the same work was done on both sides. No figure is asserted, since the machine may be busy. */
const testFolder = useFolder();

interface Answers {
  readonly floor: number;
  readonly ours: number;
}

const FIGURE = expect.any(Number);
const DURABILITY = expect.stringMatching(/journal_mode=wal, synchronous=FULL/);

test('bench --quick --json measures every part, with the same number of answers from floor and service', async () => {
  const folder = join(testFolder.path, 'bench');
  const { code, out, err } = await runInFolder(testFolder, [
    'bench',
    '--quick',
    '--json',
    '--folder',
    folder,
  ]);
  expect([code, err.includes('trial-adapter:')]).toEqual([0, false]);
  const result = JSON.parse(out);
  expect(result.bulk).toMatchObject({
    resourcesPerSecond: FIGURE,
    jsonParseFloorPerSecond: FIGURE,
    ratio: FIGURE,
    durability: DURABILITY,
  });
  for (const requests of [result.push, result.batch]) {
    expect(requests).toMatchObject({
      requestsPerSecond: FIGURE,
      bareExpressPerSecond: FIGURE,
      ratio: FIGURE,
      p50Ms: FIGURE,
      p99Ms: FIGURE,
      durability: DURABILITY,
    });
  }
  expect(Object.keys(result.recompute)).toEqual(expect.arrayContaining(['msAt1e3', 'msAt1e5', 'durability']));
  expect(result).toMatchObject({ startupMs: FIGURE, peakRssMb: FIGURE });
  const { byConnections, batch } = result.parts.push;
  const answers: readonly Answers[] = [...byConnections, batch, ...result.parts.bulk].map(
    (each) => each.answers,
  );
  expect(answers).toHaveLength(5);
  for (const { floor, ours } of answers) expect([floor > 0, ours]).toEqual([true, floor]);
  for (const { verdict, finding } of result.targets)
    expect(verdict === 'not-measured').toBe(finding === null);
  // Nothing of a run remains.
  expect(existsSync(folder) ? readdirSync(folder) : []).toEqual([]);
});

test.each([
  ['a part that does not exist', ['--only', 'everything']],
  ['no round', ['--rounds', '0']],
  ['two sizes', ['--quick', '--full']],
  ['a page of some parts', ['--only', 'start', '--write']],
])('%s: exit 2, and nothing is measured', async (_name, args) => {
  const { code, out } = await runInFolder(testFolder, ['bench', ...args]);
  expect([code, out]).toEqual([2, '']);
});
