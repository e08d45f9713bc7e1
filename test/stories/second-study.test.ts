import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { loadConfig } from '../../src/config.ts';
import type { Resource } from '../../src/fhir/resource.ts';
import { openService, type Service } from '../../src/service.ts';
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import type { Store } from '../../src/store/store.ts';
import { buildPlateletCount } from './adapter-installation.ts';

const BUNDLED_MAPPINGS = join(import.meta.dirname, '../../mappings');

/** A second study is a folder of data: here the protocol of the first study under another id. */
let folder: string;
let service: Service;
let store: Store;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'second-study-'));
  const mappings = join(folder, 'mappings');
  cpSync(BUNDLED_MAPPINGS, mappings, { recursive: true });
  const protocol = JSON.parse(readFileSync(join(mappings, 'studies/msc-aa/protocol.json'), 'utf8'));
  mkdirSync(join(mappings, 'studies/second'));
  writeFileSync(
    join(mappings, 'studies/second/protocol.json'),
    JSON.stringify({ ...protocol, id: 'second' }),
  );
  const env = { TRIAL_ADAPTER_LOG_LEVEL: 'silent', TRIAL_ADAPTER_MAPPINGS: mappings };
  service = await openService(loadConfig({ data: join(folder, 'data') }, env, folder));
  store = openSqliteStore(join(folder, 'data/store.db'));
});
afterEach(async () => {
  await service.close();
  await store.close();
  rmSync(folder, { recursive: true });
});

const enrolSubject = (study: string, subject: string) =>
  service.enrol(study, [
    { subject, site: 'dev', patient: 'Patient/p1', enrolledOn: '2026-01-01', consentedOn: '2026-01-01' },
  ]);

async function countLabResults(study: string, subject: string): Promise<number> {
  const facts = await store.read((tx) => tx.facts.listForSubject(study, subject));
  return facts.filter(({ kind }) => kind === 'lab').length;
}

test('results of a patient count in a second study as soon as the patient is enrolled there', async () => {
  await enrolSubject('msc-aa', 'A');
  const resource = buildPlateletCount('o', 'Patient/p1', 30, '2026-02-01') as unknown as Resource;
  const { resourceType } = resource;
  const sent = {
    method: 'create',
    resourceType,
    id: 'o',
    resource,
    ifNoneExist: null,
    ifMatch: null,
  } as const;
  await service.accept('dev', [sent], 'each', 'test');
  await enrolSubject('second', 'Z');
  expect([await countLabResults('msc-aa', 'A'), await countLabResults('second', 'Z')]).toEqual([1, 1]);
});
