import { cpSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Config } from '../../src/config.ts';
import { openService, type Service } from '../../src/service.ts';
import {
  BETTER_COUNTS,
  buildBloodCount,
  buildPlateletCount,
  buildRespondingSubject,
} from '../stories/hospital-resources.ts';
import { POSTGRES_VERSIONS } from '../support/postgres-server.ts';
import { requireOpen, useFolder } from '../support/use-lifecycle.ts';
import { usePostgres } from '../support/with-postgres.ts';
import { TEST_SITE, useService } from '../support/with-service.ts';

/** What one instance receives, the other assesses, sends and knows. */
const [version] = POSTGRES_VERSIONS;
if (!version) throw new Error('This platform has no PostgreSQL for tests.');
const postgres = usePostgres(version);
const folder = useFolder();
const adapter = useService('file', {
  ehr: ['p1', 'p2'],
  createDatabase: () => postgres.server.createDatabase(),
});
let opened: Service | null = null;
const getOther = () => requireOpen(opened, 'The other instance');

const buildOtherConfig = (): Config => ({
  ...adapter.config,
  dataDir: join(folder.path, 'other'),
  keysDir: join(folder.path, 'other/keys'),
});

beforeAll(async () => {
  await expect(openService(buildOtherConfig())).rejects.toMatchObject({ code: 'store/unusable' });
  cpSync(adapter.config.keysDir, join(folder.path, 'other/keys'), { recursive: true });
  opened = await openService(buildOtherConfig());
  await adapter.enrol('C-1', 'Patient/p1');
});

afterAll(() => opened?.close());

async function sendToOther(...resources: readonly object[]): Promise<readonly string[]> {
  const interactions = resources.map((resource) => {
    const { resourceType, id } = resource as { resourceType: string; id: string };
    const conditions = { ifNoneExist: null, ifMatch: null };
    return { method: 'update', resourceType, id, resource: resource as never, ...conditions } as const;
  });
  const answers = await getOther().accept(TEST_SITE, interactions, 'each', 'test');
  return answers.map(({ disposition }) => disposition);
}

/** Reads class and status of the first visit in the EHR, once for every Observation about it. */
async function readEhrClasses(): Promise<readonly string[]> {
  const system = 'https://fhir-trial-adapter.example/fhir/sid/assessment';
  const found = (await adapter.ehr.search(
    'Observation',
    `identifier=${system}|msc-aa.C-1.M1.overall.bsh-saa`,
  )) as unknown as readonly { status: string; valueCodeableConcept?: { coding: { code: string }[] } }[];
  return found.map(({ status, valueCodeableConcept: value }) => `${value?.coding[0]?.code} ${status}`);
}

async function assessAndDeliver(service: Service): Promise<void> {
  await service.assessDueSubjects();
  await service.deliverDue();
}

test('what one received the other assesses and writes back; a correction takes the opposite way', async () => {
  for (const resource of buildRespondingSubject('p1')) await adapter.send(resource);
  await assessAndDeliver(getOther());
  expect(await readEhrClasses()).toEqual(['PR final']);
  const corrected = { ...BETTER_COUNTS, platelets: 12 };
  await sendToOther(...buildBloodCount('p1', '2026-02-09', corrected, { version: 2, status: 'corrected' }));
  await assessAndDeliver(adapter.service);
  expect(await readEhrClasses()).toEqual(['NR amended']);
  await adapter.send(
    { resourceType: 'MedicationAdministration', id: 'p1-infusion' },
    { method: 'delete', resource: null },
  );
  await assessAndDeliver(getOther());
  expect(await readEhrClasses()).toEqual([expect.stringContaining('entered-in-error')]);
});

test('a decision that one has recorded is in the folder of the other, and maps what it receives', async () => {
  const odd = { valueQuantity: { value: 24, unit: 'Kilo/uL' } };
  const buildOdd = (id: string, day: string) => buildPlateletCount(id, 'Patient/p1', 24, day, odd);
  expect(await sendToOther(buildOdd('odd-1', '2026-05-01'))).toEqual(['held']);
  const [item] = (await getOther().listWorkItems('open')).filter(({ reason }) => reason === 'unmapped-unit');
  await getOther().acceptWorkItem({ id: item?.id ?? '', target: null, by: 'me', why: null });
  await adapter.service.refreshLibrary();
  expect(readdirSync(join(adapter.config.dataDir, 'decisions', TEST_SITE))).toEqual(['units']);
  expect(await adapter.send(buildOdd('odd-2', '2026-05-02'))).toMatchObject({ disposition: 'mapped' });
});

test('consent that is withdrawn at one is withdrawn at the other', async () => {
  await adapter.send({
    resourceType: 'ResearchSubject',
    id: 'rs1',
    identifier: [{ system: 'https://fhir-trial-adapter.example/fhir/sid/subject/msc-aa', value: 'C-1' }],
    status: 'withdrawn',
    study: { reference: 'ResearchStudy/msc-aa' },
    individual: { reference: 'Patient/p1' },
  });
  expect(await sendToOther(buildPlateletCount('late', 'Patient/p1', 24, '2026-06-01'))).toEqual(['dropped']);
});
