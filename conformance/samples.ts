/**
 * Public FHIR that nobody in this project wrote, through the real command line: after enrolling whoever it is about,
 * every resource must be accounted for, and every blood count with a code that we map must be a fact.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteStore } from '../src/store/sqlite/sqlite.ts';
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

/** What one hospital sends. Bundles of examples use the same ids for different things: each is a hospital of its own. */
interface Delivery {
  readonly site: string;
  readonly files: readonly string[];
  readonly resources: readonly Json[];
}

function documentsIn(file: string): Json[] {
  const text = readFileSync(file, 'utf8');
  const documents = file.endsWith('.ndjson') ? text.split('\n').filter(Boolean) : [text];
  return documents.map((each) => JSON.parse(each) as Json);
}

function deliveriesIn(path: string): Delivery[] {
  const files = readdirSync(path).map((file) => join(path, file));
  const isBundle = (file: string) => documentsIn(file).every((each) => each.resourceType === 'Bundle');
  const loose = files.filter((file) => !isBundle(file));
  const groups = [...(loose.length > 0 ? [loose] : []), ...files.filter(isBundle).map((file) => [file])];
  return groups.map((group, index) => ({
    site: `sample-${index}`,
    files: group,
    resources: group.flatMap(documentsIn).flatMap(unpack),
  }));
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

const says = (resource: Json, what: string): boolean =>
  Object.keys(resource).some((key) => key.startsWith(what));

/** Whether the resource, or a report or panel that lists it (or lists its panel), has the element. */
function isSaid(resource: Json, what: string, all: readonly Json[], depth = 0): boolean {
  if (says(resource, what)) return true;
  const self = `${resource.resourceType}/${resource.id}`;
  const lists = (other: Json) =>
    [...list(other.result), ...list(other.hasMember)].some(
      (member) => isObject(member) && String(member.reference).endsWith(self),
    );
  return depth < 3 && all.some((other) => lists(other) && isSaid(other, what, all, depth + 1));
}

interface Count {
  /** Site and `Type/id` of the resource that it arrives in. */
  readonly carrier: string;
  /** Whether it says whose it is and when it was taken. */
  readonly usable: boolean;
}

/** Blood counts and weights: Observations, their components, and Observations inside reports. */
function countsIn({ site, resources }: Delivery): Count[] {
  return resources.flatMap((resource) => {
    const carrier = `${site} ${resource.resourceType}/${resource.id}`;
    return [resource, ...list(resource.contained).filter(isObject)]
      .filter((inner) => inner.resourceType === 'Observation' && inner.status !== 'entered-in-error')
      .filter((inner) => [inner, ...list(inner.component).filter(isObject)].some(isCount))
      .map((inner) => ({
        carrier,
        usable: isSaid(inner, 'subject', resources) && isSaid(inner, 'effective', resources),
      }));
  });
}

/** What became of each stored resource, by site and `Type/id`. */
async function dispositions(data: string): Promise<ReadonlyMap<string, string>> {
  const store = openSqliteStore(join(data, 'store.db'));
  const versions = await store.transaction((tx) => tx.inbox.allCurrent());
  await store.close();
  return new Map(versions.map((v) => [`${v.site} ${v.resourceType}/${v.id}`, v.disposition]));
}

function adapter(...args: string[]): { code: number | null; out: string; err: string } {
  const main = join(import.meta.dirname, '../src/main.ts');
  const done = spawnSync(process.execPath, [main, ...args], { encoding: 'utf8', maxBuffer: 1 << 26 });
  return { code: done.status, out: done.stdout, err: done.stderr };
}

function ingested(deliveries: readonly Delivery[], work: string): Record<string, number> {
  const data = join(work, 'data');
  const rows = deliveries.flatMap(({ site, resources }) =>
    patientsOf(resources).map(
      (patient, index) => `${site}-${index},${site},${patient},2026-01-05,2026-01-05`,
    ),
  );
  const csv = join(work, 'enrol.csv');
  writeFileSync(csv, ['subject,site,patient,enrolledOn,consentedOn', ...rows].join('\n'));
  const enrolled = adapter('enroll', csv, '--study', 'msc-aa', '--data', data);
  if (enrolled.code !== 0) throw new Error(`enroll: ${enrolled.err}`);
  const sum: Record<string, number> = {};
  for (const { site, files } of deliveries) {
    const done = adapter('ingest', ...files, '--site', site, '--json', '--data', data);
    if (done.out.trim() === '') throw new Error(`ingest: ${done.err}`);
    const { reasons, ...counts } = JSON.parse(done.out) as Record<string, number | Record<string, number>>;
    const every = { ...counts, ...(isObject(reasons) ? reasons : {}) };
    for (const [key, count] of Object.entries(every)) sum[key] = (sum[key] ?? 0) + Number(count);
  }
  return sum;
}

async function check(path: string, sample: string): Promise<CaseResult[]> {
  const deliveries = deliveriesIn(path);
  const work = mkdtempSync(join(tmpdir(), 'samples-'));
  try {
    const sum = ingested(deliveries, work);
    const became = await dispositions(join(work, 'data'));
    const sent = deliveries.reduce((total, { resources }) => total + resources.length, 0);
    return [accounted(sample, sent, sum), mapped(sample, deliveries.flatMap(countsIn), became)];
  } finally {
    rmSync(work, { recursive: true });
  }
}

function accounted(sample: string, resources: number, sum: Record<string, number>): CaseResult {
  const columns = ['mapped', 'held', 'ignored', 'dropped', 'unchanged', 'invalid'];
  const parts = columns.reduce((all, column) => all + (sum[column] ?? 0), 0);
  return {
    name: `${sample}: every resource is accounted for`,
    passed: sum.resources === resources && parts === resources,
    note: `${resources} resources: ${JSON.stringify(sum)}`,
    knownMiss: false,
  };
}

/** A count that says whose it is and when must be a fact, or wait visibly for a person; it is never ignored. */
function mapped(sample: string, counts: readonly Count[], became: ReadonlyMap<string, string>): CaseResult {
  const usable = counts.filter((count) => count.usable);
  const as = (wanted: string, some: readonly Count[]) =>
    some.filter(({ carrier }) => became.get(carrier) === wanted);
  const lost = usable.filter(({ carrier }) => !['mapped', 'held'].includes(became.get(carrier) ?? ''));
  return {
    name: `${sample}: every blood count is a fact or waits for a person`,
    passed: lost.length === 0,
    note:
      `${counts.length} counts: ${as('mapped', counts).length} are facts, ${as('held', counts).length} are held, ` +
      `${counts.length - usable.length} name no patient or no time` +
      `${lost.length > 0 ? `; lost: ${lost.map(({ carrier }) => carrier).join(', ')}` : ''}`,
    knownMiss: false,
  };
}

export async function run(path: string): Promise<CaseResult[]> {
  const results: CaseResult[] = [];
  for (const sample of FOLDERS) results.push(...(await check(join(path, sample), sample)));
  return results;
}
