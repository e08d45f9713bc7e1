import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { loadConfig } from '../../src/config.ts';
import type { Interaction } from '../../src/fhir/interaction.ts';
import type { Resource } from '../../src/fhir/resource.ts';
import { readLibrary } from '../../src/library.ts';
import { acceptWork } from '../../src/pipeline/decide.ts';
import { openService, type Service } from '../../src/service.ts';
import { openSqliteStore } from '../../src/store/sqlite/sqlite.ts';
import type { Store } from '../../src/store/store.ts';

let dir: string;
let service: Service;
/** Another process on the same store. */
let store: Store;

const config = () =>
  loadConfig({}, { TRIAL_ADAPTER_DATA: join(dir, 'data'), TRIAL_ADAPTER_LOG_LEVEL: 'silent' }, dir);

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'decide-'));
  service = await openService(config());
  store = openSqliteStore(join(dir, 'data', 'store.db'));
  const who = { site: 's', enrolledOn: '2026-01-01', consentedOn: '2026-01-01' };
  await service.enroll('msc-aa', [{ ...who, subject: 'S-1', patient: 'Patient/p1' }]);
});
afterEach(async () => {
  await service.close();
  await store.close();
  rmSync(dir, { recursive: true, force: true });
});

const odd = (id: string): Resource => ({
  resourceType: 'Observation',
  id,
  status: 'final',
  code: { coding: [{ system: 'http://loinc.org', code: '777-3' }] },
  subject: { reference: 'Patient/p1' },
  effectiveDateTime: '2026-01-05T08:00:00Z',
  valueQuantity: { value: 24, unit: 'Kilo/uL' },
});

async function push(resource: Resource): Promise<string> {
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
  const place = config();
  const acceptance = { id, target: null, by: 'me', why: null };
  return acceptWork({ store, place, now: () => new Date() }, readLibrary(place).suggester(), acceptance);
};

test('a process that dies between the decision and what follows from it loses nothing', async () => {
  expect(await push(odd('a'))).toBe('held');
  const [item] = await service.workList('open');
  await acceptElsewhere(item?.id ?? '');
  // Nobody stated the resource again.
  expect(await service.workList('open')).toMatchObject([{ count: 1, decision: { verdict: 'accepted' } }]);
  await service.close();
  service = await openService(config());
  await service.refresh();
  expect(await service.workList('open')).toEqual([]);
  expect(await service.replay(true, () => {})).toMatchObject({ resources: 1, changedResources: 0 });
});

test('what is sent while a decision is being made is mapped by it in the end', async () => {
  await service.refresh();
  expect(await push(odd('a'))).toBe('held');
  const [item] = await service.workList('open');
  await acceptElsewhere(item?.id ?? '');
  // Still under the mappings from before the decision.
  expect(await push(odd('b'))).toBe('held');
  await service.refresh();
  expect(await service.workList('open')).toEqual([]);
  expect(await push(odd('c'))).toBe('mapped');
});

test('requests that began before a reload end under the old mappings, and nothing of them stays held', async () => {
  await service.refresh();
  await push(odd('a'));
  const [item] = await service.workList('open');
  await acceptElsewhere(item?.id ?? '');
  const before = push(odd('b'));
  const reloaded = service.reload();
  expect(await before).toBe('held');
  expect(await reloaded).toMatchObject({ reloaded: true, rerun: { resources: 2, mapped: 2 } });
  expect(await service.workList('open')).toEqual([]);
});

test('a version conflict is no matter of mapping: a reload leaves it to a person', async () => {
  const version = (value: number) => ({
    ...odd('v'),
    meta: { versionId: '1' },
    valueQuantity: { value, unit: '10*9/L' },
  });
  expect(await push(version(1))).toBe('mapped');
  expect(await push(version(2))).toBe('held');
  expect(await service.reload()).toMatchObject({ reloaded: true });
  expect(await service.workList('open')).toMatchObject([{ reason: 'version-conflict', count: 1 }]);
});
