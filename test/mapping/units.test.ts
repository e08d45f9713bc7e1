import { describe, expect, test } from '@jest/globals';
import { Decimal } from 'decimal.js';
import fc from 'fast-check';
import { parseJson, readDigits } from '../../src/fhir/lossless-json.ts';
import type { Resource } from '../../src/fhir/resource.ts';
import { readConceptMap } from '../../src/mapping/codes/concept-map.ts';
import { normaliseUnit } from '../../src/mapping/codes/normalise-unit.ts';
import type { MappingResult } from '../../src/mapping/mapping-result.ts';
import { convertQuantity } from '../../src/mapping/units/convert-quantity.ts';
import type { QuantityKind } from '../../src/mapping/units/trial-units.ts';
import { compileUnitTables } from '../../src/mapping/units/unit-tables.ts';
import { createBundledMapper, readBundledParts, readRepositoryJson } from './bundled-mappings.ts';

const maps = readBundledParts().units.map(readConceptMap);
const units = compileUnitTables(maps, new Map());
const mapper = createBundledMapper();

interface SpellingCase {
  readonly kind: QuantityKind;
  readonly value: unknown;
  readonly unit: string;
  readonly gives: string;
}

interface RefusedUnitCase {
  readonly code: string;
  readonly value: unknown;
  readonly unit: string;
  readonly reason: string;
}

function buildQuantity(value: string, unit: string | null, code: string | null = null) {
  return { value, comparator: null, unit, code, system: null, element: 'Observation.valueQuantity' };
}

/** Maps an Observation parsed from JSON text, which contains the digits as sent. */
function mapObservation(loinc: string, value: string, unit: string): MappingResult {
  const text = `{"resourceType":"Observation","id":"o","status":"final","effectiveDateTime":"2026-03-02",
    "code":{"coding":[{"system":"http://loinc.org","code":"${loinc}"}]},
    "valueQuantity":{"value":${value},"unit":${JSON.stringify(unit)}}}`;
  const context = { subject: 'S1', site: 'dev', timeZone: 'UTC', resolve: () => undefined };
  return mapper.map(parseJson(text) as Resource, context);
}

describe('spellings', () => {
  const cases = readRepositoryJson('test/cases/units/spellings.json') as readonly SpellingCase[];
  test.each(
    cases.map(({ kind, value, unit, gives }) => [kind, readDigits(value) ?? '', unit, gives] as const),
  )('%s %s %s is %s', (kind, value, unit, expected) => {
    const converted = convertQuantity(units, 'dev', buildQuantity(value, unit), {
      kind,
      properties: null,
      codeLabel: 'x',
    });
    expect('value' in converted ? converted.value.measured.value : converted.result).toBe(expected);
  });
});

describe('held values', () => {
  const cases = readRepositoryJson('test/cases/units/refused.json') as readonly RefusedUnitCase[];
  test.each(
    cases.map(({ code, value, unit, reason }) => [code, readDigits(value) ?? '', unit, reason] as const),
  )('LOINC %s with %s %s: %s', (code, value, unit, reason) => {
    const mapped = mapObservation(code, value, unit);
    expect(mapped.facts).toEqual([]);
    expect(mapped.work.map((need) => need.reason)).toEqual([reason]);
  });
});

/** Conversion factors to the trial unit as powers of ten, stated independently, so that a wrong unit map cannot agree. */
const POWERS_OF_TEN: Readonly<Record<string, number>> = {
  '10*9/L': 0,
  '10*3/uL': 0,
  '/nL': 0,
  '/uL': -3,
  '10*12/L': 3,
  '10*6/uL': 3,
  'g/L': 0,
  'g/dL': 1,
};

const THRESHOLDS = '0.2 0.5 1 1.0 1.5 20 30 50 60 100 110 120 130 150'.split(' ');

const ANALYTE_LOINC = {
  wbc: '6690-2',
  anc: '751-8',
  platelets: '777-3',
  reticulocytes: '60474-4',
  hemoglobin: '718-7',
} as const;

type CountedAnalyte = keyof typeof ANALYTE_LOINC;

/** Every spelling in the unit maps with a power of ten as its factor. */
const spellings = maps.flatMap((map) =>
  map.groups.flatMap(({ elements }) =>
    elements.flatMap(({ code, targets: [target] }) => {
      const power = POWERS_OF_TEN[target?.code ?? ''];
      const isPowerOfTen =
        power !== undefined && target?.product.length === 0 && (map.quantity ?? '') in ANALYTE_LOINC;
      return isPowerOfTen ? [{ kind: map.quantity as CountedAnalyte, unit: code, power }] : [];
    }),
  ),
);

function readLabValue(mapped: MappingResult): string | undefined {
  const [fact] = mapped.facts;
  return fact?.kind === 'lab' ? fact.measured?.value : undefined;
}

describe('a value equal to a threshold stays equal to it', () => {
  test('there are spellings to test', () => expect(spellings.length).toBeGreaterThan(500));

  test.each(Object.keys(ANALYTE_LOINC) as CountedAnalyte[])('%s, in every spelling', (kind) => {
    for (const { unit, power } of spellings.filter((spelling) => spelling.kind === kind)) {
      for (const threshold of THRESHOLDS) {
        const inTrialUnit = kind === 'hemoglobin' ? new Decimal(threshold).plus(10) : new Decimal(threshold);
        const sent = inTrialUnit.times(new Decimal(10).pow(-power)).toFixed();
        const value = readLabValue(mapObservation(ANALYTE_LOINC[kind], sent, unit));
        expect([unit, sent, value && new Decimal(value).eq(inTrialUnit)]).toEqual([unit, sent, true]);
      }
    }
  });

  test('any decimal, in any spelling, is only shifted by a power of ten', () => {
    const decimal = fc.tuple(fc.bigInt({ min: 1n, max: 9999999n }), fc.integer({ min: 0, max: 9 }));
    fc.assert(
      fc.property(decimal, fc.constantFrom(...spellings), ([digits, places], { kind, unit, power }) => {
        const sent = new Decimal(digits.toString()).times(new Decimal(10).pow(-places)).toFixed();
        const converted = convertQuantity(units, 'dev', buildQuantity(sent, unit), {
          kind,
          properties: null,
          codeLabel: 'x',
        });
        const exact = new Decimal(sent).times(new Decimal(10).pow(power));
        if ('value' in converted) expect(new Decimal(converted.value.measured.value).eq(exact)).toBe(true);
        else expect(converted.result.work.map(({ reason }) => reason)).toEqual(['implausible-value']);
      }),
      { numRuns: 500, seed: 20260302 },
    );
  });

  test('any haemoglobin in mmol/L is multiplied exactly', () => {
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 1500 }), (hundredths) => {
        const sent = new Decimal(hundredths).div(100).toFixed();
        const value = readLabValue(mapObservation('59260-0', sent, 'mmol/L'));
        expect(value).toBe(new Decimal(sent).times('16.1145').toFixed());
      }),
      { numRuns: 100, seed: 20260302 },
    );
  });
});

describe('the normalised form of a spelling', () => {
  test.each([
    ['10⁹/L', '10*9/L'],
    ['10¹²/L', '10*12/L'],
    ['× 10³ / µL', 'x10*3/uL'],
    ['10³/μL', '10*3/uL'],
    ['cells/mm³', 'cells/mm3'],
    ['㎕', 'ul'],
    ['ｇ／ｄＬ', 'g/dL'],
  ])('%s is %s', (sent, plain) => expect(normaliseUnit(sent)).toBe(plain));
});

test('a unit that is too long is not read, even if it is valid', () => {
  const annotated = (length: number) => `10*9/L{${'a'.repeat(length - '10*9/L{}'.length)}}`;
  expect(units.readUnit('dev', 'platelets', annotated(40))).not.toBeNull();
  expect(units.readUnit('dev', 'platelets', annotated(41))).toBeNull();
});

test.each(['('.repeat(40), '/'.repeat(40), '10*'.repeat(13), 'm.'.repeat(20), '{'.repeat(40)])(
  'the hostile unit %s is unknown',
  (unit) => expect(units.readUnit('dev', 'platelets', unit)).toBeNull(),
);
