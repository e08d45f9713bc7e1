import { readdirSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parseJson, stringifyJson, toCanonicalJson } from '../../src/fhir/lossless-json.ts';
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
    resolve: (reference) => stored.find((r) => `${r.resourceType}/${r.id}` === reference),
  };
}

/** Every expected property must be there; numbers compare by their digits. */
function expectEach(found: readonly object[], wanted: readonly object[]): void {
  expect(found).toHaveLength(wanted.length);
  for (const [i, want] of wanted.entries())
    expect(parseJson(stringifyJson(found[i]))).toMatchObject(parseJson(stringifyJson(want)) as object);
}

function expectMapped(mapped: MappingResult, wanted: MappingCase): void {
  expectEach(mapped.facts, wanted.facts ?? []);
  expectEach(mapped.work, wanted.work ?? []);
  expectEach(mapped.warnings ?? [], wanted.warnings ?? []);
  expect(mapped.ignored?.reason).toBe(wanted.ignored);
}

for (const file of readdirSync(new URL('../cases/mapping/', import.meta.url))) {
  describe(file, () => {
    const cases = readRepositoryJson(`test/cases/mapping/${file}`) as readonly MappingCase[];
    test.each(cases.map((c) => [c.name, c] as const))('%s', (_, c) => {
      const before = toCanonicalJson(c.resource);
      const mapped = mapper.map(c.resource, buildContext(c.stored));
      expectMapped(mapped, c);
      expect(toCanonicalJson(c.resource)).toBe(before);
      const again = mapper.map(c.resource, buildContext(c.stored));
      expect(toCanonicalJson(again)).toBe(toCanonicalJson(mapped));
      // A person must always be told what to do, and where.
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
