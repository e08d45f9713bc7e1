import { readdirSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import type { FhirVersion } from '../../src/fhir/fhir-version.ts';
import { isObject, type JsonObject, type Resource } from '../../src/fhir/resource.ts';
import type { MappingContext } from '../../src/mapping/mapping-result.ts';
import { COMMON_RULES, MEANING_TABLE } from '../../src/mapping/meaning/meaning-table.ts';
import { createBundledMapper, readRepositoryJson } from './bundled-mappings.ts';

interface MeaningCase {
  readonly name: string;
  readonly resource: Resource;
  readonly stored?: readonly Resource[];
  readonly fhirVersion?: FhirVersion;
  /** What the site knows to be the subject: `Patient/id` or `system|value`. Absent: the site is not asked. */
  readonly samePatients?: readonly string[];
  /** The facts, or how many of them. */
  readonly facts?: number | readonly object[];
  readonly held?: readonly object[];
  readonly ignored?: string;
  /** The vocabulary in which a decision on the work item belongs. */
  readonly asks?: string;
  readonly group?: string;
}

const mapper = createBundledMapper();

function isKnownAs(names: readonly string[], { reference, identifier }: JsonObject): boolean {
  const token = isObject(identifier) ? `${identifier.system}|${identifier.value}` : '';
  return names.includes(String(reference)) || names.includes(token);
}

function buildContext({ stored = [], fhirVersion = '4.0', samePatients }: MeaningCase): MappingContext {
  return {
    subject: 'S1',
    site: 'dev',
    timeZone: 'Asia/Shanghai',
    fhirVersion,
    resolve: (text) => stored.find(({ resourceType, id }) => `${resourceType}/${id}` === text),
    ...(samePatients && { isSamePatient: (reference) => isKnownAs(samePatients, reference) }),
  };
}

for (const file of readdirSync(new URL('../cases/meaning/', import.meta.url))) {
  describe(file, () => {
    const cases = readRepositoryJson(`test/cases/meaning/${file}`) as readonly MeaningCase[];
    test.each(cases.map((meaningCase) => [meaningCase.name, meaningCase] as const))('%s', (_, expected) => {
      const { facts = 0, held = [], ignored, asks, group } = expected;
      const mapped = mapper.map(expected.resource, buildContext(expected));
      expect(mapped.work).toMatchObject(held);
      if (Array.isArray(facts)) expect(mapped.facts).toMatchObject(facts);
      else expect(mapped.facts).toHaveLength(Number(facts));
      expect(mapped.ignored?.reason).toBe(ignored);
      const [need] = mapped.work;
      const vocabularies = need?.about?.kind === 'code' ? need.about.vocabularies : [];
      if (asks !== undefined) expect(vocabularies).toEqual([asks]);
      if (group !== undefined) expect(need?.group).toBe(group);
    });
  });
}

interface Shapes {
  readonly types: Readonly<Record<string, { readonly elements: readonly { readonly name: string }[] }>>;
}

const R4 = readRepositoryJson('src/fhir/validate/r4-shapes.json') as Shapes;
const R5 = readRepositoryJson('src/fhir/validate/r5-shapes.json') as Shapes;

/** Lists the elements of the type in R4, and in R5 where it is read, that no rule of the table names. */
function findUnnamedElements(type: string, table: typeof MEANING_TABLE): readonly string[] {
  const named = (table[type] ?? []).flatMap(({ elements }) =>
    elements.map((path) => path.split('.')[0] ?? ''),
  );
  const names = [R4, R5].flatMap((shapes) => (shapes.types[type]?.elements ?? []).map(({ name }) => name));
  return [...new Set(names)].filter((name) => !named.includes(name)).map((name) => `${type}.${name}`);
}

const TYPES = Object.keys(MEANING_TABLE);

test('the table names every element of the types that are mapped', () => {
  expect(TYPES.flatMap((type) => findUnnamedElements(type, MEANING_TABLE))).toEqual([]);
  expect(findUnnamedElements('Observation', { Observation: [] })).toContain('Observation.focus');
});

test('no element has two rules', () => {
  const rules = TYPES.flatMap((type) =>
    [...COMMON_RULES, ...(MEANING_TABLE[type] ?? [])].flatMap(({ elements }) =>
      elements.map((path) => `${type}.${path}`),
    ),
  );
  expect(rules.filter((path, i) => rules.indexOf(path) !== i)).toEqual([]);
});

test('every vocabulary of the table has a map that a site can override', () => {
  const files = readdirSync(new URL('../../mappings/concepts/', import.meta.url));
  const targets = files.flatMap((file) => {
    const { group } = readRepositoryJson(`mappings/concepts/${file}`) as { group: { target: string }[] };
    return group.map(({ target }) => target.replace(/^.*\//, ''));
  });
  const vocabularies = Object.values(MEANING_TABLE)
    .flat()
    .flatMap(({ handling }) =>
      typeof handling === 'object' && handling.kind === 'concept' ? [handling.vocabulary] : [],
    );
  expect(vocabularies.length).toBeGreaterThan(5);
  expect(vocabularies.filter((vocabulary) => !targets.includes(vocabulary))).toEqual([]);
});
