/**
 * Public FHIR that nobody in this project wrote, through the real command line: after enrolling whoever it is about,
 * every resource must be accounted for, and every blood count with a code that we map must be a fact.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteStore } from '../src/store/sqlite/sqlite-store.ts';
import type { CaseResult, ConformanceSuite } from './case-result.ts';

const SAMPLE_FOLDERS = ['synthea', 'us-core', 'r4-examples', 'cibmtr', 'ms-fhir-converter', 'ae-research-r4'];

/** LOINC codes of the counts and the weight that the trial reads; written down here apart from the adapter's maps. */
const MEASUREMENT_CODES = new Set(
  '6690-2 26464-8 804-5 751-8 26499-4 753-4 718-7 59260-0 777-3 26515-7 778-1 60474-4 14196-0 40665-2 29463-7 3141-9'.split(
    ' ',
  ),
);

type JsonObject = Record<string, unknown>;
const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const toList = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

/** What one hospital sends. Bundles of examples use the same ids for different things: each is a hospital of its own. */
interface SampleDelivery {
  readonly site: string;
  readonly files: readonly string[];
  readonly resources: readonly JsonObject[];
}

function readDocuments(file: string): JsonObject[] {
  const text = readFileSync(file, 'utf8');
  const documents = file.endsWith('.ndjson') ? text.split('\n').filter(Boolean) : [text];
  return documents.map((each) => JSON.parse(each) as JsonObject);
}

function readDeliveries(path: string): SampleDelivery[] {
  const files = readdirSync(path).map((file) => join(path, file));
  const isBundle = (file: string) => readDocuments(file).every((each) => each.resourceType === 'Bundle');
  const loose = files.filter((file) => !isBundle(file));
  const groups = [...(loose.length > 0 ? [loose] : []), ...files.filter(isBundle).map((file) => [file])];
  return groups.map((group, index) => ({
    site: `sample-${index}`,
    files: group,
    resources: group.flatMap(readDocuments).flatMap(unpackBundle),
  }));
}

function unpackBundle(resource: JsonObject): JsonObject[] {
  if (resource.resourceType !== 'Bundle') return [resource];
  return toList(resource.entry).flatMap((entry) =>
    isJsonObject(entry) && isJsonObject(entry.resource) ? [entry.resource] : [],
  );
}

/** Whom the resources are about, as the references name them. */
function listPatientReferences(resources: readonly JsonObject[]): string[] {
  const found = resources.flatMap((resource) => {
    const reference = [resource.subject, resource.individual, resource.patient].find(isJsonObject);
    const own = resource.resourceType === 'Patient' ? [`Patient/${resource.id}`] : [];
    const named = String(reference?.reference ?? '').replace(/^urn:uuid:/, 'Patient/');
    return named.startsWith('Patient/') ? [...own, named] : own;
  });
  return [...new Set(found)];
}

function isTrialMeasurement(observation: JsonObject): boolean {
  const code = isJsonObject(observation.code) ? observation.code : {};
  const loinc = toList(code.coding).some(
    (coding) =>
      isJsonObject(coding) &&
      coding.system === 'http://loinc.org' &&
      MEASUREMENT_CODES.has(String(coding.code)),
  );
  return loinc && isJsonObject(observation.valueQuantity);
}

const hasElement = (resource: JsonObject, what: string): boolean =>
  Object.keys(resource).some((key) => key.startsWith(what));

/** Whether the resource, or a report or panel that lists it (or lists its panel), has the element. */
function hasOwnOrInheritedElement(
  resource: JsonObject,
  what: string,
  all: readonly JsonObject[],
  depth = 0,
): boolean {
  if (hasElement(resource, what)) return true;
  const self = `${resource.resourceType}/${resource.id}`;
  const lists = (other: JsonObject) =>
    [...toList(other.result), ...toList(other.hasMember)].some(
      (member) => isJsonObject(member) && String(member.reference).endsWith(self),
    );
  return (
    depth < 3 && all.some((other) => lists(other) && hasOwnOrInheritedElement(other, what, all, depth + 1))
  );
}

interface SampleMeasurement {
  /** Site and `Type/id` of the resource that it arrives in. */
  readonly carrier: string;
  /** Whether it says whose it is and when it was taken. */
  readonly usable: boolean;
}

/** Blood counts and weights: Observations, their components, and Observations inside reports. */
function listMeasurements({ site, resources }: SampleDelivery): SampleMeasurement[] {
  return resources.flatMap((resource) => {
    const carrier = `${site} ${resource.resourceType}/${resource.id}`;
    return [resource, ...toList(resource.contained).filter(isJsonObject)]
      .filter((inner) => inner.resourceType === 'Observation' && inner.status !== 'entered-in-error')
      .filter((inner) => [inner, ...toList(inner.component).filter(isJsonObject)].some(isTrialMeasurement))
      .map((inner) => ({
        carrier,
        usable:
          hasOwnOrInheritedElement(inner, 'subject', resources) &&
          hasOwnOrInheritedElement(inner, 'effective', resources),
      }));
  });
}

/** What became of each stored resource, by site and `Type/id`. */
async function readDispositions(data: string): Promise<ReadonlyMap<string, string>> {
  const store = openSqliteStore(join(data, 'store.db'));
  const versions = await store.transaction((tx) => tx.inbox.listCurrent());
  await store.close();
  return new Map(versions.map((v) => [`${v.site} ${v.resourceType}/${v.id}`, v.disposition]));
}

function runAdapter(...args: string[]): { code: number | null; out: string; err: string } {
  const main = join(import.meta.dirname, '../src/main.ts');
  const done = spawnSync(process.execPath, [main, ...args], { encoding: 'utf8', maxBuffer: 1 << 26 });
  return { code: done.status, out: done.stdout, err: done.stderr };
}

function ingestDeliveries(deliveries: readonly SampleDelivery[], work: string): Record<string, number> {
  const data = join(work, 'data');
  const rows = deliveries.flatMap(({ site, resources }) =>
    listPatientReferences(resources).map(
      (patient, index) => `${site}-${index},${site},${patient},2026-01-05,2026-01-05`,
    ),
  );
  const csv = join(work, 'enrol.csv');
  writeFileSync(csv, ['subject,site,patient,enrolledOn,consentedOn', ...rows].join('\n'));
  const enrolled = runAdapter('enroll', csv, '--study', 'msc-aa', '--data', data);
  if (enrolled.code !== 0) throw new Error(`enroll: ${enrolled.err}`);
  const sum: Record<string, number> = {};
  for (const { site, files } of deliveries) {
    const done = runAdapter('ingest', ...files, '--site', site, '--json', '--data', data);
    if (done.out.trim() === '') throw new Error(`ingest: ${done.err}`);
    const { reasons, ...counts } = JSON.parse(done.out) as Record<string, number | Record<string, number>>;
    const every = { ...counts, ...(isJsonObject(reasons) ? reasons : {}) };
    for (const [key, count] of Object.entries(every)) sum[key] = (sum[key] ?? 0) + Number(count);
  }
  return sum;
}

async function checkSample(path: string, sample: string): Promise<CaseResult[]> {
  const deliveries = readDeliveries(path);
  const work = mkdtempSync(join(tmpdir(), 'samples-'));
  try {
    const sum = ingestDeliveries(deliveries, work);
    const became = await readDispositions(join(work, 'data'));
    const sent = deliveries.reduce((total, { resources }) => total + resources.length, 0);
    return [
      checkAllAccounted(sample, sent, sum),
      checkAllMapped(sample, deliveries.flatMap(listMeasurements), became),
    ];
  } finally {
    rmSync(work, { recursive: true });
  }
}

function checkAllAccounted(sample: string, resources: number, sum: Record<string, number>): CaseResult {
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
function checkAllMapped(
  sample: string,
  counts: readonly SampleMeasurement[],
  became: ReadonlyMap<string, string>,
): CaseResult {
  const usable = counts.filter((count) => count.usable);
  const as = (wanted: string, some: readonly SampleMeasurement[]) =>
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

async function runPublicSamples(path: string): Promise<CaseResult[]> {
  const results: CaseResult[] = [];
  for (const sample of SAMPLE_FOLDERS) results.push(...(await checkSample(join(path, sample), sample)));
  return results;
}

export const publicSamplesSuite: ConformanceSuite = {
  name: 'Public samples, ingested',
  folder: 'samples',
  run: runPublicSamples,
};
