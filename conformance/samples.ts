/**
 * Public FHIR that nobody in this project wrote, through the real command line: after enrolling whoever it is about,
 * every resource must be accounted for, and every blood count with a code that we map must be a fact.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CaseResult } from './case.ts';

export const name = 'Public samples, ingested';
export const folder = 'samples';

const FOLDERS = ['synthea', 'us-core', 'r4-examples', 'cibmtr', 'ms-fhir-converter', 'ae-research-r4'];

/** LOINC codes of the counts and the weight that the trial reads; written down here apart from the adapter's maps. */
const CODES = new Set(
  '6690-2 26464-8 804-5 751-8 26499-4 753-4 718-7 59260-0 777-3 26515-7 778-1 60474-4 14196-0 40665-2 29463-7 3141-9'.split(
    ' ',
  ),
);

type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

function resourcesIn(path: string): Json[] {
  return readdirSync(path).flatMap((file) => {
    const text = readFileSync(join(path, file), 'utf8');
    const documents = file.endsWith('.ndjson') ? text.split('\n').filter(Boolean) : [text];
    return documents.map((each) => JSON.parse(each) as Json).flatMap(unpack);
  });
}

function unpack(resource: Json): Json[] {
  if (resource.resourceType !== 'Bundle') return [resource];
  return list(resource.entry).flatMap((entry) =>
    isObject(entry) && isObject(entry.resource) ? [entry.resource] : [],
  );
}

/** Whom the resources are about, as the references name them. */
function patientsOf(resources: readonly Json[]): string[] {
  const found = resources.flatMap((resource) => {
    const reference = [resource.subject, resource.individual, resource.patient].find(isObject);
    const own = resource.resourceType === 'Patient' ? [`Patient/${resource.id}`] : [];
    const named = String(reference?.reference ?? '').replace(/^urn:uuid:/, 'Patient/');
    return named.startsWith('Patient/') ? [...own, named] : own;
  });
  return [...new Set(found)];
}

function isCount(observation: Json): boolean {
  const code = isObject(observation.code) ? observation.code : {};
  const loinc = list(code.coding).some(
    (coding) => isObject(coding) && coding.system === 'http://loinc.org' && CODES.has(String(coding.code)),
  );
  return loinc && isObject(observation.valueQuantity);
}

/** Blood counts and weights: Observations, their components, and Observations inside reports. */
function countsIn(resources: readonly Json[]): { all: number; usable: number } {
  const observations = resources
    .flatMap((resource) => [resource, ...list(resource.contained).filter(isObject)])
    .filter((resource) => resource.resourceType === 'Observation' && resource.status !== 'entered-in-error');
  const counts = (some: readonly Json[]) =>
    some
      .flatMap((observation) => [observation, ...list(observation.component).filter(isObject)])
      .filter(isCount).length;
  const usable = observations.filter(
    (observation) =>
      observation.subject && Object.keys(observation).some((key) => key.startsWith('effective')),
  );
  return { all: counts(observations), usable: counts(usable) };
}

function adapter(...args: string[]): { code: number | null; out: string; err: string } {
  const main = join(import.meta.dirname, '../src/main.ts');
  const done = spawnSync(process.execPath, [main, ...args], { encoding: 'utf8', maxBuffer: 1 << 26 });
  return { code: done.status, out: done.stdout, err: done.stderr };
}

function ingested(path: string, patients: readonly string[], work: string): Record<string, number> {
  const rows = patients.map((patient, index) => `P-${index},sample,${patient},2026-01-05,2026-01-05`);
  const csv = join(work, 'enrol.csv');
  writeFileSync(csv, ['subject,site,patient,enrolledOn,consentedOn', ...rows].join('\n'));
  const data = join(work, 'data');
  const enrolled = adapter('enroll', csv, '--study', 'msc-aa', '--data', data);
  if (enrolled.code !== 0) throw new Error(`enroll: ${enrolled.err}`);
  const done = adapter('ingest', path, '--site', 'sample', '--json', '--data', data);
  if (done.out.trim() === '') throw new Error(`ingest: ${done.err}`);
  return JSON.parse(done.out) as Record<string, number>;
}

function check(path: string, sample: string): CaseResult[] {
  const resources = resourcesIn(path);
  const work = mkdtempSync(join(tmpdir(), 'samples-'));
  try {
    const sum = ingested(path, patientsOf(resources), work);
    const of = (key: string) => sum[key] ?? 0;
    const parts = of('mapped') + of('held') + of('ignored') + of('dropped') + of('unchanged') + of('invalid');
    const counts = countsIn(resources);
    const says = JSON.stringify(sum);
    return [
      {
        name: `${sample}: every resource is accounted for`,
        passed: of('resources') === resources.length && parts === resources.length,
        note: `${resources.length} resources: ${says}`,
        knownMiss: false,
      },
      {
        name: `${sample}: every blood count with a mapped code, a patient and a time is a fact`,
        passed: of('facts') >= counts.usable,
        note: `${counts.all} counts, ${counts.usable} with a patient and a time; ${of('facts')} facts of all kinds`,
        knownMiss: false,
      },
    ];
  } finally {
    rmSync(work, { recursive: true });
  }
}

export async function run(path: string): Promise<CaseResult[]> {
  return FOLDERS.flatMap((sample) => check(join(path, sample), sample));
}
