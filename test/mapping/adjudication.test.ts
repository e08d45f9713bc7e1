import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { Resource } from '../../src/fhir/resource.ts';
import { readLibrary } from '../../src/library.ts';
import { createMapper } from '../../src/mapping/mapper.ts';

const mappingsDir = join(import.meta.dirname, '../../mappings');
const { mappingFiles } = readLibrary({ mappingsDir, studiesDir: join(mappingsDir, 'studies') });
const OURS = 'https://fhir-trial-adapter.example/fhir/CodeSystem';
const LOCAL = 'urn:hospital:codes';

const buildGroup = (vocabulary: string, code: string, term: string) => ({
  source: LOCAL,
  target: `${OURS}/${vocabulary}`,
  element: [{ code, target: [{ code: term, equivalence: 'equivalent' }] }],
});

/** A hospital that has codes of its own for the severity at diagnosis. */
const siteMap = {
  resourceType: 'ConceptMap',
  id: 'local',
  url: 'urn:hospital:maps:local',
  version: '1.0.0',
  name: 'Local',
  status: 'active',
  group: [
    buildGroup('adjudication', 'AASEV', 'severity-at-diagnosis'),
    buildGroup('disease-severity', 'very', 'VSAA'),
  ],
};
const mapper = createMapper({
  ...mappingFiles,
  site: [{ site: 'h', concepts: [{ file: 'local.json', json: siteMap }], units: [] }],
});

const buildObservation = (system: string, code: string, value: object): Resource => ({
  resourceType: 'Observation',
  id: 'o1',
  status: 'final',
  code: { coding: [{ system, code }] },
  subject: { reference: 'Patient/p' },
  effectiveDateTime: '2025-11-02',
  ...value,
});

const map = (resource: Resource, visits: readonly string[] | null = null) =>
  mapper.map(resource, {
    ...{ subject: 'S-1', site: 'h', study: 'msc-aa', timeZone: 'UTC', visits },
    resolve: () => undefined,
  });

const buildConcept = (system: string, code: string) => ({
  valueCodeableConcept: { coding: [{ system, code }] },
});

test("a site's own code is the record of its EHR, which names nobody", () => {
  const { facts, work } = map(buildObservation(LOCAL, 'AASEV', buildConcept(LOCAL, 'very')));
  expect(work).toEqual([]);
  expect(facts).toMatchObject([
    { kind: 'adjudication', origin: 'record', by: null, statement: { severity: 'VSAA' } },
  ]);
});

test("the adapter's own code is a person's statement, and names them", () => {
  const { facts, work } = map(
    buildObservation(`${OURS}/adjudication`, 'severity-at-diagnosis', buildConcept(LOCAL, 'very')),
  );
  expect(facts).toEqual([]);
  expect(work).toMatchObject([{ reason: 'not-understood', element: 'Observation.performer' }]);
});

test('a severity that no map has is asked about, with its code', () => {
  const { facts, work } = map(buildObservation(LOCAL, 'AASEV', buildConcept(LOCAL, 'grave')));
  expect(facts).toEqual([]);
  expect(work).toMatchObject([{ reason: 'unmapped-code', about: { vocabularies: ['disease-severity'] } }]);
});

const buildResponse = (visit: string): Resource =>
  buildObservation(`${OURS}/adjudication`, 'investigator-response', {
    ...buildConcept(`${OURS}/response-class`, 'PR'),
    performer: [{ display: 'Dr A. Novak' }],
    note: [{ text: 'Own reading.' }],
    component: [
      { code: { coding: [{ system: `${OURS}/adjudication-part`, code: 'visit' }] }, valueString: visit },
    ],
  });

test.each<[string, readonly string[] | null, number]>([
  ['M3', ['M1', 'M3'], 1],
  ['all', ['M1', 'M3'], 1],
  ['M4', ['M1', 'M3'], 0],
  ['M4', null, 1],
])('visit %s, where the protocol has %j', (visit, visits, facts) => {
  expect(map(buildResponse(visit), visits).facts).toHaveLength(facts);
});

test('a visit that may be a remark about the patient is not shown', () => {
  const { work } = map(buildResponse('Mrs Smith, born 1962'), ['M1']);
  expect(work[0]?.detail).not.toContain('Smith');
  expect(work[0]?.group).not.toContain('Smith');
});

test('a component that is no part of an adjudication is not passed over, and is no result', () => {
  const { facts, work } = map(
    buildObservation(`${OURS}/adjudication`, 'marrow-result', {
      performer: [{ display: 'Dr A. Novak' }],
      valueBoolean: true,
      component: [
        {
          code: { coding: [{ system: 'http://loinc.org', code: '777-3' }] },
          valueQuantity: { value: 24, unit: '10*9/L' },
        },
      ],
    }),
  );
  expect(facts).toEqual([]);
  expect(work).toMatchObject([{ reason: 'not-understood', element: 'Observation.component' }]);
});
