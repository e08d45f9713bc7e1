import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import { createTestFolder } from '../support/with-folder.ts';

/**
 * A command loads what it needs and no more. One import at the head of a file is enough to load the whole adapter again for
 * `--help`, and nothing else would show it.
 */
const folder = createTestFolder();
afterAll(() => folder.remove());
const DATA = join(folder.path, 'data');

const MAIN_SCRIPT = join(import.meta.dirname, '../../src/main.js');
const RECORDER = join(import.meta.dirname, '../support/record-modules.mjs');

/** Runs the adapter as a process and returns what it loaded: files of ours by path, others by package. */
async function recordModules(...args: readonly string[]): Promise<readonly string[]> {
  const record = join(folder.path, 'modules.json');
  const child = spawn(process.execPath, ['--import', RECORDER, MAIN_SCRIPT, ...args], {
    env: { ...process.env, RECORDED_MODULES: record, TRIAL_ADAPTER_LOG_LEVEL: 'silent' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let err = '';
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk.toString();
  });
  // The service is ready when it prints its address, and ends only when it is told to.
  if (args[0] === 'serve') child.stdout.once('data', () => child.kill('SIGTERM'));
  else child.stdout.resume();
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${args.join(' ')}: ${code}: ${err}`);
  const urls = JSON.parse(readFileSync(record, 'utf8')) as readonly string[];
  return urls.map((url) => url.replace(/^.*\/node_modules\//, '').replace(/^.*\/src\//, 'src/'));
}

const select = (modules: readonly string[], pattern: RegExp): readonly string[] =>
  modules.filter((name) => pattern.test(name));

/** What only receiving, mapping and assessing needs. */
const STAGES =
  /^(fhirpath|@lhncbc|express|pino|undici|xmlbuilder2|hyparquet|src\/(pipeline|mapping|exports\/(?!lineage))\/)/;

/** What only exports, reports and EHRs need. */
const ON_DEMAND =
  /^(undici|xmlbuilder2|hyparquet|csv-parse|src\/(statistics|cli\/report|exports\/(?!lineage))\/|src\/trial\/endpoints\/.*tables)/;

/** Node's own HTTP client, which an `import` of node:http loads. */
const INTERNAL_CLIENT = /^internal:NativeModule internal\/deps\/undici/;

test('the list of commands loads no stage and no configuration', async () => {
  const modules = await recordModules('--help');
  expect(select(modules, /^src\/cli\/commands\//).length).toBeGreaterThan(10);
  expect(select(modules, STAGES)).toEqual([]);
  expect(select(modules, /^src\/(service|library|config)\.ts$/)).toEqual([]);
});

test('a command on the outbox loads one command, the store and no library', async () => {
  await openSqliteStore(join(DATA, 'store.db')).close();
  const modules = await recordModules('outbox', '--data', DATA);
  expect(select(modules, /^src\/cli\/commands\//)).toEqual(['src/cli/commands/outbox.ts']);
  expect(select(modules, /^src\/store\/sqlite\//).length).toBeGreaterThan(5);
  expect(select(modules, STAGES)).toEqual([]);
  expect(select(modules, /^src\/library\.ts$/)).toEqual([]);
});

test('the list of work items loads no library while none is held', async () => {
  expect(
    select(await recordModules('work', 'list', '--data', DATA), /^src\/(library\.ts$|mapping\/)/),
  ).toEqual([]);
});

test('the service starts without exports, reports and the client of EHRs', async () => {
  const modules = await recordModules('serve', '--dev', '--port', '0', '--data', DATA);
  expect(select(modules, /^src\/(mapping|pipeline)\//).length).toBeGreaterThan(50);
  expect(select(modules, ON_DEMAND)).toEqual([]);
  expect(select(modules, INTERNAL_CLIENT)).toEqual([]);
});
