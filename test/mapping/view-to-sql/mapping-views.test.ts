import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { generateCohort } from '../../../demo/cohort/generate-cohort.ts';
import { loadConfig } from '../../../src/config.ts';
import { isObject, type Resource } from '../../../src/fhir/resource.ts';
import { readLibrary } from '../../../src/library.ts';
import { compileView } from '../../../src/mapping/view/compile-view.ts';
import { useFolder } from '../../support/use-lifecycle.ts';
import { readRepositoryJson } from '../bundled-mappings.ts';
import { compareRows } from './compare-rows.ts';

const folder = useFolder();
let instance: DuckDBInstance;
let connection: DuckDBConnection;
beforeAll(async () => {
  instance = await DuckDBInstance.create(':memory:');
  connection = await instance.connect();
});
afterAll(() => {
  connection.closeSync();
  instance.closeSync();
});

/** Lists the resources of what the hospitals send, also those in Bundles. */
function listResources(body: unknown): readonly Resource[] {
  if (Array.isArray(body)) return body.flatMap(listResources);
  if (!isObject(body)) return [];
  if (body.resourceType === 'Bundle' && Array.isArray(body.entry))
    return body.entry.flatMap((entry) => (isObject(entry) ? listResources(entry.resource) : []));
  return typeof body.resourceType === 'string' ? [body as Resource] : [];
}

/** One of so many resources of the cohort is compared: what one site sends has the same form many times. */
const SAMPLED = 12;

const cohort = generateCohort(2017).sites.flatMap(({ patients, deliveries }) =>
  listResources([...patients, ...deliveries.map(({ body }) => body)]),
);
const cohortByType = Map.groupBy(
  cohort.filter((_, i) => i % SAMPLED === 0),
  ({ resourceType }) => resourceType,
);

const { views, study = [], site } = readLibrary(loadConfig({}, {}, folder.path)).mappingFiles;
const files = [...views, ...[...study, ...site].flatMap((layer) => layer.views ?? [])];
const mappingViews = files.map(({ file, json }) => ({ file, json, view: compileView(json) }));

test('the cohort and the cases have resources for every view', () => {
  expect(mappingViews.length).toBeGreaterThanOrEqual(15);
  const withCohort = mappingViews.filter(({ view }) => cohortByType.has(view.resource));
  expect(withCohort.length).toBeGreaterThanOrEqual(9);
});

test.each(mappingViews.map((each) => [each.view.name, each] as const))(
  '%s: DuckDB yields our rows over the cohort',
  async (_name, { json, view }) => {
    // The cohort is R4.
    const resources = view.fhirVersions.includes('4.0') ? (cohortByType.get(view.resource) ?? []) : [];
    const { ours, sql } = await compareRows(connection, folder, json, resources);
    expect(sql).toEqual(ours);
  },
);

interface CasesFile {
  readonly cases: readonly { readonly resource: Resource; readonly fhirVersion?: string }[];
}

test.each(mappingViews.map((each) => [each.view.name, each] as const))(
  '%s: DuckDB yields our rows over the cases of the view',
  async (_name, { file, json }) => {
    const { cases } = readRepositoryJson(`mappings/${file.replace('.json', '.cases.json')}`) as CasesFile;
    const resources = cases.map(({ resource }) => resource);
    const { ours, sql } = await compareRows(connection, folder, json, resources);
    expect(ours.length).toBeGreaterThan(0);
    expect(sql).toEqual(ours);
  },
);
