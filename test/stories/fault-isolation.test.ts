import { setTimeout } from 'node:timers/promises';
import { beforeEach, expect, test } from '@jest/globals';
import { waitUntil } from '../support/wait-until.ts';
import { useService } from '../support/with-service.ts';
import { buildPlateletCount } from './hospital-resources.ts';

/** A fault at one subject or one connection does not affect the others. */
const adapter = useService('test');

beforeEach(async () => {
  await adapter.enrol('A', 'Patient/a');
  await adapter.enrol('B', 'Patient/b');
});

const sendCountFor = (patient: string, id: string) =>
  adapter.send(buildPlateletCount(id, patient, 20, '2026-01-05'));

test('a subject who cannot be assessed is reported, the others are assessed, and a new fact causes another attempt', async () => {
  await sendCountFor('Patient/a', 'o1');
  await sendCountFor('Patient/b', 'o2');
  await adapter.withSqlite((database) =>
    database
      .prepare(
        `UPDATE statement SET fact = '{"kind":"lab"}' WHERE resource = (SELECT key FROM resource WHERE id = 'o1')`,
      )
      .run(),
  );
  expect(await adapter.service.assessDueSubjects()).toBe(2);
  expect(await adapter.service.listWorkItems('open')).toMatchObject([
    { reason: 'cannot-be-judged', group: 'msc-aa A' },
  ]);
  await adapter.withSqlite((database) => {
    expect(database.prepare('SELECT subject FROM judgement').pluck().all()).toEqual(['B']);
    database
      .prepare(`DELETE FROM statement WHERE resource = (SELECT key FROM resource WHERE id = 'o1')`)
      .run();
  });
  await sendCountFor('Patient/a', 'o3');
  await adapter.service.assessDueSubjects();
  expect(await adapter.service.listWorkItems('open')).toEqual([]);
});

test('while another process locks the database the service stays responsive, and writes afterwards', async () => {
  let ticks = 0;
  const clock = setInterval(() => ticks++, 10);
  const sent = await adapter.withSqlite(async (database) => {
    database.exec('BEGIN IMMEDIATE');
    const answer = sendCountFor('Patient/a', 'o1');
    await setTimeout(100);
    // On a machine under load the clock ticks late: what counts is that it ticks while the database is locked.
    await waitUntil(() => ticks > 3);
    database.exec('COMMIT');
    return { answer };
  });
  const { status } = await sent.answer.finally(() => clearInterval(clock));
  expect(status).toBe(201);
  expect(ticks).toBeGreaterThan(3);
});

test('the service is ready while it can write', async () => {
  expect(await adapter.service.isReady()).toBe(true);
});
