import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from '@jest/globals';
import { TEST_SITE, useService } from '../../support/with-service.ts';

/** What a person decided stays on record, with who, when and why, whatever is decided later. */
const adapter = useService('test');

beforeEach(() => adapter.enrol('S-1', 'Patient/p1'));

const sendOddUnit = (id: string) =>
  adapter.send({
    resourceType: 'Observation',
    id,
    status: 'final',
    code: { coding: [{ system: 'http://loinc.org', code: '777-3' }] },
    subject: { reference: 'Patient/p1' },
    effectiveDateTime: '2026-01-05T08:00:00Z',
    valueQuantity: { value: 24, unit: 'Kilo/uL' },
  });

const sendLocalCode = (id: string) =>
  adapter.send({
    resourceType: 'Observation',
    id,
    status: 'final',
    code: { coding: [{ system: 'urn:hospital:lab', code: 'PLTC', display: 'Platelets [#/volume]' }] },
    subject: { reference: 'Patient/p1' },
    effectiveDateTime: '2026-01-05T08:00:00Z',
    valueQuantity: { value: 24, unit: '10*9/L', system: 'http://unitsofmeasure.org', code: '10*9/L' },
  });

async function findOnlyItemId(): Promise<string> {
  const [item] = await adapter.service.listWorkItems('open');
  return item?.id ?? '';
}

const accept = (id: string, by: string, target: string | null, why: string | null = null) =>
  adapter.service.acceptWorkItem({ id, target, by, why });
const reject = (id: string, by: string) => adapter.service.rejectWorkItem(id, { by, why: null });
const listDeciders = async (id: string) =>
  (await adapter.service.getWorkItem(id)).decisions.map(({ verdict, target, by }) => [verdict, target, by]);
const listValues = async () =>
  (await adapter.listFacts('S-1')).map((fact) => (fact.kind === 'lab' ? fact.measured?.value : fact.kind));

test('the same decision again changes nothing: the first who, when and why stay', async () => {
  await sendOddUnit('a');
  const id = await findOnlyItemId();
  expect(await accept(id, 'Li', '10*3/uL', 'asked')).toMatchObject({ unchanged: false, before: null });
  const { decision } = await adapter.service.getWorkItem(id);
  for (const target of ['10*3/uL', null]) {
    const again = await accept(id, 'Wu', target);
    expect(again).toMatchObject({ unchanged: true, before: decision, rerun: { resources: 0 } });
  }
  expect(await adapter.service.getWorkItem(id)).toMatchObject({ decision, decisions: [decision] });
});

test('a second rejection changes nothing', async () => {
  await sendOddUnit('a');
  const id = await findOnlyItemId();
  expect(await reject(id, 'Li')).toMatchObject({ resources: 1, unchanged: false });
  expect(await reject(id, 'Wu')).toMatchObject({ resources: 0, unchanged: true, before: { by: 'Li' } });
  expect(await listDeciders(id)).toEqual([['rejected', null, 'Li']]);
});

test('another target is a new decision: both are kept, and what the first mapped is mapped again', async () => {
  await sendOddUnit('a');
  const id = await findOnlyItemId();
  await accept(id, 'Li', '10*3/uL');
  expect(await listValues()).toEqual(['24']);
  expect(await accept(id, 'Wu', '10*4/uL')).toMatchObject({ unchanged: false, before: { by: 'Li' } });
  expect(await listValues()).toEqual(['240']);
  expect(await listDeciders(id)).toEqual([
    ['accepted', '10*3/uL', 'Li'],
    ['accepted', '10*4/uL', 'Wu'],
  ]);
});

test('an acceptance is not rejected, since its map entry would stay in force; a code is taken back with none', async () => {
  await sendLocalCode('a');
  const id = await findOnlyItemId();
  await accept(id, 'Li', 'platelets');
  await expect(reject(id, 'Wu')).rejects.toMatchObject({ code: 'work-item/undecidable' });
  expect(await listDeciders(id)).toHaveLength(1);
  await accept(id, 'Wu', 'none');
  expect(await listValues()).toEqual([]);
  expect((await sendLocalCode('b')).disposition).toBe('ignored');
  expect(await listDeciders(id)).toEqual([
    ['accepted', 'platelets', 'Li'],
    ['accepted', null, 'Wu'],
  ]);
});

test('a rejection that was a mistake is followed by an acceptance, and stays on record', async () => {
  await sendOddUnit('a');
  const id = await findOnlyItemId();
  await reject(id, 'Li');
  expect(await accept(id, 'Wu', '10*3/uL')).toMatchObject({ before: { verdict: 'rejected', by: 'Li' } });
  expect(await listValues()).toEqual(['24']);
  expect(await listDeciders(id)).toEqual([
    ['rejected', null, 'Li'],
    ['accepted', '10*3/uL', 'Wu'],
  ]);
});

test('the record of a decision can be neither changed nor removed', async () => {
  await sendOddUnit('a');
  await reject(await findOnlyItemId(), 'Li');
  await adapter.withSqlite((database) => {
    expect(() => database.exec("UPDATE work_decision SET decision = '{}'")).toThrow();
    expect(() => database.exec('DELETE FROM work_decision')).toThrow();
  });
});

test('the history of all decisions can be neither changed nor removed, and the file of a site only grows', async () => {
  await sendOddUnit('a');
  const id = await findOnlyItemId();
  await accept(id, 'Li', '10*3/uL');
  const file = join(adapter.config.dataDir, 'decisions', TEST_SITE, 'history.ndjson');
  const before = readFileSync(file, 'utf8');
  await accept(id, 'Wu', '10*9/L');
  expect(readFileSync(file, 'utf8').startsWith(before)).toBe(true);
  expect(
    await adapter.store.read((tx) => tx.decisions.list({ kind: 'work-item', record: id })),
  ).toMatchObject([
    { by: 'Li', decision: { target: '10*3/uL' } },
    { by: 'Wu', decision: { target: '10*9/L' } },
  ]);
  await adapter.withSqlite((database) => {
    expect(() => database.exec("UPDATE decision_log SET content = '{}'")).toThrow();
    expect(() => database.exec('DELETE FROM decision_log')).toThrow();
  });
});
