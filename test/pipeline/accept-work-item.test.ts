import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { loadConfig } from '../../src/config.ts';
import type { Interaction } from '../../src/fhir/interaction.ts';
import type { Resource } from '../../src/fhir/resource.ts';
import { readLibrary } from '../../src/library.ts';
import { acceptWorkItem } from '../../src/pipeline/facts/decide-work-item.ts';
import { openService, type Service } from '../../src/service.ts';
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import type { Store } from '../../src/store/store.ts';

let folder: string;
let service: Service;
/** Another process on the same store. */
let store: Store;

const buildConfig = () =>
  loadConfig({}, { TRIAL_ADAPTER_DATA: join(folder, 'data'), TRIAL_ADAPTER_LOG_LEVEL: 'silent' }, folder);

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'decide-'));
  service = await openService(buildConfig());
  store = openSqliteStore(join(folder, 'data', 'store.db'));
  const enrolment = { site: 's', enrolledOn: '2026-01-01', consentedOn: '2026-01-01' };
  await service.enrol('msc-aa', [{ ...enrolment, subject: 'S-1', patient: 'Patient/p1' }]);
});
afterEach(async () => {
  await service.close();
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

const buildOddUnit = (id: string): Resource => ({
  resourceType: 'Observation',
  id,
  status: 'final',
  code: { coding: [{ system: 'http://loinc.org', code: '777-3' }] },
  subject: { reference: 'Patient/p1' },
  effectiveDateTime: '2026-01-05T08:00:00Z',
  valueQuantity: { value: 24, unit: 'Kilo/uL' },
});

async function pushResource(resource: Resource): Promise<string> {
  const { resourceType, id } = resource;
  const interaction: Interaction = {
    method: 'update',
    resourceType,
    id: id ?? null,
    resource,
    ifMatch: null,
    ifNoneExist: null,
  };
  const [answer] = await service.accept('s', [interaction], 'each', 'test');
  return answer?.disposition ?? 'none';
}

const acceptElsewhere = async (id: string) => {
  const folders = buildConfig();
  const acceptance = { id, target: null, by: 'me', why: null };
  return acceptWorkItem(
    { store, folders, now: () => new Date() },
    readLibrary(folders).suggester(),
    acceptance,
  );
};

test('a process that dies between the decision and the restatement loses nothing', async () => {
  expect(await pushResource(buildOddUnit('a'))).toBe('held');
  const [item] = await service.listWorkItems('open');
  await acceptElsewhere(item?.id ?? '');
  // The resource has not been restated.
  expect(await service.listWorkItems('open')).toMatchObject([
    { count: 1, decision: { verdict: 'accepted' } },
  ]);
  await service.close();
  service = await openService(buildConfig());
  await service.refreshLibrary();
  expect(await service.listWorkItems('open')).toEqual([]);
  expect(await service.remapInbox(true, () => {})).toMatchObject({ resources: 1, changedResources: 0 });
});

test('a resource that is sent while a decision is made is mapped by it in the end', async () => {
  await service.refreshLibrary();
  expect(await pushResource(buildOddUnit('a'))).toBe('held');
  const [item] = await service.listWorkItems('open');
  await acceptElsewhere(item?.id ?? '');
  // Still under the mappings from before the decision.
  expect(await pushResource(buildOddUnit('b'))).toBe('held');
  await service.refreshLibrary();
  expect(await service.listWorkItems('open')).toEqual([]);
  expect(await pushResource(buildOddUnit('c'))).toBe('mapped');
});

test('requests that began before a reload end under the old mappings, and none of their resources stays held', async () => {
  await service.refreshLibrary();
  await pushResource(buildOddUnit('a'));
  const [item] = await service.listWorkItems('open');
  await acceptElsewhere(item?.id ?? '');
  const before = pushResource(buildOddUnit('b'));
  const reloaded = service.reloadLibrary();
  expect(await before).toBe('held');
  expect(await reloaded).toMatchObject({ reloaded: true, rerun: { resources: 2, mapped: 2 } });
  expect(await service.listWorkItems('open')).toEqual([]);
});

test('a version conflict does not depend on mapping: a reload leaves it to a person', async () => {
  const version = (value: number) => ({
    ...buildOddUnit('v'),
    meta: { versionId: '1' },
    valueQuantity: { value, unit: '10*9/L' },
  });
  expect(await pushResource(version(1))).toBe('mapped');
  expect(await pushResource(version(2))).toBe('held');
  expect(await service.reloadLibrary()).toMatchObject({ reloaded: true });
  expect(await service.listWorkItems('open')).toMatchObject([{ reason: 'version-conflict', count: 1 }]);
});
