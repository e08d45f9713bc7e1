import { expect, test } from '@jest/globals';
import { namingOf, partsOf, statedBy } from '../../../src/exports/trace/source-names.ts';
import { rowsOfSubject } from '../../../src/exports/trace/trace.ts';
import type { Fact, Source } from '../../../src/trial/facts.ts';

const source = (change: Partial<Source> = {}): Source => ({
  site: 'site-1',
  resourceType: 'Observation',
  id: 'o1',
  version: null,
  element: 'Observation.component[1].valueQuantity',
  ...change,
});

const weight = (kilograms: string, by: Source): Fact => ({
  kind: 'weight',
  key: 'k',
  subject: 'S1',
  at: { text: '2026-01-01', earliestDay: '2026-01-01', latestDay: '2026-01-01', instant: null },
  sources: [by],
  kilograms,
  original: { code: 'c', value: kilograms, unit: 'kg', conversion: null },
});

const nameOf = (fact: Fact): string => namingOf([fact])(fact.sources)[0] ?? '';

test('a resource is named with the version that its sender gives', () => {
  expect(nameOf(weight('70', source({ version: '2' })))).toBe('site-1/Observation/o1@2');
});

test('without one, another content has another name, and the same content the same', () => {
  const name = nameOf(weight('70', source()));
  expect(name).toMatch(/^site-1\/Observation\/o1@~[0-9a-f]{8}$/);
  expect(nameOf(weight('70', source()))).toBe(name);
  expect(nameOf(weight('71', source()))).not.toBe(name);
  expect(partsOf(name).resource).toBe('site-1/Observation/o1');
});

test('a patient is named without his number, and without a digest that would give his few data away', () => {
  const patient = { resourceType: 'Patient', id: 'MRN-7', element: 'Patient' };
  expect(nameOf(weight('70', source(patient)))).toBe('site-1/Patient');
  expect(nameOf(weight('70', source({ ...patient, version: '3' })))).toBe('site-1/Patient@3');
});

test('an address keeps the element that tells things apart, and stays whichever source is used first', () => {
  const [a, b] = [source(), source({ id: 'o2', element: 'Observation' })];
  expect(statedBy([a])).toBe('site-1/Observation/o1.component[1]');
  expect(statedBy([b, a])).toBe(statedBy([a, b]));
  expect(statedBy([source({ element: 'Observation.component[1].dataAbsentReason' })])).toBe(statedBy([a]));
});

test('two rows of one address are told apart', () => {
  const row = { at: 'x', values: {}, from: [] };
  expect(rowsOfSubject('S1', [row, row]).map(({ at }) => at)).toEqual(['S1/x', 'S1/x~2']);
});
