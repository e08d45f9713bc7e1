import { cpSync, existsSync } from 'node:fs';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { formatEnrolmentFile, runInFolder } from '../support/run-cli.ts';
import { useFolder } from '../support/use-lifecycle.ts';

const testFolder = useFolder();
const { path } = testFolder;
const CSV = `${path}/enrolment.csv`;
const FILE = `${path}/file`;

beforeAll(async () => {
  testFolder.writeJson('trial-adapter.json', { sites: { 'site-t': {} } });
  testFolder.writeFile('enrolment.csv', formatEnrolmentFile('T-1,site-t,Patient/p1,2026-01-05,2026-01-05'));
  testFolder.writeFile('file', 'x');
  expect((await runInFolder(testFolder, ['enroll', CSV, '--study', 'msc-aa'])).code).toBe(0);
});

/** Runs a command that must be refused with a message: an error of the system would be thrown. */
async function expectRefusal(args: readonly string[], ...named: readonly string[]): Promise<void> {
  const { code, out, err } = await runInFolder(testFolder, args);
  expect([code, out]).toEqual([1, '']);
  expect(err).toMatch(/^trial-adapter: .*Fix: .* \[[a-z]+\/[a-z-]+\]\n$/);
  for (const text of named) expect(err).toContain(text);
}

/** File systems of the system, in which no folder can be created. */
const isLinux = existsSync('/proc/self');

describe('a path that cannot be used', () => {
  test.each<[string, string[], string[]]>([
    ['a file as the data folder', ['enroll', CSV, '--study', 'msc-aa', '--data', FILE], ['--data', FILE]],
    ['a folder below a file', ['enroll', CSV, '--study', 'msc-aa', '--data', `${FILE}/x`], ['--data']],
    ['the same for serve', ['serve', '--port', '0', '--data', `${FILE}/x`], ['--data', `${FILE}/x`]],
    ['the same for ingest', ['ingest', CSV, '--site', 'site-t', '--data', FILE], ['--data', FILE]],
    ['a file as the folder of an export', ['export', 'csv', '--out', FILE], ['--out', FILE]],
    ['an export below a file', ['export', 'csv', '--out', `${FILE}/x`], ['--out', `${FILE}/x`]],
    ['an export into a device', ['export', 'csv', '--out', '/dev/null'], ['--out', '/dev/null']],
    ['a folder to map', ['map', path], [path]],
    ['a folder to enrol', ['enroll', path, '--study', 'msc-aa'], [path]],
    ['a device to enrol', ['enroll', '/dev/zero', '--study', 'msc-aa'], ['/dev/zero']],
    ['a device to ingest', ['ingest', '/dev/zero', '--site', 'site-t'], ['/dev/zero']],
    ['a device as criteria', ['assess', '--criteria', '/dev/zero'], ['/dev/zero']],
    ['a folder as the configuration', ['report', '--config', path], [path]],
    ['a device as the configuration', ['report', '--config', '/dev/zero'], ['/dev/zero']],
  ])('%s: exit 1, with the option, the path and the fix', async (_name, args, named) => {
    await expectRefusal(args, ...named);
  });

  (isLinux ? test : test.skip).each<[string, string[]]>([
    ['an export', ['export', 'csv', '--out', '/proc/nowhere/x']],
    ['an export into the folder itself', ['export', 'csv', '--out', '/proc']],
    ['a store', ['enroll', CSV, '--study', 'msc-aa', '--data', '/proc/nowhere']],
  ])('%s in /proc ends, with the path and the fix', async (_name, args) => {
    await expectRefusal(args, '/proc');
  });

  test.each([['below a file', '/dev/null/x'], ...(isLinux ? [['in /proc', '/proc/nowhere']] : [])])(
    'a folder of keys %s: the command ends, with the path and the fix',
    async (_name, keysDir) => {
      testFolder.writeJson('keys.json', { keysDir, sites: { 'site-t': {} } });
      await expectRefusal(['keys', 'create', '--config', `${path}/keys.json`], keysDir as string);
    },
  );

  test('a file that is no database as the store', async () => {
    testFolder.writeFile('odd/store.db', 'this is no database, whatever its name says'.repeat(100));
    await expectRefusal(
      ['report', '--data', `${path}/odd`],
      `${path}/odd/keys/store.key`,
      '[store/unusable]',
    );
    cpSync(`${path}/data/keys`, `${path}/odd/keys`, { recursive: true });
    await expectRefusal(['report', '--data', `${path}/odd`], `${path}/odd/store.db`, '[store/unusable]');
  });

  test('an export leaves the other files of its folder as they are', async () => {
    testFolder.writeFile('out/notes.txt', 'mine');
    testFolder.writeFile('out/deep/er/notes.txt', 'mine');
    const { code, err } = await runInFolder(testFolder, ['export', 'csv', '--out', `${path}/out`]);
    expect([code, err]).toEqual([0, expect.stringContaining('notes.txt')]);
    expect(existsSync(`${path}/out/deep/er/notes.txt`)).toBe(true);
  });
});

describe('a name that nothing has', () => {
  test.each<[string, string[], string]>([
    ['outbox pause', ['outbox', 'pause', '--site', 'sit-t'], 'site-t?'],
    ['outbox resume', ['outbox', 'resume', '--site', 'zz'], 'site-t'],
    ['outbox retry', ['outbox', 'retry', '--site', 'zz'], 'site-t'],
    ['outbox list', ['outbox', 'list', '--site', 'zz'], 'site-t'],
    ['outbox list, a subject', ['outbox', 'list', '--subject', 'T-2'], 'T-1?'],
    ['outbox overwrite', ['outbox', 'overwrite', 'x', '--site', 'zz'], 'site-t'],
    ['check', ['check', '--site', 'site-99'], 'site-'],
    ['ingest', ['ingest', CSV, '--site', 'zz'], 'site-t'],
    ['export, a study', ['export', 'csv', '--study', 'zz'], 'msc-aa'],
    ['export, a format', ['export', 'zz'], 'csv'],
    ['explain, a visit', ['explain', 'T-1', '--visit', 'zz'], 'M3'],
  ])('%s: exit 1, with the names that there are', async (_name, args, named) => {
    await expectRefusal(args, named);
  });

  test('map', async () => {
    const file = testFolder.writeJson('patient.json', { resourceType: 'Patient', id: 'p1' });
    await expectRefusal(['map', file, '--site', 'zz'], '--site', 'site-t');
  });

  test('a site of the configuration, of a study and of serve --dev are known', async () => {
    for (const site of ['site-t', 'site-1', 'dev'])
      expect((await runInFolder(testFolder, ['check', '--site', site])).code).toBe(0);
  });
});
