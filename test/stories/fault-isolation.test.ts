import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import Sqlite from 'better-sqlite3';
import { loadConfig } from '../../src/config.ts';
import { openService, type Service } from '../../src/service.ts';
import { buildPlateletCount } from './adapter-installation.ts';

/** One thing that goes wrong must not take the rest with it. */
let folder: string;
let service: Service;

const openTestService = () =>
  openService(loadConfig({ data: folder }, { TRIAL_ADAPTER_LOG_LEVEL: 'silent' }, folder));

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'steady-'));
  service = await openTestService();
  const row = { site: 'dev', enrolledOn: '2026-01-01', consentedOn: '2026-01-01' };
  await service.enrol('msc-aa', [
    { ...row, subject: 'A', patient: 'Patient/a' },
    { ...row, subject: 'B', patient: 'Patient/b' },
  ]);
});
afterEach(async () => {
  await service.close();
  rmSync(folder, { recursive: true });
});

const sendCountFor = (patient: string, id: string) =>
  service.accept(
    'dev',
    [
      {
        method: 'create',
        resourceType: 'Observation',
        id,
        resource: buildPlateletCount(id, patient, 20, '2026-01-05') as never,
        ifNoneExist: null,
        ifMatch: null,
      },
    ],
    'each',
    'test',
  );

test('a subject who cannot be judged is shown, the others are judged, and a new fact gives him another chance', async () => {
  await sendCountFor('Patient/a', 'o1');
  await sendCountFor('Patient/b', 'o2');
  const database = new Sqlite(join(folder, 'store.db'));
  database.prepare(`UPDATE statement SET fact = '{"kind":"lab"}' WHERE id = 'o1'`).run();
  expect(await service.assessDueSubjects()).toBe(2);
  expect(await service.listWorkItems('open')).toMatchObject([
    { reason: 'cannot-be-judged', group: 'msc-aa A' },
  ]);
  const judged = database.prepare('SELECT subject FROM judgement').pluck().all();
  expect(judged).toEqual(['B']);
  database.prepare(`DELETE FROM statement WHERE id = 'o1'`).run();
  database.close();
  await sendCountFor('Patient/a', 'o3');
  await service.assessDueSubjects();
  expect(await service.listWorkItems('open')).toEqual([]);
});

test('while another process holds the database this one goes on, and then writes', async () => {
  const other = new Sqlite(join(folder, 'store.db'));
  other.exec('BEGIN IMMEDIATE');
  let ticks = 0;
  const clock = setInterval(() => ticks++, 10);
  const sent = sendCountFor('Patient/a', 'o1');
  await new Promise((resolve) => setTimeout(resolve, 300));
  other.exec('COMMIT');
  other.close();
  const [answer] = await sent.finally(() => clearInterval(clock));
  expect(answer?.status).toBe(201);
  expect(ticks).toBeGreaterThan(3);
});

test('it is ready while it can write', async () => {
  expect(await service.isReady()).toBe(true);
});
