import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { openWorkOf } from '../../src/pipeline/open-work.ts';
import { openSqliteStore } from '../../src/store/sqlite/sqlite.ts';
import { inWorld, type Sent, SITE, STUDY, type World } from './world.ts';

const folder = mkdtempSync(join(tmpdir(), 'open-work-'));
const store = openSqliteStore(join(folder, 'store.db'));
afterAll(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

const patient = (id: string, more: object): Sent => ({
  resourceType: 'Patient',
  id,
  gender: 'male',
  birthDate: '1980',
  ...more,
});

const result = (id: string, unit: string): Sent => ({
  resourceType: 'Observation',
  id,
  status: 'final',
  code: { coding: [{ system: 'http://loinc.org', code: '777-3' }] },
  subject: { reference: 'Patient/p0' },
  effectiveDateTime: '2026-02-01T08:00:00+08:00',
  valueQuantity: { value: 20, unit },
});

async function enrolled(world: World): Promise<void> {
  world.clock('2026-06-01T12:00:00Z');
  for (const n of [0, 1, 2]) await world.enrol(`S${n}`, `Patient/p${n}`);
}

const NONE = { items: 0, resources: 0, byReason: [], deathsWithoutDay: [] };

test('what waits is counted by reason, and is a site’s', () =>
  inWorld(store, async (world) => {
    await enrolled(world);
    expect(await openWorkOf(world.tx, STUDY)).toEqual(NONE);
    for (const id of ['a', 'b']) await world.send(result(id, 'per field'));
    await world.send(result('c', 'per view'));
    await world.send(patient('p0', { deceasedBoolean: true }));
    expect(await openWorkOf(world.tx, STUDY)).toMatchObject({
      items: 3,
      resources: 4,
      byReason: [
        { reason: 'unmapped-unit', items: 2, resources: 3 },
        { reason: 'unparseable-value', items: 1, resources: 1 },
      ],
    });
    expect(await openWorkOf(world.tx, 'another-study')).toEqual(NONE);
  }));

test('who is dead without a day is named until a day is known, from wherever', () =>
  inWorld(store, async (world) => {
    await enrolled(world);
    const undated = async () => (await openWorkOf(world.tx, STUDY)).deathsWithoutDay;
    await world.send(patient('p1', { deceasedBoolean: true }));
    await world.send(patient('p2', { deceasedBoolean: true }));
    await world.send(patient('p0', { deceasedBoolean: false }));
    expect(await undated()).toEqual(['S1', 'S2']);
    await world.send(patient('p1', { deceasedDateTime: '2026-05-03' }));
    expect(await undated()).toEqual(['S2']);
    await world.tx.subjects.linkPatient(SITE, 'Patient/p2-old', STUDY, 'S2', 'test');
    await world.send(patient('p2-old', { deceasedDateTime: '2026-05' }));
    expect(await undated()).toEqual([]);
  }));
