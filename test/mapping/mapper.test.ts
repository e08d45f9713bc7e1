import { readdirSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { toCanonicalJson } from '../../src/fhir/canonical-json.ts';
import { parseJson, stringifyJson } from '../../src/fhir/lossless-json.ts';
import type { Resource } from '../../src/fhir/resource.ts';
import type { MappingContext, MappingResult } from '../../src/mapping/mapping-result.ts';
import { createBundledMapper, readRepositoryJson } from './bundled-mappings.ts';

interface MappingCase {
  readonly name: string;
  readonly resource: Resource;
  readonly stored?: readonly Resource[];
  readonly facts?: readonly object[];
  readonly work?: readonly object[];
  readonly warnings?: readonly object[];
  readonly ignored?: string;
}

const mapper = createBundledMapper();

function buildContext(stored: readonly Resource[] = []): MappingContext {
  return {
    subject: 'S1',
    site: 'dev',
    timeZone: 'Asia/Shanghai',
    resolve: (reference) => stored.find(({ resourceType, id }) => `${resourceType}/${id}` === reference),
  };
}

/** Checks that every expected property is present. Numbers are compared by their digits. */
function expectEach(actual: readonly object[], expected: readonly object[]): void {
  expect(actual).toHaveLength(expected.length);
  for (const [i, item] of expected.entries())
    expect(parseJson(stringifyJson(actual[i]))).toMatchObject(parseJson(stringifyJson(item)) as object);
}

function expectMapped(mapped: MappingResult, expected: MappingCase): void {
  expectEach(mapped.facts, expected.facts ?? []);
  expectEach(mapped.work, expected.work ?? []);
  expectEach(mapped.warnings ?? [], expected.warnings ?? []);
  expect(mapped.ignored?.reason).toBe(expected.ignored);
}

for (const file of readdirSync(new URL('../cases/mapping/', import.meta.url))) {
  describe(file, () => {
    const cases = readRepositoryJson(`test/cases/mapping/${file}`) as readonly MappingCase[];
    test.each(cases.map((mappingCase) => [mappingCase.name, mappingCase] as const))('%s', (_, expected) => {
      const { resource, stored } = expected;
      const before = toCanonicalJson(resource);
      const mapped = mapper.map(resource, buildContext(stored));
      expectMapped(mapped, expected);
      expect(toCanonicalJson(resource)).toBe(before);
      const repeated = mapper.map(resource, buildContext(stored));
      expect(toCanonicalJson(repeated)).toBe(toCanonicalJson(mapped));
      // Every work item names the element and what to do.
      for (const need of mapped.work) {
        expect(need.element).toMatch(/^[A-Z][A-Za-z]+\.?/);
        expect(need.fix.length).toBeGreaterThan(10);
        expect(need.detail).toMatch(/\.$/);
      }
    });
  });
}

describe('the day of a result', () => {
  const observation = parseJson(
    stringifyJson({
      resourceType: 'Observation',
      id: 'o',
      status: 'final',
      code: { coding: [{ system: 'http://loinc.org', code: '777-3' }] },
      effectiveDateTime: '2026-03-02T23:30:00-05:00',
      valueQuantity: { value: 24, unit: '10*9/L' },
    }),
  ) as Resource;

  test.each([
    ['America/New_York', '2026-03-02'],
    ['UTC', '2026-03-03'],
    ['Asia/Shanghai', '2026-03-03'],
    ['Pacific/Kiritimati', '2026-03-03'],
    ['Pacific/Pago_Pago', '2026-03-02'],
  ])('in %s is %s', (timeZone, day) => {
    const { facts } = mapper.map(observation, { ...buildContext(), timeZone });
    expect(facts[0]?.at).toMatchObject({ earliestDay: day, latestDay: day });
    expect(facts[0]?.key).toBe('lab|platelets|2026-03-03T04:30:00.000Z|24');
  });
});
