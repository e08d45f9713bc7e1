import { readdirSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { Decimal } from 'decimal.js';
import fc from 'fast-check';
import { parseJson } from '../../src/fhir/lossless-json.ts';
import { isObject, type Resource } from '../../src/fhir/resource.ts';
import { operatorSchema } from '../../src/library/formats/criterion-schema.ts';
import type { Operator } from '../../src/trial/criteria/criteria-set.ts';
import { compareToThreshold, deriveValueRange } from '../../src/trial/criteria/value-range.ts';
import type { MeasuredValue } from '../../src/trial/facts.ts';
import { createBundledMapper, readRepositoryJson } from './bundled-mappings.ts';

/**
 * The unit gate: at every threshold of every criteria set, a count that a laboratory sends in any spelling of any unit is
 * on the same side of the threshold as the count in the trial unit, and a count equal to the threshold stays equal to it.
 */
const ANALYTE_LOINC: Readonly<Record<string, string>> = {
  wbc: '6690-2',
  anc: '751-8',
  platelets: '777-3',
  reticulocytes: '60474-4',
  hemoglobin: '718-7',
};

interface UnitSpelling {
  readonly analyte: string;
  readonly unit: string;
  /** Power of ten by which a value in this unit is multiplied to convert it: -3 for `/uL`, for counts in 10*9/L. */
  readonly power: unknown;
}

interface Threshold {
  readonly analyte: string;
  readonly threshold: string;
}

function listThresholds(value: unknown): readonly string[] {
  return (isObject(value) ? Object.values(value) : [value]).filter(
    (threshold) => typeof threshold === 'string',
  );
}

/** Finds every threshold in a criteria file by walking its JSON, independently of the engine that reads it. */
function findThresholds(node: unknown): readonly Threshold[] {
  if (Array.isArray(node)) return node.flatMap(findThresholds);
  if (!isObject(node)) return [];
  const values = [...listThresholds(node.value), ...listThresholds(node.valueByMethod)];
  const analyte = typeof node.count === 'string' ? node.count : null;
  const ageRows = Array.isArray(node.normalHemoglobin) ? node.normalHemoglobin : [];
  const normalHemoglobin = ageRows.flatMap((row) => (isObject(row) ? listThresholds(row.value) : []));
  return [
    ...(analyte === null ? [] : values.map((threshold) => ({ analyte, threshold }))),
    ...normalHemoglobin.map((threshold) => ({ analyte: 'hemoglobin', threshold })),
    ...Object.values(node).flatMap(findThresholds),
  ];
}

const folder = new URL('../../mappings/criteria/', import.meta.url);
const foundThresholds = readdirSync(folder)
  .filter((file) => file.endsWith('.json'))
  .flatMap((file) => findThresholds(readRepositoryJson(`mappings/criteria/${file}`)));
const thresholds = [
  ...new Map(foundThresholds.map((found) => [`${found.analyte} ${found.threshold}`, found])).values(),
];
const spellings = (readRepositoryJson('test/cases/units/gate.json') as readonly UnitSpelling[]).map(
  (spelling) => ({ ...spelling, power: Number(String(spelling.power)) }),
);

const mapper = createBundledMapper();

function mapMeasured(analyte: string, sent: string, unit: string): MeasuredValue {
  const text = `{"resourceType":"Observation","id":"o","status":"final","effectiveDateTime":"2026-03-02",
    "code":{"coding":[{"system":"http://loinc.org","code":"${ANALYTE_LOINC[analyte]}"}]},
    "valueQuantity":{"value":${sent},"unit":${JSON.stringify(unit)}}}`;
  const context = { subject: 'S1', site: 'dev', timeZone: 'UTC', resolve: () => undefined };
  const [fact] = mapper.map(parseJson(text) as Resource, context).facts;
  if (fact?.kind !== 'lab' || fact.measured === null)
    throw new Error(`${sent} ${unit} is not mapped to a count.`);
  return fact.measured;
}

const convertToSent = (value: Decimal, power: number): string =>
  value.times(new Decimal(10).pow(-power)).toFixed();

const RESULT_AT_THRESHOLD: Readonly<Record<Operator, string>> = {
  '<': 'false',
  '<=': 'true',
  '>=': 'true',
  '>': 'false',
};

/** Computes the expected result of a comparison from the numbers themselves. */
function compareExactly(value: Decimal, op: Operator, threshold: Decimal): string {
  if (value.eq(threshold)) return RESULT_AT_THRESHOLD[op];
  return String(value.gt(threshold) === op.startsWith('>'));
}

describe('at every threshold of every criteria set, in every spelling', () => {
  test('the criteria have thresholds for every analyte', () => {
    const analytes = new Set(thresholds.map(({ analyte }) => analyte));
    expect([...analytes].sort()).toEqual(['anc', 'hemoglobin', 'platelets', 'reticulocytes', 'wbc']);
    expect(thresholds.length).toBeGreaterThan(15);
    expect(spellings.length).toBeGreaterThan(150);
  });

  test.each(thresholds.map(({ analyte, threshold }) => [analyte, threshold] as const))(
    '%s %s',
    (analyte, text) => {
      const threshold = new Decimal(text);
      const step = new Decimal('0.01');
      for (const { unit, power } of spellings.filter((spelling) => spelling.analyte === analyte)) {
        for (const value of [threshold, threshold.plus(step), threshold.minus(step)]) {
          const range = deriveValueRange(mapMeasured(analyte, convertToSent(value, power), unit), false);
          for (const op of operatorSchema.options)
            expect([unit, value.toFixed(), op, compareToThreshold(range, op, threshold)]).toEqual([
              unit,
              value.toFixed(),
              op,
              compareExactly(value, op, threshold),
            ]);
        }
      }
    },
  );

  test('any count near a threshold, in any spelling, stays on its side', () => {
    const digits = fc.integer({ min: -99_999, max: 99_999 });
    fc.assert(
      fc.property(
        fc.constantFrom(...thresholds),
        fc.nat(),
        digits,
        ({ analyte, threshold: text }, pick, offset) => {
          const threshold = new Decimal(text);
          const analyteSpellings = spellings.filter((spelling) => spelling.analyte === analyte);
          const { unit, power } = analyteSpellings[
            pick % analyteSpellings.length
          ] as (typeof analyteSpellings)[number];
          const value = threshold.times(new Decimal(1).plus(new Decimal(offset).div(1_000_000)));
          const range = deriveValueRange(mapMeasured(analyte, convertToSent(value, power), unit), false);
          for (const op of operatorSchema.options)
            expect(compareToThreshold(range, op, threshold)).toBe(compareExactly(value, op, threshold));
        },
      ),
      { numRuns: 300, seed: 20260302 },
    );
  });

  test('haemoglobin in mmol/L is on the same side as its exact product', () => {
    const hemoglobinThresholds = thresholds
      .filter(({ analyte }) => analyte === 'hemoglobin')
      .map(({ threshold }) => new Decimal(threshold));
    fc.assert(
      fc.property(
        fc.constantFrom(...hemoglobinThresholds),
        fc.integer({ min: 100, max: 1100 }),
        (threshold, hundredths) => {
          const sent = new Decimal(hundredths).div(100);
          const range = deriveValueRange(mapMeasured('hemoglobin', sent.toFixed(), 'mmol/L'), false);
          for (const op of operatorSchema.options)
            expect(compareToThreshold(range, op, threshold)).toBe(
              compareExactly(sent.times('16.1145'), op, threshold),
            );
        },
      ),
      { numRuns: 200, seed: 20260302 },
    );
  });
});
