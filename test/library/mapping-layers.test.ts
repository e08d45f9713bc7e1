import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Resource } from '../../src/fhir/resource.ts';
import { draftDecision } from '../../src/library/decision-files.ts';
import { inspectLibrary } from '../../src/library.ts';
import { findLayerOverlaps } from '../../src/mapping/layer-overlaps.ts';

const ADAPTER_BASE = 'https://fhir-trial-adapter.example/fhir';
const BUNDLED_MAPPINGS = join(import.meta.dirname, '../../mappings');

let testRoot: string;
beforeEach(() => {
  testRoot = mkdtempSync(join(tmpdir(), 'layers-'));
  cpSync(BUNDLED_MAPPINGS, join(testRoot, 'mappings'), { recursive: true });
  for (const site of ['site-5', 'site-x'])
    writeMapping(`mappings/studies/other/sites/${site}/site.json`, { site, timeZone: 'UTC' });
  const protocol = JSON.parse(readFileSync(join(BUNDLED_MAPPINGS, 'studies/msc-aa/protocol.json'), 'utf8'));
  writeMapping('mappings/studies/other/protocol.json', { ...protocol, id: 'other' });
});
afterEach(() => rmSync(testRoot, { recursive: true, force: true }));

function writeMapping(file: string, json: unknown): void {
  mkdirSync(dirname(join(testRoot, file)), { recursive: true });
  writeFileSync(join(testRoot, file), JSON.stringify(json));
}

const buildPlace = () => ({
  mappingsDir: join(testRoot, 'mappings'),
  studiesDir: join(testRoot, 'mappings/studies'),
  dataDir: join(testRoot, 'data'),
});

/** A map of one local code, or of platelets' unit `Foo`. */
const buildCodeMap = (target: string, code = 'X-1', source = 'urn:lab') => ({
  resourceType: 'ConceptMap',
  url: 'urn:map',
  version: '1',
  status: 'active',
  group: [
    {
      source,
      target: `${ADAPTER_BASE}/CodeSystem/analyte`,
      element: [{ code, target: [{ code: target, equivalence: 'equivalent' }] }],
    },
  ],
});
const buildUnitMap = (ucum: string) => ({
  ...buildCodeMap(ucum, 'Foo', `${ADAPTER_BASE}/CodeSystem/unit-spelling`),
  meta: { tag: [{ system: `${ADAPTER_BASE}/CodeSystem/quantity`, code: 'platelets' }] },
});

const buildObservation = (system: string, code: string, unit: string): Resource => ({
  resourceType: 'Observation',
  id: 'o',
  status: 'final',
  effectiveDateTime: '2026-03-02',
  code: { coding: [{ system, code }] },
  valueQuantity: { value: 24, unit },
});

/** `platelets 24` as the subjects of a study at a site have it. */
function mapToText(resource: Resource, site: string, study?: string): string {
  const { library, problems } = inspectLibrary(buildPlace());
  expect(problems).toEqual([]);
  const context = {
    subject: 's',
    site,
    timeZone: 'UTC',
    resolve: () => undefined,
    ...(study ? { study } : {}),
  };
  const [fact] = library?.mapper.map(resource, context).facts ?? [];
  return fact?.kind === 'lab' ? `${fact.analyte} ${fact.measured?.value}` : 'no fact';
}

const recordDecision = (target: string) =>
  draftDecision(join(testRoot, 'data'), {
    site: 'site-x',
    item: 'W-1',
    kind: 'code',
    vocabulary: 'analyte',
    system: 'urn:lab',
    code: 'X-1',
    display: null,
    target,
    product: [],
    by: 'me',
    at: '2026-03-01T00:00:00Z',
    why: null,
    signed: null,
  }).save();

describe('precedence of layers', () => {
  test('decided > site > study > general, for codes', () => {
    const local = buildObservation('urn:lab', 'X-1', '10*9/L');
    expect(mapToText(local, 'site-x', 'other')).toBe('no fact');
    writeMapping('mappings/concepts/local.json', buildCodeMap('wbc'));
    expect(mapToText(local, 'site-x', 'other')).toBe('wbc 24');
    writeMapping('mappings/studies/other/concepts/local.json', buildCodeMap('anc'));
    expect(mapToText(local, 'site-x', 'other')).toBe('anc 24');
    expect(mapToText(local, 'site-x', 'msc-aa')).toBe('wbc 24');
    writeMapping('mappings/studies/other/sites/site-x/concepts/local.json', buildCodeMap('reticulocytes'));
    expect(mapToText(local, 'site-x', 'other')).toBe('reticulocytes 24');
    expect(mapToText(local, 'site-5', 'other')).toBe('anc 24');
    recordDecision('platelets');
    expect(mapToText(local, 'site-x', 'other')).toBe('platelets 24');

    const { library } = inspectLibrary(buildPlace());
    const [overlap] = library ? findLayerOverlaps(library.mappingFiles, 'site-x') : [];
    expect(overlap?.about).toBe('analyte urn:lab|X-1');
    expect(overlap?.sayings.map((s) => [s.layer, s.says])).toEqual([
      ['decided', 'platelets'],
      ['site', 'reticulocytes'],
      ['study', 'anc'],
      ['general', 'wbc'],
    ]);
  });

  test('site > study > general, for unit spellings', () => {
    const foo = buildObservation('http://loinc.org', '777-3', 'Foo');
    writeMapping('mappings/studies/other/units/platelets.json', buildUnitMap('10*9/L'));
    expect(mapToText(foo, 'site-x', 'other')).toBe('platelets 24');
    expect(mapToText(foo, 'site-x', 'msc-aa')).toBe('no fact');
    writeMapping('mappings/studies/other/sites/site-x/units/platelets.json', buildUnitMap('10*8/L'));
    expect(mapToText(foo, 'site-x', 'other')).toBe('platelets 2.4');
  });

  test('a view replaces the wider one of the same name', () => {
    const view = readFileSync(join(BUNDLED_MAPPINGS, 'views/observation-measurement.json'), 'utf8');
    const blind = view.replaceAll(
      'value.ofType(Quantity).value',
      'value.ofType(Quantity).value.where($this = 0)',
    );
    writeMapping('mappings/studies/other/sites/site-x/views/mine.json', JSON.parse(blind));
    const count = buildObservation('http://loinc.org', '777-3', '10*9/L');
    expect(mapToText(count, 'site-x', 'other')).toBe('no fact');
    expect(mapToText(count, 'site-5', 'other')).toBe('platelets 24');
  });
});

describe('check', () => {
  test('a site for which two studies map a code differently is reported', () => {
    writeMapping(
      'mappings/studies/other/sites/site-5/concepts/local.json',
      buildCodeMap('wbc', 'XCG-02', 'https://hospital-5.example/codes/laboratory'),
    );
    expect(inspectLibrary(buildPlace()).problems).toEqual([
      expect.objectContaining({
        at: 'analyte https://hospital-5.example/codes/laboratory|XCG-02',
        message: expect.stringMatching(/anc at site-5, and .*other.* maps it to wbc/),
      }),
    ]);
  });

  test('two studies that agree about a site are accepted', () => {
    writeMapping(
      'mappings/studies/other/sites/site-5/concepts/local.json',
      buildCodeMap('anc', 'XCG-02', 'https://hospital-5.example/codes/laboratory'),
    );
    expect(inspectLibrary(buildPlace()).problems).toEqual([]);
  });

  test('a failing golden case is reported with file, place and both values', () => {
    const file = 'views/patient.cases.json';
    const { cases } = JSON.parse(readFileSync(join(BUNDLED_MAPPINGS, file), 'utf8'));
    cases[0].rows[0].sex = 'male';
    cases[1].facts.pop();
    writeMapping(`mappings/${file}`, { cases });
    expect(inspectLibrary(buildPlace(), { runCases: true }).problems).toMatchObject([
      {
        file,
        at: '/cases/0/rows/0/sex',
        message: expect.stringContaining('is "female", expected "male"'),
      },
      { file, at: '/cases/1/facts', message: expect.stringContaining('there are 2, expected 1') },
    ]);
    expect(inspectLibrary(buildPlace()).problems).toEqual([]);
  });

  test('every view has cases, and they pass', () => {
    expect(
      inspectLibrary(
        { mappingsDir: BUNDLED_MAPPINGS, studiesDir: join(BUNDLED_MAPPINGS, 'studies') },
        { runCases: true },
      ).problems,
    ).toEqual([]);
    const { library } = inspectLibrary(buildPlace());
    for (const { file } of library?.mappingFiles.views ?? [])
      expect(() => readFileSync(join(BUNDLED_MAPPINGS, file.replace('.json', '.cases.json')))).not.toThrow();
  });
});
