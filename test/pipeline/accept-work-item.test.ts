import { beforeEach, expect, test } from '@jest/globals';
import type { Resource } from '../../src/fhir/resource.ts';
import { readLibrary } from '../../src/library.ts';
import { acceptWorkItem } from '../../src/pipeline/facts/decide-work-item.ts';
import { TRUST_WITHOUT_PEOPLE } from '../../src/signatures/check-decision.ts';
import { useService } from '../support/with-service.ts';

const adapter = useService('test');

beforeEach(() => adapter.enrol('S-1', 'Patient/p1'));

const buildOddUnit = (id: string): Resource => ({
  resourceType: 'Observation',
  id,
  status: 'final',
  code: { coding: [{ system: 'http://loinc.org', code: '777-3' }] },
  subject: { reference: 'Patient/p1' },
  effectiveDateTime: '2026-01-05T08:00:00Z',
  valueQuantity: { value: 24, unit: 'Kilo/uL' },
});

const pushResource = async (resource: Resource): Promise<string> =>
  (await adapter.send(resource, { method: 'update' })).disposition;

/** Accepts the suggestion of the only open work item, as another process on the same store does. */
async function acceptElsewhere(): Promise<void> {
  const [item] = await adapter.service.listWorkItems('open');
  const acceptance = { id: item?.id ?? '', target: null, by: 'me', why: null };
  const { config: folders, store } = adapter;
  await acceptWorkItem(
    {
      ...{ store, folders, areDecisionsShared: folders.database !== null },
      ...{ trust: TRUST_WITHOUT_PEOPLE, rules: 'test', now: () => new Date() },
    },
    readLibrary(folders).suggester(),
    acceptance,
  );
}

test('a process that dies between the decision and the restatement loses nothing', async () => {
  expect(await pushResource(buildOddUnit('a'))).toBe('held');
  await acceptElsewhere();
  // The resource has not been restated.
  expect(await adapter.service.listWorkItems('open')).toMatchObject([
    { count: 1, decision: { verdict: 'accepted' } },
  ]);
  await adapter.restart();
  await adapter.service.refreshLibrary();
  expect(await adapter.service.listWorkItems('open')).toEqual([]);
  expect(await adapter.service.remapInbox(true, () => {})).toMatchObject({
    resources: 1,
    changedResources: 0,
  });
});

test('a resource that is sent while a decision is made is mapped by it in the end', async () => {
  await adapter.service.refreshLibrary();
  expect(await pushResource(buildOddUnit('a'))).toBe('held');
  await acceptElsewhere();
  // Still under the mappings from before the decision.
  expect(await pushResource(buildOddUnit('b'))).toBe('held');
  await adapter.service.refreshLibrary();
  expect(await adapter.service.listWorkItems('open')).toEqual([]);
  expect(await pushResource(buildOddUnit('c'))).toBe('mapped');
});

test('requests that began before a reload end under the old mappings, and none of their resources stays held', async () => {
  await adapter.service.refreshLibrary();
  await pushResource(buildOddUnit('a'));
  await acceptElsewhere();
  const before = pushResource(buildOddUnit('b'));
  const reloaded = adapter.service.reloadLibrary();
  expect(await before).toBe('held');
  expect(await reloaded).toMatchObject({ reloaded: true, rerun: { resources: 2, mapped: 2 } });
  expect(await adapter.service.listWorkItems('open')).toEqual([]);
});

test('a version conflict does not depend on mapping: a reload leaves it to a person', async () => {
  const version = (value: number) => ({
    ...buildOddUnit('v'),
    meta: { versionId: '1' },
    valueQuantity: { value, unit: '10*9/L' },
  });
  expect(await pushResource(version(1))).toBe('mapped');
  expect(await pushResource(version(2))).toBe('held');
  expect(await adapter.service.reloadLibrary()).toMatchObject({ reloaded: true });
  expect(await adapter.service.listWorkItems('open')).toMatchObject([
    { reason: 'version-conflict', count: 1 },
  ]);
});

test('spellings with a number in them are items of their own, and accepted one by one', async () => {
  const withUnit = (id: string, unit: string) => ({
    ...buildOddUnit(id),
    valueQuantity: { value: 24, unit },
  });
  expect(await pushResource(withUnit('a', '1000/mm3'))).toBe('held');
  expect(await pushResource(withUnit('b', 'x1000/mm3'))).toBe('held');
  const items = await adapter.service.listWorkItems('open');
  expect(items.map(({ group }) => group).toSorted()).toEqual(['platelets:1000/mm3', 'platelets:x1000/mm3']);
  for (const { id } of items) {
    const acceptance = { id, target: '10*3/uL', by: 'me', why: null };
    expect(await adapter.service.acceptWorkItem(acceptance)).toMatchObject({
      rerun: { resources: 1, mapped: 1 },
    });
  }
  expect(await adapter.listFacts('S-1')).toMatchObject([
    { measured: { value: '24' } },
    { measured: { value: '24' } },
  ]);
});
