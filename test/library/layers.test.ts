import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Resource } from '../../src/fhir/resource.ts';
import { propose } from '../../src/library/decisions.ts';
import { inspectLibrary } from '../../src/library.ts';
import { overlapsAt } from '../../src/mapping/layers.ts';

const BASE = 'https://fhir-trial-adapter.example/fhir';
const OWN = join(import.meta.dirname, '../../mappings');

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'layers-'));
  cpSync(OWN, join(root, 'mappings'), { recursive: true });
  for (const site of ['site-5', 'site-x'])
    put(`mappings/studies/other/sites/${site}/site.json`, { site, timeZone: 'UTC' });
  const protocol = JSON.parse(readFileSync(join(OWN, 'studies/msc-aa/protocol.json'), 'utf8'));
  put('mappings/studies/other/protocol.json', { ...protocol, id: 'other' });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function put(file: string, json: unknown): void {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), JSON.stringify(json));
}

const place = () => ({
  mappingsDir: join(root, 'mappings'),
  studiesDir: join(root, 'mappings/studies'),
  dataDir: join(root, 'data'),
});

/** A map of one local code, or of platelets' unit `Foo`. */
const codeMap = (target: string, code = 'X-1', source = 'urn:lab') => ({
  resourceType: 'ConceptMap',
  url: 'urn:map',
  version: '1',
  status: 'active',
  group: [
    {
      source,
      target: `${BASE}/CodeSystem/analyte`,
      element: [{ code, target: [{ code: target, equivalence: 'equivalent' }] }],
    },
  ],
});
const unitMap = (ucum: string) => ({
  ...codeMap(ucum, 'Foo', `${BASE}/CodeSystem/unit-spelling`),
  meta: { tag: [{ system: `${BASE}/CodeSystem/quantity`, code: 'platelets' }] },
});

const observation = (system: string, code: string, unit: string): Resource => ({
  resourceType: 'Observation',
  id: 'o',
  status: 'final',
  effectiveDateTime: '2026-03-02',
  code: { coding: [{ system, code }] },
  valueQuantity: { value: 24, unit },
});

/** `platelets 24` as the subjects of a study at a site have it. */
function mapped(resource: Resource, site: string, study?: string): string {
  const { library, problems } = inspectLibrary(place());
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

const decide = (target: string) =>
  propose(join(root, 'data'), {
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
  }).keep();

describe('what wins over what', () => {
  test('decided > site > study > general, for codes', () => {
    const local = observation('urn:lab', 'X-1', '10*9/L');
    expect(mapped(local, 'site-x', 'other')).toBe('no fact');
    put('mappings/concepts/local.json', codeMap('wbc'));
    expect(mapped(local, 'site-x', 'other')).toBe('wbc 24');
    put('mappings/studies/other/concepts/local.json', codeMap('anc'));
    expect(mapped(local, 'site-x', 'other')).toBe('anc 24');
    expect(mapped(local, 'site-x', 'msc-aa')).toBe('wbc 24');
    put('mappings/studies/other/sites/site-x/concepts/local.json', codeMap('reticulocytes'));
    expect(mapped(local, 'site-x', 'other')).toBe('reticulocytes 24');
    expect(mapped(local, 'site-5', 'other')).toBe('anc 24');
    decide('platelets');
    expect(mapped(local, 'site-x', 'other')).toBe('platelets 24');

    const { library } = inspectLibrary(place());
    const [overlap] = library ? overlapsAt(library.parts, 'site-x') : [];
    expect(overlap?.about).toBe('analyte urn:lab|X-1');
    expect(overlap?.sayings.map((s) => [s.layer, s.says])).toEqual([
      ['decided', 'platelets'],
      ['site', 'reticulocytes'],
      ['study', 'anc'],
      ['general', 'wbc'],
    ]);
  });

  test('site > study > general, for unit spellings', () => {
    const foo = observation('http://loinc.org', '777-3', 'Foo');
    put('mappings/studies/other/units/platelets.json', unitMap('10*9/L'));
    expect(mapped(foo, 'site-x', 'other')).toBe('platelets 24');
    expect(mapped(foo, 'site-x', 'msc-aa')).toBe('no fact');
    put('mappings/studies/other/sites/site-x/units/platelets.json', unitMap('10*8/L'));
    expect(mapped(foo, 'site-x', 'other')).toBe('platelets 2.4');
  });

  test('a view in place of the wider one of the same name', () => {
    const view = readFileSync(join(OWN, 'views/observation-measurement.json'), 'utf8');
    const blind = view.replaceAll(
      'value.ofType(Quantity).value',
      'value.ofType(Quantity).value.where($this = 0)',
    );
    put('mappings/studies/other/sites/site-x/views/mine.json', JSON.parse(blind));
    const count = observation('http://loinc.org', '777-3', '10*9/L');
    expect(mapped(count, 'site-x', 'other')).toBe('no fact');
    expect(mapped(count, 'site-5', 'other')).toBe('platelets 24');
  });
});

describe('check', () => {
  test('a site to which two studies say different things', () => {
    put(
      'mappings/studies/other/sites/site-5/concepts/local.json',
      codeMap('wbc', 'XCG-02', 'https://hospital-5.example/codes/laboratory'),
    );
    expect(inspectLibrary(place()).problems).toEqual([
      expect.objectContaining({
        at: 'analyte https://hospital-5.example/codes/laboratory|XCG-02',
        message: expect.stringMatching(/anc at site-5, and .*other.* says wbc/),
      }),
    ]);
  });

  test('two studies that agree about a site are no problem', () => {
    put(
      'mappings/studies/other/sites/site-5/concepts/local.json',
      codeMap('anc', 'XCG-02', 'https://hospital-5.example/codes/laboratory'),
    );
    expect(inspectLibrary(place()).problems).toEqual([]);
  });

  test('a golden case that does not hold: the file, the place, both values', () => {
    const file = 'views/patient.cases.json';
    const { cases } = JSON.parse(readFileSync(join(OWN, file), 'utf8'));
    cases[0].rows[0].sex = 'male';
    cases[1].facts.pop();
    put(`mappings/${file}`, { cases });
    expect(inspectLibrary(place(), { cases: true }).problems).toMatchObject([
      {
        file,
        at: '/cases/0/rows/0/sex',
        message: expect.stringContaining('is "female", "male" was expected'),
      },
      { file, at: '/cases/1/facts', message: expect.stringContaining('there are 2, 1 were expected') },
    ]);
    expect(inspectLibrary(place()).problems).toEqual([]);
  });

  test('every view has cases, and they hold', () => {
    expect(
      inspectLibrary({ mappingsDir: OWN, studiesDir: join(OWN, 'studies') }, { cases: true }).problems,
    ).toEqual([]);
    const { library } = inspectLibrary(place());
    for (const { file } of library?.parts.views ?? [])
      expect(() => readFileSync(join(OWN, file.replace('.json', '.cases.json')))).not.toThrow();
  });
});
