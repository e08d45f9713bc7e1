import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { EXPORT_FORMATS } from '../../src/exports/formats.ts';
import { useFolder } from '../support/use-lifecycle.ts';

/**
 * Every export of a small study, byte by byte as it was checked in. For an intended change, `npm run golden` regenerates
 * the files; review their difference with the change.
 */
const GOLDEN_FOLDER = join(import.meta.dirname, 'exports');
const execFileAsync = promisify(execFile);

/** Time zones of the machine, each with another order of arrival. */
const RUNS = [
  ['UTC', '0'],
  ['America/New_York', '1'],
  ['Pacific/Auckland', '2'],
] as const;

const scratchFolder = useFolder();

function listFiles(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((file) => join(folder, file))
    .filter((path) => statSync(path).isFile())
    .map((path) => relative(folder, path))
    .sort();
}

test('every format has golden files', () => {
  expect(readdirSync(GOLDEN_FOLDER).sort()).toEqual(EXPORT_FORMATS.map(({ id }) => id).sort());
});

describe.each(RUNS)('in %s, resources arriving in order %s', (zone, seed) => {
  const folder = join(scratchFolder.path, seed);

  beforeAll(async () => {
    const script = join(import.meta.dirname, 'write-golden-exports.ts');
    await execFileAsync(process.execPath, [script, folder, seed], { env: { ...process.env, TZ: zone } });
  });

  test('the exports are the golden files and no others', () => {
    expect(listFiles(folder)).toEqual(listFiles(GOLDEN_FOLDER));
  });

  test.each(listFiles(GOLDEN_FOLDER))('%s', (file) => {
    const [made, golden] = [folder, GOLDEN_FOLDER].map((from) => readFileSync(join(from, file)));
    // Comparing text shows where a file differs; comparing bytes decides.
    if (!file.endsWith('.parquet')) expect(made?.toString('utf8')).toBe(golden?.toString('utf8'));
    expect(golden && made?.equals(golden)).toBe(true);
  });
});
