import { describe, expect, test } from '@jest/globals';
import { isShowableTerm, isShowableUnit } from '../../src/mapping/showable-text.ts';
import { createUnmappedUnitNeed } from '../../src/mapping/work-item-texts.ts';

describe('a unit that is shown', () => {
  test.each([
    ...[
      '1000/mm3',
      'x1000/mm3',
      'X 1000/mm3',
      '10^3/mm3',
      '1000/uL',
      '1,000/uL',
      '10000/µL',
      '×10⁹/L',
      '100000/cumm',
    ],
    ...[
      '10*12/L',
      '10E+12/l',
      'x10(3)/uL',
      '10 exp 9/L',
      'Kilo/uL',
      'mL/min/1.73m2',
      '%',
      '万/μL',
      'mm3',
      '1000000/kg',
    ],
    ...['10^3 cells per cubic millimetre', 'thousand per cubic millimetre', '1000 cells/mm3'],
  ])('%s', (unit) => {
    expect(isShowableUnit(unit)).toBe(true);
    expect(
      createUnmappedUnitNeed('platelets', unit, 'Observation.valueQuantity.unit', '10*9/L'),
    ).toMatchObject({
      group: `platelets:${unit}`,
      about: { kind: 'unit', quantity: 'platelets', spelling: unit },
    });
  });
});

describe('a text in the place of a unit that is not shown', () => {
  test.each([
    ...['MRN 4711', 'MRN10000', '12345678', 'A1000234', '2026-01-06', '06/01/2026', '6.1.26', '06-01-26'],
    ...['031 555 12 34', '+41 31 555 12 34', '10001', '10003/uL', '1000 2345', 'x1000 4711', '10*9 4711'],
    ...[
      'see the letter of the other hospital',
      'result telephoned to the ward at noon by the laboratory/night shift',
    ],
  ])('%s', (unit) => {
    expect(isShowableUnit(unit)).toBe(false);
    const need = createUnmappedUnitNeed('platelets', unit, 'Observation.valueQuantity.unit', '10*9/L');
    expect(need.about).toBeUndefined();
    expect(JSON.stringify(need)).not.toContain(unit);
  });
});

describe('a term that is shown', () => {
  test.each([
    ...[
      'fatal',
      'Grade 4',
      'CTCAE 4.03 grade 3',
      'Serious: prolonged hospitalisation',
      'not recovered / not resolved',
    ],
    ...['lebensbedrohlich', '严重：延长住院时间', 'SAE', 'yes', '4', 'Résolu avec séquelles'],
  ])('%s', (text) => expect(isShowableTerm(text)).toBe(true));
});

describe('a text that may be about a person is not shown', () => {
  test.each([
    ...[
      'Patient died at home',
      'Mr. Smith recovered',
      'she is well',
      'resolved on 12.03.2026',
      '2026-03-12',
      'see 4711',
    ],
    ...[
      'tel 031 55 12',
      'li.wei@example.org',
      'https://ehr/p/1',
      '病人张三死亡',
      'resolved after two weeks of treatment at home',
    ],
    ...['A very long description of what happened then'],
  ])('%s', (text) => expect(isShowableTerm(text)).toBe(false));
});
