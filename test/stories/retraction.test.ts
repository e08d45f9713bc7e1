import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { FORMATS } from '../../src/exports/formats.ts';
import type { Change } from '../../src/service/export-folders.ts';
import { type Place, place, run } from '../cli/terminal.ts';
import { platelets } from './house.ts';

/**
 * A study is exported in every format; then a hospital corrects one count, takes back one adverse event and deletes
 * another; and it is exported again. All through the command line and the HTTP doors.
 */
const TOKEN = 'a-hospital';
let at: Place;

const LOINC = { anc: '751-8', platelets: '777-3', reticulocytes: '60474-4' };
const severe = { anc: 0.3, platelets: 8, reticulocytes: 20 };
const better = { anc: 0.9, platelets: 24, reticulocytes: 30 };

function bloodCount(patient: string, day: string, counts: typeof severe): readonly object[] {
  return Object.entries(counts).map(([analyte, value]) =>
    platelets(`${patient}-${day}-${analyte}`, `Patient/${patient}`, value, day, {
      meta: { versionId: '1' },
      code: { coding: [{ system: 'http://loinc.org', code: LOINC[analyte as keyof typeof LOINC] }] },
    }),
  );
}

function infusion(patient: string): object {
  const system = 'https://fhir-trial-adapter.example/fhir/CodeSystem/msc-product';
  const cells = '10*6.{cells}/kg';
  return {
    resourceType: 'MedicationAdministration',
    id: `${patient}-infusion`,
    meta: { versionId: '1' },
    status: 'completed',
    medicationCodeableConcept: { coding: [{ system, code: 'bm-msc' }] },
    subject: { reference: `Patient/${patient}` },
    effectiveDateTime: '2026-01-10T10:00:00+08:00',
    dosage: { dose: { value: 1.5, unit: cells, system: 'http://unitsofmeasure.org', code: cells } },
  };
}

/** In R5, where an adverse event has a status; `versionId` absent: the hospital numbers no versions. */
const event = (patient: string, term: string, status: string, versionId?: string): object => ({
  resourceType: 'AdverseEvent',
  id: `${patient}-${term.toLowerCase()}`,
  ...(versionId ? { meta: { versionId } } : {}),
  status,
  actuality: 'actual',
  code: { text: term },
  subject: { reference: `Patient/${patient}` },
  occurrenceDateTime: '2026-01-12T10:00:00+08:00',
});

const subject = (patient: string): readonly object[] => [
  ...bloodCount(patient, '2026-01-08', severe),
  infusion(patient),
  ...bloodCount(patient, '2026-02-09', better),
  ...bloodCount(patient, '2026-03-12', better),
];

async function send(base: string, method: string, resource: object): Promise<void> {
  const { resourceType, id } = resource as { resourceType: string; id: string };
  const version = resourceType === 'AdverseEvent' ? '5.0' : '4.0';
  const answer = await fetch(`${base}/${resourceType}/${id}`, {
    method,
    headers: {
      authorization: `Bearer ${TOKEN}`,
      'content-type': `application/fhir+json; fhirVersion=${version}`,
      connection: 'close',
    },
    ...(method === 'DELETE' ? {} : { body: JSON.stringify(resource) }),
  });
  if (!answer.ok) throw new Error(await answer.text());
}

/** Sends while the service runs. */
async function served(work: (base: string) => Promise<void>): Promise<void> {
  const env = { TRIAL_ADAPTER_DEV_TOKEN: TOKEN };
  const whileServing = (out: string) => work(/Listening on (\S+)/.exec(out)?.[1] ?? '');
  const done = await run(at, ['serve', '--dev', '--port', '0'], { env, whileServing });
  if (done.code !== 0) throw new Error(done.err);
}

async function exportAll(folder: string): Promise<void> {
  for (const { id } of FORMATS) {
    const out = join(at.dir, folder, id);
    const done = await run(at, ['export', id, '--study', 'msc-aa', '--draft', '--out', out]);
    if (done.code !== 0) throw new Error(`${id}: ${done.err}`);
  }
}

const inFolder = (folder: string): readonly string[] =>
  readdirSync(join(at.dir, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => join(at.dir, folder, name))
    .filter((path) => statSync(path).isFile());

async function changes(format: string, ...more: string[]): Promise<readonly Change[]> {
  const done = await run(at, ['changes', join(at.dir, 'old', format), join(at.dir, 'new', format), '--json', ...more]);
  if (done.code !== 0) throw new Error(done.err);
  return (JSON.parse(done.out) as { changes: Change[] }).changes;
}

beforeAll(async () => {
  at = place();
  mkdirSync(join(at.dir, 'data'), { recursive: true });
  const rows = ['p1', 'p2', 'p3'].map((p, i) => `C-${i + 1},dev,Patient/${p},2026-01-01,2026-01-01`);
  const file = at.file('enrol.csv', ['subject,site,patient,enrolledOn,consentedOn', ...rows].join('\n'));
  await run(at, ['enroll', file, '--study', 'msc-aa']);
  const events = [
    event('p1', 'Urticaria', 'completed', '1'),
    event('p2', 'Vertigo', 'completed', '1'),
    event('p2', 'Cough', 'completed'),
    event('p3', 'Cough', 'completed', '1'),
  ];
  await served(async (base) => {
    for (const resource of [...['p1', 'p2', 'p3'].flatMap(subject), ...events]) await send(base, 'PUT', resource);
  });
  await exportAll('old');
  await served(async (base) => {
    const corrected = { status: 'corrected', meta: { versionId: '2' } };
    await send(base, 'PUT', platelets('p1-2026-02-09-platelets', 'Patient/p1', 12, '2026-02-09', corrected));
    await send(base, 'PUT', event('p1', 'Urticaria', 'entered-in-error', '2'));
    await send(base, 'DELETE', event('p2', 'Vertigo', 'completed'));
  });
  await exportAll('new');
}, 240_000);

afterAll(() => at.remove());

test('print', async () => {
  for (const { id } of FORMATS) {
    const all = await changes(id);
    console.log(id, all.length, '\n' + all.map(({file, at: a, column, what, was, now, why}) => `${file}#${a} ${column} ${what} ${was} → ${now} ${JSON.stringify(why)}`).join('\n'));
  }
  const done = await run(at, ['changes', join(at.dir, 'old', 'sdtm'), join(at.dir, 'new', 'sdtm'), '--data', join(at.dir, 'data')]);
  console.log(done.out, done.err);
}, 120_000);
describe('x', () => { test('y', () => { expect(inFolder('new').length).toBeGreaterThan(1); readFileSync; }); });
