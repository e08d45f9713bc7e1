/**
 * Public FHIR samples from other projects, ingested through the real command line. Every patient in them is enrolled
 * first. Every resource must then be accounted for, and every blood count with a mapped code must be a fact or held.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteStore } from '../src/store/sqlite/sqlite-store.ts';
import type { CaseResult, ConformanceSuite } from './case-result.ts';

const SAMPLE_FOLDERS = ['synthea', 'us-core', 'r4-examples', 'cibmtr', 'ms-fhir-converter', 'ae-research-r4'];

/** LOINC codes of the counts and the body weight that the trial reads, listed independently of the adapter's maps. */
const MEASUREMENT_CODES = new Set(
  '6690-2 26464-8 804-5 751-8 26499-4 753-4 718-7 59260-0 777-3 26515-7 778-1 60474-4 14196-0 40665-2 29463-7 3141-9'.split(
    ' ',
  ),
);

type JsonObject = Record<string, unknown>;
const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const toList = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

/** The resources of one site. Example Bundles use the same ids for different things, so each Bundle is a site. */
interface SampleDelivery {
  readonly site: string;
  readonly files: readonly string[];
  readonly resources: readonly JsonObject[];
}

function readDocuments(file: string): JsonObject[] {
  const text = readFileSync(file, 'utf8');
  const documents = file.endsWith('.ndjson') ? text.split('\n').filter(Boolean) : [text];
  return documents.map((document) => JSON.parse(document) as JsonObject);
}

function readDeliveries(path: string): SampleDelivery[] {
  const files = readdirSync(path).map((file) => join(path, file));
  const isBundle = (file: string) =>
    readDocuments(file).every(({ resourceType }) => resourceType === 'Bundle');
  const resourceFiles = files.filter((file) => !isBundle(file));
  const groups = [
    ...(resourceFiles.length > 0 ? [resourceFiles] : []),
    ...files.filter(isBundle).map((file) => [file]),
  ];
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

/** Lists the patients that the resources are about, as `Patient/id`. */
function listPatientReferences(resources: readonly JsonObject[]): string[] {
  const patients = resources.flatMap((resource) => {
    const subject = [resource.subject, resource.individual, resource.patient].find(isJsonObject);
    const self = resource.resourceType === 'Patient' ? [`Patient/${resource.id}`] : [];
    const reference = String(subject?.reference ?? '').replace(/^urn:uuid:/, 'Patient/');
    return reference.startsWith('Patient/') ? [...self, reference] : self;
  });
  return [...new Set(patients)];
}

function isTrialMeasurement(observation: JsonObject): boolean {
  const code = isJsonObject(observation.code) ? observation.code : {};
  const hasMeasurementCode = toList(code.coding).some(
    (coding) =>
      isJsonObject(coding) &&
      coding.system === 'http://loinc.org' &&
      MEASUREMENT_CODES.has(String(coding.code)),
  );
  return hasMeasurementCode && isJsonObject(observation.valueQuantity);
}

const hasElement = (resource: JsonObject, name: string): boolean =>
  Object.keys(resource).some((key) => key.startsWith(name));

/** Whether the resource has the element, or a report or panel that lists it, directly or through its panel. */
function hasOwnOrInheritedElement(
  resource: JsonObject,
  name: string,
  resources: readonly JsonObject[],
  depth = 0,
): boolean {
  if (hasElement(resource, name)) return true;
  const self = `${resource.resourceType}/${resource.id}`;
  const listsResource = (other: JsonObject) =>
    [...toList(other.result), ...toList(other.hasMember)].some(
      (member) => isJsonObject(member) && String(member.reference).endsWith(self),
    );
  return (
    depth < 3 &&
    resources.some(
      (other) => listsResource(other) && hasOwnOrInheritedElement(other, name, resources, depth + 1),
    )
  );
}

interface SampleMeasurement {
  /** Site and `Type/id` of the resource that contains it. */
  readonly carrier: string;
  /** It has a subject and a time. */
  readonly isUsable: boolean;
}

/** Lists blood counts and weights: Observations, their components, and Observations contained in reports. */
function listMeasurements({ site, resources }: SampleDelivery): SampleMeasurement[] {
  return resources.flatMap((resource) => {
    const carrier = `${site} ${resource.resourceType}/${resource.id}`;
    return [resource, ...toList(resource.contained).filter(isJsonObject)]
      .filter((inner) => inner.resourceType === 'Observation' && inner.status !== 'entered-in-error')
      .filter((inner) => [inner, ...toList(inner.component).filter(isJsonObject)].some(isTrialMeasurement))
      .map((inner) => ({
        carrier,
        isUsable:
          hasOwnOrInheritedElement(inner, 'subject', resources) &&
          hasOwnOrInheritedElement(inner, 'effective', resources),
      }));
  });
}

/** Reads the disposition of each stored resource, by site and `Type/id`. */
async function readDispositions(data: string): Promise<ReadonlyMap<string, string>> {
  const store = openSqliteStore(join(data, 'store.db'));
  const versions = await store.transaction((tx) => tx.inbox.listCurrent());
  await store.close();
  return new Map(
    versions.map(({ site, resourceType, id, disposition }) => [`${site} ${resourceType}/${id}`, disposition]),
  );
}

function runAdapter(...args: string[]): { code: number | null; out: string; err: string } {
  const main = join(import.meta.dirname, '../src/main.js');
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  return { code: status, out: stdout, err: stderr };
}

/** Enrolls every patient and ingests every file; returns the sum of the summaries, reasons included. */
function ingestDeliveries(deliveries: readonly SampleDelivery[], folder: string): Record<string, number> {
  const data = join(folder, 'data');
  const rows = deliveries.flatMap(({ site, resources }) =>
    listPatientReferences(resources).map(
      (patient, index) => `${site}-${index},${site},${patient},2026-01-05,2026-01-05`,
    ),
  );
  const csv = join(folder, 'enrol.csv');
  writeFileSync(csv, ['subject,site,patient,enrolledOn,consentedOn', ...rows].join('\n'));
  const config = join(folder, 'config.json');
  const sites = Object.fromEntries(deliveries.map(({ site }) => [site, {}]));
  writeFileSync(config, JSON.stringify({ sites }));
  const place = ['--data', data, '--config', config];
  const enrolled = runAdapter('enroll', csv, '--study', 'msc-aa', ...place);
  if (enrolled.code !== 0) throw new Error(`enroll: ${enrolled.err}`);
  const totals: Record<string, number> = {};
  for (const { site, files } of deliveries) {
    const ingested = runAdapter('ingest', ...files, '--site', site, '--json', ...place);
    if (ingested.out.trim() === '') throw new Error(`ingest: ${ingested.err}`);
    const { reasons, ...counts } = JSON.parse(ingested.out) as Record<
      string,
      number | Record<string, number>
    >;
    const entries = Object.entries({ ...counts, ...(isJsonObject(reasons) ? reasons : {}) });
    for (const [key, count] of entries) totals[key] = (totals[key] ?? 0) + Number(count);
  }
  return totals;
}

async function checkSample(path: string, sample: string): Promise<CaseResult[]> {
  const deliveries = readDeliveries(path);
  const folder = mkdtempSync(join(tmpdir(), 'samples-'));
  try {
    const totals = ingestDeliveries(deliveries, folder);
    const dispositions = await readDispositions(join(folder, 'data'));
    const sentCount = deliveries.reduce((sum, { resources }) => sum + resources.length, 0);
    return [
      checkAllAccounted(sample, sentCount, totals),
      checkAllMapped(sample, deliveries.flatMap(listMeasurements), dispositions),
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function checkAllAccounted(sample: string, sentCount: number, totals: Record<string, number>): CaseResult {
  const columns = ['mapped', 'held', 'ignored', 'dropped', 'unchanged', 'invalid'];
  const accounted = columns.reduce((sum, column) => sum + (totals[column] ?? 0), 0);
  return {
    name: `${sample}: every resource is accounted for`,
    passed: totals.resources === sentCount && accounted === sentCount,
    note: `${sentCount} resources: ${JSON.stringify(totals)}`,
    knownMiss: false,
  };
}

/** Checks that a count with a subject and a time is a fact or is held for review, and never ignored. */
function checkAllMapped(
  sample: string,
  counts: readonly SampleMeasurement[],
  dispositions: ReadonlyMap<string, string>,
): CaseResult {
  const usable = counts.filter(({ isUsable }) => isUsable);
  const countWith = (disposition: string) =>
    counts.filter(({ carrier }) => dispositions.get(carrier) === disposition).length;
  const lost = usable.filter(({ carrier }) => !['mapped', 'held'].includes(dispositions.get(carrier) ?? ''));
  return {
    name: `${sample}: every blood count is a fact or is held for review`,
    passed: lost.length === 0,
    note:
      `${counts.length} counts: ${countWith('mapped')} are facts, ${countWith('held')} are held, ` +
      `${counts.length - usable.length} have no patient or no time` +
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
