import {
  appendFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { TrailReport } from '../../src/audit/trail-findings.ts';
import type { BackupResult, RestoreResult } from '../../src/service/backup/backup-operations.ts';
import { useInstallation } from '../support/with-installation.ts';
import { buildPlateletCount } from './hospital-resources.ts';

/** A hospital makes backups beside the running service, loses its data folder, and restores. */
const installation = useInstallation();
const { folder, run, runJson } = installation;

const DATA = join(folder.path, 'data');
const BACKUP = join(folder.path, 'backups', 'first');

let made: BackupResult;

beforeAll(async () => {
  await installation.enrol('S-1,dev,Patient/p1,2026-01-01,2026-01-01');
  const served = await installation.startService();
  const send = (id: string, value: number) =>
    served.call('PUT', `/Observation/${id}`, buildPlateletCount(id, 'Patient/p1', value, '2026-01-05'));
  await send('before', 20);
  made = await runJson<BackupResult>('backup', '--out', BACKUP);
  await send('after', 21);
  expect(await served.stop()).toBe(0);
});

const listFiles = (path: string): readonly string[] =>
  readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(path, name)).isFile())
    .sort();

/** Runs a command that must be refused; returns its message. */
async function expectRefusal(...args: readonly string[]): Promise<string> {
  const { code, err } = await run(...args);
  expect(code).toBe(1);
  return err;
}

test('a backup has the store, its keys and heads, for this user only, and nothing is left half made', () => {
  expect(made).toMatchObject({ store: 'sqlite', hasKeys: true, folder: BACKUP });
  const files = listFiles(BACKUP);
  expect(files).toEqual([
    'audit-heads.ndjson',
    'keys/audit.key',
    'keys/seal.key',
    'keys/store.key',
    'manifest.json',
    'store.db',
  ]);
  expect(files.filter((file) => (statSync(join(BACKUP, file)).mode & 0o077) !== 0)).toEqual([]);
  expect(readdirSync(join(folder.path, 'backups'))).toEqual(['first']);
});

test('a backup is verified where it lies, and is not changed by that', async () => {
  const before = readFileSync(join(BACKUP, 'store.db'));
  const verified = await runJson<RestoreResult>('restore', '--verify', BACKUP);
  expect(verified).toMatchObject({ folder: null, trail: { valid: true, isKeyTrusted: true } });
  const { out } = await run('audit', 'verify', '--json', '--data', BACKUP);
  expect(JSON.parse(out) as TrailReport).toMatchObject({ valid: true });
  expect(readFileSync(join(BACKUP, 'store.db')).equals(before)).toBe(true);
});

test('a restored store has what was answered before the backup, and says that it was restored', async () => {
  const target = join(folder.path, 'restored');
  const restored = await runJson<RestoreResult>('restore', BACKUP, '--data', target);
  expect(restored).toMatchObject({ folder: target, last: { action: 'backup.made' } });
  const listed = await runJson<readonly { action: string }[]>('audit', 'list', '--data', target);
  expect(listed.at(-1)).toMatchObject({ action: 'backup.restored' });
  const { out } = await run('audit', 'verify', '--json', '--data', target);
  expect(JSON.parse(out) as TrailReport).toMatchObject({ valid: true, isComparedWithCopy: true });
  const exported = join(folder.path, 'export');
  expect((await run('export', 'csv', '--out', exported, '--data', target)).code).toBe(0);
  const labs = readFileSync(join(exported, 'labs.csv'), 'utf8');
  expect([labs.includes(',platelets,20,'), labs.includes(',platelets,21,')]).toEqual([true, false]);
});

describe('what is refused', () => {
  test('a data folder, or a folder for a backup, that is not empty', async () => {
    const size = statSync(join(DATA, 'store.db')).size;
    expect(await expectRefusal('restore', BACKUP, '--data', DATA)).toContain(DATA);
    expect(statSync(join(DATA, 'store.db')).size).toBe(size);
    expect(await expectRefusal('backup', '--out', BACKUP)).toContain(BACKUP);
  });

  test.each([
    ['a changed file', (copy: string) => appendFileSync(join(copy, 'audit-heads.ndjson'), '\n')],
    ['a missing file', (copy: string) => rmSync(join(copy, 'keys/seal.key'))],
    [
      'a changed manifest',
      (copy: string) => {
        const file = join(copy, 'manifest.json');
        writeFileSync(file, readFileSync(file, 'utf8').replace('"hasKeys": true', '"hasKeys": false'));
      },
    ],
    ['a backup that was not completed', (copy: string) => rmSync(join(copy, 'manifest.json'))],
  ])('%s, and nothing is restored', async (name, damage) => {
    const copy = join(folder.path, `copy ${name}`);
    cpSync(BACKUP, copy, { recursive: true });
    damage(copy);
    const target = join(folder.path, `data ${name}`);
    await expectRefusal('restore', copy, '--data', target);
    expect(readdirSync(folder.path).filter((entry) => entry.startsWith(`data ${name}`))).toEqual([]);
  });
});

test('a backup without keys needs them to be restored, and then has them not in it', async () => {
  const out = join(folder.path, 'backups', 'without');
  expect(await runJson<BackupResult>('backup', '--out', out, '--without-keys')).toMatchObject({
    hasKeys: false,
  });
  expect(listFiles(out).filter((file) => file.endsWith('.key'))).toEqual([]);
  await expectRefusal('restore', out, '--data', join(folder.path, 'no keys'));
  const target = join(folder.path, 'with keys');
  mkdirSync(target);
  cpSync(join(DATA, 'keys'), join(folder.path, 'keys'), { recursive: true });
  writeFileSync(join(folder.path, 'trial-adapter.json'), JSON.stringify({ keysDir: 'keys' }));
  const restored = await runJson<RestoreResult>('restore', out, '--data', target);
  rmSync(join(folder.path, 'trial-adapter.json'));
  expect(restored.folder).toBe(target);
});
