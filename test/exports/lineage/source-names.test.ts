import { expect, test } from '@jest/globals';
import {
  buildStatementAddress,
  findResourceNamer,
  parseResourceName,
} from '../../../src/exports/lineage/resource-names.ts';
import { addressSubjectRows } from '../../../src/exports/provenance-trace.ts';
import type { Fact, Source } from '../../../src/trial/facts.ts';

const buildSource = (change: Partial<Source> = {}): Source => ({
  site: 'site-1',
  resourceType: 'Observation',
  id: 'o1',
  version: null,
  element: 'Observation.component[1].valueQuantity',
  ...change,
});

const buildWeight = (kilograms: string, by: Source): Fact => ({
  kind: 'weight',
  key: 'k',
  subject: 'S1',
  at: { text: '2026-01-01', earliestDay: '2026-01-01', latestDay: '2026-01-01', instant: null },
  sources: [by],
  kilograms,
  original: { code: 'c', value: kilograms, unit: 'kg', conversion: null },
});

const formatSourceName = (fact: Fact): string => findResourceNamer([fact])(fact.sources)[0] ?? '';

test('a resource is named with the version that its sender gives', () => {
  expect(formatSourceName(buildWeight('70', buildSource({ version: '2' })))).toBe('site-1/Observation/o1@2');
});

test('without one, another content has another name, and the same content the same', () => {
  const name = formatSourceName(buildWeight('70', buildSource()));
  expect(name).toMatch(/^site-1\/Observation\/o1@~[0-9a-f]{8}$/);
  expect(formatSourceName(buildWeight('70', buildSource()))).toBe(name);
  expect(formatSourceName(buildWeight('71', buildSource()))).not.toBe(name);
  expect(parseResourceName(name).resource).toBe('site-1/Observation/o1');
});

test('a patient is named without their number, and without a digest that would reveal it', () => {
  const patient = { resourceType: 'Patient', id: 'MRN-7', element: 'Patient' };
  expect(formatSourceName(buildWeight('70', buildSource(patient)))).toBe('site-1/Patient');
  expect(formatSourceName(buildWeight('70', buildSource({ ...patient, version: '3' })))).toBe(
    'site-1/Patient@3',
  );
});

test('an address keeps the element that tells things apart, and stays whichever source is used first', () => {
  const [a, b] = [buildSource(), buildSource({ id: 'o2', element: 'Observation' })];
  expect(buildStatementAddress([a])).toBe('site-1/Observation/o1.component[1]');
  expect(buildStatementAddress([b, a])).toBe(buildStatementAddress([a, b]));
  expect(buildStatementAddress([buildSource({ element: 'Observation.component[1].dataAbsentReason' })])).toBe(
    buildStatementAddress([a]),
  );
});

test('two rows with one address are distinguished', () => {
  const row = { at: 'x', values: {}, from: [] };
  expect(addressSubjectRows('S1', [row, row]).map(({ at }) => at)).toEqual(['S1/x', 'S1/x~2']);
});
