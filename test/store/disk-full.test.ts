import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import Sqlite from 'better-sqlite3-multiple-ciphers';
import { Failure } from '../../src/errors.ts';
import { startWorker } from '../../src/pipeline/worker.ts';
import { toPostgresFailure } from '../../src/store/postgres/store-failure.ts';
import { createGroupCommit } from '../../src/store/sqlite/group-commit.ts';
import { isDiskFull, toStoreFailure } from '../../src/store/sqlite/store-failure.ts';
import { useFolder } from '../support/use-lifecycle.ts';
import { waitUntil } from '../support/wait-until.ts';

/** A full disk passes: nothing is acknowledged that is not stored, and with space again everything goes on. */

const testFolder = useFolder();

test('SQLite: work is refused while there is no space, and stored when there is, without opening anew', async () => {
  const database = new Sqlite(join(testFolder.path, 'full.db'));
  database.pragma('journal_mode = WAL');
  database.exec('CREATE TABLE kept (text TEXT)');
  const memory = { begin: () => undefined, undo: () => undefined };
  const write = createGroupCommit(database, 'IMMEDIATE', memory);
  const insert = database.prepare('INSERT INTO kept VALUES (?)');
  const store = (size: number) => write(async () => void insert.run('x'.repeat(size)));
  await store(10);
  const pages = Number(database.pragma('page_count', { simple: true }));
  database.pragma(`max_page_count = ${pages + 2}`);
  const outcomes = await Promise.allSettled([store(10), store(1_000_000), store(10)]);
  expect(outcomes.filter(({ status }) => status === 'fulfilled').length).toBeLessThan(3);
  const refused = outcomes.find((outcome) => outcome.status === 'rejected');
  expect(toStoreFailure(refused?.reason, 'full.db')).toMatchObject({ code: 'store/full' });
  await expect(store(1_000_000)).rejects.toThrow();
  const acknowledged = outcomes.filter(({ status }) => status === 'fulfilled').length;
  expect(database.prepare('SELECT count(*) AS n FROM kept').get()).toEqual({ n: 1 + acknowledged });
  database.pragma('max_page_count = 1000000');
  await store(1_000_000);
  expect(database.prepare('SELECT count(*) AS n FROM kept').get()).toEqual({ n: 2 + acknowledged });
  database.close();
});

test.each([
  ['SQLITE_FULL', true],
  ['SQLITE_IOERR_SHMSIZE', true],
  ['SQLITE_IOERR_FSYNC', false],
  ['SQLITE_IOERR_WRITE', false],
  ['SQLITE_CORRUPT', false],
])('%s passes: %p', (code, passes) => {
  const cause = Object.assign(new Error('disk'), { code });
  expect(isDiskFull(cause)).toBe(passes);
  expect(toStoreFailure(cause, 'store.db')?.code).toBe(passes ? 'store/full' : 'store/unusable');
});

test('PostgreSQL says it by 53100', () => {
  const cause = Object.assign(new Error('disk'), { code: '53100' });
  expect(toPostgresFailure(cause, 'database')).toMatchObject({ code: 'store/full', meaning: { http: 503 } });
});

test.each(['store/full', 'store/busy'] as const)('the background goes on after %s', async (code) => {
  let calls = 0;
  let broken: unknown = null;
  const worker = startWorker({
    refreshLibrary: async () => {
      calls += 1;
      throw new Failure(code, 'Not now.');
    },
    sites: [],
    onBroken: (cause: unknown) => {
      broken = cause;
    },
  } as never);
  await waitUntil(() => calls > 2 || broken !== null);
  await worker.stop();
  expect(broken).toBeNull();
});

test('a log that cannot be written ends nothing', async () => {
  const full = openSync('/dev/full', 'w');
  const main = join(import.meta.dirname, '../../src/main.js');
  const args = [main, 'serve', '--dev', '--port', '0', '--json', '--data', join(testFolder.path, 'data')];
  const env = {
    ...process.env,
    TRIAL_ADAPTER_LOG_LEVEL: 'info',
    TRIAL_ADAPTER_DEV_TOKEN: 'token-of-this-test',
  };
  const service = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', full] });
  closeSync(full);
  const exited = new Promise((resolve) => service.once('exit', resolve));
  let out = '';
  service.stdout?.on('data', (chunk) => {
    out += chunk;
  });
  await waitUntil(() => out.includes('\n') || service.exitCode !== null);
  const { url } = JSON.parse(out) as { url: string };
  for (let n = 0; n < 5; n++) expect((await fetch(`${new URL(url).origin}/health`)).status).toBe(200);
  service.kill('SIGTERM');
  expect(await exited).toBe(0);
});
