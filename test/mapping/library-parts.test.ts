import { describe, expect, test } from '@jest/globals';
import { Failure } from '../../src/errors.ts';
import type { Resource } from '../../src/fhir/resource.ts';
import type { MappingFile } from '../../src/mapping/codes/concept-map.ts';
import { createMapper } from '../../src/mapping/mapper.ts';
import { findShareableProblems } from '../../src/mapping/view/shareable-profile.ts';
import { readBundledParts } from './bundled-mappings.ts';

const ADAPTER_BASE = 'https://fhir-trial-adapter.example/fhir';

function buildConceptMap(target: object, code = 'NEUT', extra: object = {}): MappingFile {
  return {
    file: 'sites/a/concepts.json',
    json: {
      resourceType: 'ConceptMap',
      url: 'urn:example:map',
      version: '1',
      status: 'active',
      group: [
        {
          source: 'urn:example:lab',
          target: `${ADAPTER_BASE}/CodeSystem/analyte`,
          element: [{ code, target: Array.isArray(target) ? target : [target] }],
          ...extra,
        },
      ],
    },
  };
}

function buildUnitMap(spelling: string, ucum: string, quantity = 'platelets'): MappingFile {
  return {
    file: 'sites/a/units.json',
    json: {
      resourceType: 'ConceptMap',
      url: 'urn:example:units',
      version: '1',
      status: 'active',
      meta: { tag: [{ system: `${ADAPTER_BASE}/CodeSystem/quantity`, code: quantity }] },
      group: [
        {
          source: `${ADAPTER_BASE}/CodeSystem/unit-spelling`,
          target: 'http://unitsofmeasure.org',
          element: [{ code: spelling, target: [{ code: ucum, equivalence: 'equal' }] }],
        },
      ],
    },
  };
}

function catchFailure(act: () => unknown): Failure {
  try {
    act();
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error('No failure was thrown.');
}

const createSiteMapper = (concepts: readonly MappingFile[], units: readonly MappingFile[] = []) =>
  createMapper(readBundledParts({ site: [{ site: 'a', concepts, units }] }));

function buildObservation(system: string, code: string, value: number, unit: string): Resource {
  return {
    resourceType: 'Observation',
    id: 'o',
    status: 'final',
    effectiveDateTime: '2026-03-02',
    code: { coding: [{ system, code }] },
    valueQuantity: { value, unit },
  };
}

const buildContext = (site: string) => ({ subject: 'S1', site, timeZone: 'UTC', resolve: () => undefined });
const formatProperty = (name: string) => `${ADAPTER_BASE}/mapping-property/${name}`;

test('every view conforms to the Shareable subset', () => {
  const problems = readBundledParts().views.flatMap(({ file, json }) =>
    findShareableProblems(json).map((problem) => ({ file, ...problem })),
  );
  expect(problems).toEqual([]);
});

describe('overrides of a site', () => {
  const mapper = createSiteMapper(
    [buildConceptMap([{ code: 'anc', equivalence: 'equivalent' }])],
    [buildUnitMap('Kilo/uL', '10*3/uL', 'anc')],
  );

  test('its code and its unit apply at this site', () => {
    const { facts } = mapper.map(
      buildObservation('urn:example:lab', 'NEUT', 1.5, 'Kilo/uL'),
      buildContext('a'),
    );
    expect(facts).toMatchObject([{ analyte: 'anc', measured: { value: '1.5' }, method: 'unspecified' }]);
  });

  test('they do not apply at another site', () => {
    const { work } = mapper.map(
      buildObservation('urn:example:lab', 'NEUT', 1.5, 'Kilo/uL'),
      buildContext('b'),
    );
    expect(work).toMatchObject([{ reason: 'unmapped-code', group: 'urn:example:lab|NEUT' }]);
  });

  test('the general unit spellings still apply', () => {
    const { facts } = mapper.map(buildObservation('urn:example:lab', 'NEUT', 1500, '/uL'), buildContext('a'));
    expect(facts).toMatchObject([{ measured: { value: '1.5' } }]);
  });

  test('a local code without a property does not accept a fraction', () => {
    const { work } = mapper.map(buildObservation('urn:example:lab', 'NEUT', 40, '%'), buildContext('a'));
    expect(work).toMatchObject([{ reason: 'unit-property-conflict' }]);
  });

  test('its term for a standard code hides the general one', () => {
    const part = buildConceptMap({ equivalence: 'unmatched' }, '777-3');
    const json = structuredClone(part.json) as { group: { source: string }[] };
    for (const group of json.group) group.source = 'http://loinc.org';
    const siteMapper = createSiteMapper([{ ...part, json }]);
    expect(
      siteMapper.map(buildObservation('http://loinc.org', '777-3', 24, '10*9/L'), buildContext('a')).ignored
        ?.reason,
    ).toBe('code-not-needed');
    expect(
      siteMapper.map(buildObservation('http://loinc.org', '777-3', 24, '10*9/L'), buildContext('b')).facts,
    ).toHaveLength(1);
  });

  test('dependsOn unit: one code for the count and for the percentage', () => {
    const siteMapper = createSiteMapper([
      buildConceptMap([
        {
          code: 'anc',
          equivalence: 'equivalent',
          dependsOn: [{ property: formatProperty('unit'), value: '10³/µL' }],
        },
        { equivalence: 'unmatched', dependsOn: [{ property: formatProperty('unit'), value: '%' }] },
      ]),
    ]);
    const map = (unit: string) =>
      siteMapper.map(buildObservation('urn:example:lab', 'NEUT', 2, unit), buildContext('a'));
    expect(map('10*3/uL').facts).toHaveLength(1);
    expect(map('%').ignored?.reason).toBe('code-not-needed');
    expect(map('/uL').work).toMatchObject([{ reason: 'unmapped-code' }]);
  });
});

describe('a library that cannot be used fails with file, place and fix', () => {
  const refused: readonly (readonly [string, MappingFile, RegExp])[] = [
    ['a target that is narrower', buildConceptMap({ code: 'anc', equivalence: 'narrower' }), /equivalence/],
    ['a target that is related', buildConceptMap({ code: 'anc', equivalence: 'relatedto' }), /equivalence/],
    ['a target without code', buildConceptMap({ equivalence: 'equal' }), /code/],
    ['unmatched with a code', buildConceptMap({ code: 'anc', equivalence: 'unmatched' }), /code/],
    ['a term that the trial does not have', buildConceptMap({ code: 'plt', equivalence: 'equal' }), /NEUT/],
    [
      'a dependsOn that is not supported',
      buildConceptMap({
        code: 'anc',
        equivalence: 'equal',
        dependsOn: [{ property: formatProperty('specimen'), value: 'x' }],
      }),
      /NEUT, dependsOn/,
    ],
    [
      'an unknown method',
      buildConceptMap({
        code: 'anc',
        equivalence: 'equal',
        product: [{ property: formatProperty('method'), value: 'robot' }],
      }),
      /NEUT, product/,
    ],
    [
      'a fixed term for all other codes that would be a guess',
      buildConceptMap({ code: 'anc', equivalence: 'equal' }, 'NEUT', {
        unmapped: { mode: 'fixed', code: 'anc' },
      }),
      /unmapped/,
    ],
    [
      'not a ConceptMap',
      { file: 'sites/a/concepts.json', json: { resourceType: 'ValueSet' } },
      /resourceType/,
    ],
  ];
  test.each(refused)('%s', (_, part, place) => {
    const failure = catchFailure(() => createSiteMapper([part]));
    expect(failure.code).toBe('library/invalid');
    expect(failure.at).toMatch(/^sites\/a\/concepts\.json: /);
    expect(failure.at).toMatch(place);
    expect(failure.fix).toBeTruthy();
  });

  const badUnits: readonly (readonly [string, MappingFile])[] = [
    ['a unit of another kind', buildUnitMap('PLT', 'g/L')],
    ['a unit that UCUM reads as kelvin', buildUnitMap('K', 'K/uL')],
    ['not UCUM', buildUnitMap('PLT', 'thousands')],
    ['an unknown quantity', buildUnitMap('PLT', '10*9/L', 'sodium')],
  ];
  test.each(badUnits)('%s', (_, part) => {
    const failure = catchFailure(() => createSiteMapper([], [part]));
    expect(failure).toMatchObject({ code: 'library/invalid', at: expect.stringMatching(/^sites\/a\/units/) });
  });

  test('a missing unit map', () => {
    const parts = readBundledParts();
    const units = parts.units.filter(({ file }) => !file.includes('platelets'));
    expect(catchFailure(() => createMapper({ ...parts, units }))).toMatchObject({
      at: 'mappings/units: platelets',
    });
  });

  test('a view without a kind, and views that do not compile', () => {
    const [view] = readBundledParts().views;
    const json = view?.json as Record<string, unknown>;
    const failWithView = (changes: Record<string, unknown>) =>
      catchFailure(() =>
        createMapper(readBundledParts({ views: [{ file: 'v.json', json: { ...json, ...changes } }] })),
      );
    expect(failWithView({ meta: {} })).toMatchObject({ code: 'library/invalid', at: 'v.json: meta.tag' });
    expect(failWithView({ fhirVersion: ['3.0.2'] }).at).toBe('v.json: fhirVersion');
    expect(failWithView({ select: [{ column: [{ name: 'x', path: 'a..b' }] }] }).at).toMatch(
      /^v\.json: select/,
    );
  });
});
