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
 * The unit gate: at every threshold of every criteria set, a count that a laboratory sends in any spelling of any unit
 * lies on the same side of the line as the count itself, and a count on the line stays on it.
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
  /** The trial's unit is ten to this power times smaller: `/uL` is -3 for counts in 10*9/L. */
  readonly power: unknown;
}

interface Threshold {
  readonly analyte: string;
  readonly cut: string;
}

function listCuts(value: unknown): readonly string[] {
  return (isObject(value) ? Object.values(value) : [value]).filter((cut) => typeof cut === 'string');
}

/** Every cut in a criteria file, found by walking its JSON and not by the engine that reads it. */
function findThresholds(node: unknown): readonly Threshold[] {
  if (Array.isArray(node)) return node.flatMap(findThresholds);
  if (!isObject(node)) return [];
  const own = [...listCuts(node.value), ...listCuts(node.valueByMethod)];
  const analyte = typeof node.count === 'string' ? node.count : null;
  const here = analyte === null ? [] : own.map((cut) => ({ analyte, cut }));
  const normal = Array.isArray(node.normalHemoglobin) ? node.normalHemoglobin : [];
  const ages = normal.flatMap((row) => (isObject(row) ? listCuts(row.value) : []));
  return [
    ...here,
    ...ages.map((cut) => ({ analyte: 'hemoglobin', cut })),
    ...Object.values(node).flatMap(findThresholds),
  ];
}

const folder = new URL('../../mappings/criteria/', import.meta.url);
const foundThresholds = readdirSync(folder).flatMap((file) =>
  findThresholds(readRepositoryJson(`mappings/criteria/${file}`)),
);
const thresholds = [...new Map(foundThresholds.map((t) => [`${t.analyte} ${t.cut}`, t])).values()];
const spellings = (readRepositoryJson('test/cases/units/gate.json') as readonly UnitSpelling[]).map((s) => ({
  ...s,
  power: Number(String(s.power)),
}));

const mapper = createBundledMapper();

function mapMeasured(analyte: string, sent: string, unit: string): MeasuredValue {
  const text = `{"resourceType":"Observation","id":"o","status":"final","effectiveDateTime":"2026-03-02",
    "code":{"coding":[{"system":"http://loinc.org","code":"${ANALYTE_LOINC[analyte]}"}]},
    "valueQuantity":{"value":${sent},"unit":${JSON.stringify(unit)}}}`;
  const context = { subject: 'S1', site: 'dev', timeZone: 'UTC', resolve: () => undefined };
  const [fact] = mapper.map(parseJson(text) as Resource, context).facts;
  if (fact?.kind !== 'lab' || fact.measured === null) throw new Error(`No count from ${sent} ${unit}.`);
  return fact.measured;
}

const convertToSent = (value: Decimal, power: number): string =>
  value.times(new Decimal(10).pow(-power)).toFixed();

const ON_THE_LINE: Readonly<Record<Operator, string>> = {
  '<': 'false',
  '<=': 'true',
  '>=': 'true',
  '>': 'false',
};

/** What must come of a comparison, said with the numbers themselves. */
function decideTruth(value: Decimal, op: Operator, cut: Decimal): string {
  if (value.eq(cut)) return ON_THE_LINE[op];
  return String(value.gt(cut) === op.startsWith('>'));
}

describe('at every threshold of every criteria set, in every spelling', () => {
  test('the criteria have thresholds for every line', () => {
    const analytes = new Set(thresholds.map((t) => t.analyte));
    expect([...analytes].sort()).toEqual(['anc', 'hemoglobin', 'platelets', 'reticulocytes', 'wbc']);
    expect(thresholds.length).toBeGreaterThan(15);
    expect(spellings.length).toBeGreaterThan(150);
  });

  test.each(thresholds.map((t) => [t.analyte, t.cut] as const))('%s %s', (analyte, cutText) => {
    const cut = new Decimal(cutText);
    const step = new Decimal('0.01');
    for (const { unit, power } of spellings.filter((s) => s.analyte === analyte)) {
      for (const value of [cut, cut.plus(step), cut.minus(step)]) {
        const range = deriveValueRange(mapMeasured(analyte, convertToSent(value, power), unit), false);
        for (const op of operatorSchema.options)
          expect([unit, value.toFixed(), op, compareToThreshold(range, op, cut)]).toEqual([
            unit,
            value.toFixed(),
            op,
            decideTruth(value, op, cut),
          ]);
      }
    }
  });

  test('any count near any threshold, in any spelling, stays on its side', () => {
    const digits = fc.integer({ min: -99_999, max: 99_999 });
    fc.assert(
      fc.property(fc.constantFrom(...thresholds), fc.nat(), digits, ({ analyte, cut }, pick, off) => {
        const own = spellings.filter((s) => s.analyte === analyte);
        const { unit, power } = own[pick % own.length] as (typeof own)[number];
        const value = new Decimal(cut).times(new Decimal(1).plus(new Decimal(off).div(1_000_000)));
        const range = deriveValueRange(mapMeasured(analyte, convertToSent(value, power), unit), false);
        for (const op of operatorSchema.options)
          expect(compareToThreshold(range, op, new Decimal(cut))).toBe(
            decideTruth(value, op, new Decimal(cut)),
          );
      }),
      { numRuns: 300, seed: 20260302 },
    );
  });

  test('haemoglobin in mmol/L lies on the side on which its exact product lies', () => {
    const cuts = thresholds.filter((t) => t.analyte === 'hemoglobin').map((t) => t.cut);
    fc.assert(
      fc.property(fc.constantFrom(...cuts), fc.integer({ min: 100, max: 1100 }), (cut, hundredths) => {
        const sent = new Decimal(hundredths).div(100);
        const range = deriveValueRange(mapMeasured('hemoglobin', sent.toFixed(), 'mmol/L'), false);
        for (const op of operatorSchema.options)
          expect(compareToThreshold(range, op, new Decimal(cut))).toBe(
            decideTruth(sent.times('16.1145'), op, new Decimal(cut)),
          );
      }),
      { numRuns: 200, seed: 20260302 },
    );
  });
});
