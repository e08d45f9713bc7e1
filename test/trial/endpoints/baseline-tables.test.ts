import { describe, expect, test } from '@jest/globals';
import { buildBaselineTable } from '../../../src/trial/endpoints/baseline/baseline-table.ts';
import { buildExposureTable } from '../../../src/trial/endpoints/baseline/exposure-table.ts';
import { buildTransfusionTable } from '../../../src/trial/endpoints/baseline/transfusion-table.ts';
import { buildEventTable } from '../../../src/trial/endpoints/safety/event-table.ts';
import { listAgeGroups } from '../../../src/trial/endpoints/subject/baseline-figures.ts';
import { buildEventFact, deriveCase, FAILURE, RESPONSE, SMALL_STUDY, STUDY_PROTOCOL } from './small-study.ts';

describe('the baseline', () => {
  const table = buildBaselineTable(SMALL_STUDY, STUDY_PROTOCOL);

  test('is of the treated, and says whose value is missing', () => {
    expect(table.of).toBe(6);
    expect(table.bloodCounts.platelets).toMatchObject({ n: 5, median: 10, counts: { missing: 1 } });
    expect(table.age).toMatchObject({ n: 5, median: 43 });
    expect(table.sex.counts).toMatchObject({ female: 1, male: 5 });
    expect(table.severity.counts).toMatchObject({ VSAA: 1, unknown: 1 });
    expect(table.previousTreatment.counts).toEqual({ atg: 1 });
  });

  test('age groups are named by their first and last age', () => {
    expect(listAgeGroups([18, 40, 60])).toEqual(['0-17', '18-39', '40-59', '60+']);
    expect(table.ageGroups.counts).toEqual({ '0-17': 0, '18-39': 0, '40-59': 5, '60+': 0, unknown: 1 });
  });

  test.each<[string, NonNullable<Parameters<typeof deriveCase>[1]['transfusions']>, string]>([
    ['none: the record begins ten days before', [], 'unknown'],
    ['two units within 28 days', [[-20, 'red-cells', '2']], 'true'],
    [
      'one unit, and the record began earlier',
      [
        [-40, 'red-cells', '5'],
        [-20, 'red-cells', '1'],
      ],
      'false',
    ],
    [
      'at least one unit',
      [
        [-40, 'platelets'],
        [-20, 'red-cells'],
      ],
      'unknown',
    ],
    [
      'units of a product that is not named',
      [
        [-40, 'platelets'],
        [-20, 'any', '3'],
      ],
      'unknown',
    ],
    [
      'on day 0',
      [
        [-40, 'platelets'],
        [0, 'red-cells', '3'],
      ],
      'false',
    ],
  ])('dependence on red cells, %s', (_name, transfusions, expected) => {
    expect(deriveCase('X', { transfusions }).baseline?.dependent['red-cells']).toBe(expected);
  });

  test('a limit of the laboratory is counted as one', () => {
    const limited = deriveCase('X', { counts: [[-3, { plt: '<5' }]] });
    const { platelets } = buildBaselineTable([limited], STUDY_PROTOCOL).bloodCounts;
    expect(platelets).toMatchObject({ n: 1, median: 5, counts: { atLimit: 1 } });
  });
});

describe('exposure', () => {
  test('as planned the intensity is 1; a late or missing infusion lowers it', () => {
    const listIntensities = (infusions: readonly (readonly [number, string?])[]) =>
      deriveCase('X', { infusions }).exposure?.intensity;
    expect(listIntensities([[0], [7], [14], [21]])).toBe(1);
    expect(listIntensities([[0], [7], [14]])).toBe(0.75);
    // Given over 31 days in place of 28.
    expect(listIntensities([[0], [7], [14], [24]])).toBeCloseTo(28 / 31, 10);
    expect(deriveCase('X', { infusions: [[0, 'none'], [7]] }).exposure).toMatchObject({
      ...{ intensity: null, cumulative: null, unknownDoses: 1, doses: [1.5] },
    });
  });

  test('infusions after the first course are its continuation', () => {
    const continued = deriveCase('C', { infusions: [[0], [7], [14], [21], [42], [49]] });
    expect(buildExposureTable([continued, ...SMALL_STUDY], STUDY_PROTOCOL)).toMatchObject({
      of: 7,
      firstCourse: { counts: { 2: 1, 4: 6 } },
      continuation: { count: 1, of: 7, infusions: { n: 1, median: 2 } },
      events: { infusions: 6 + 5 * 4 + 2 },
      cumulativeDose: { n: 7, max: 9 },
    });
  });
});

describe('adverse events', () => {
  const events = [
    buildEventFact('E', 'Fever', -5, { grade: 1 }),
    buildEventFact('E', 'Fever', 3, { grade: 2, causality: 'possible' }),
    buildEventFact('E', 'fever ', 4, { grade: 3, causality: 'unlikely', serious: true }),
    // The last infusion is on day 21: treatment-emergent to day 51.
    buildEventFact('E', 'Rash', 51),
    buildEventFact('E', 'Rash', 52, { causality: 'not-related' }),
    buildEventFact('E', 'Cough', '40/70'),
  ];
  const untreated = deriveCase('U', {
    infusions: [],
    events: [buildEventFact('U', 'Fever', 3, { grade: 4 })],
  });
  const table = buildEventTable(
    [deriveCase('E', { counts: [[30, FAILURE]], events }), untreated],
    STUDY_PROTOCOL,
  );
  const fever = table.terms.find(({ key }) => key === 'fever');

  test('one before the first infusion, or without one, is not treatment-emergent', () => {
    expect(fever?.periods.before).toMatchObject({
      counts: { subjects: 2 },
      byGrade: { counts: { 1: 1, 4: 1 } },
    });
    expect(fever?.periods.emergent).toMatchObject({ counts: { subjects: 1 }, events: { all: 2 } });
  });

  test('a subject counts once, with the worst grade, and with the worst of the related', () => {
    expect(fever?.periods.emergent).toMatchObject({
      counts: { serious: 1, related: 1 },
      byGrade: { counts: { 2: 0, 3: 1 } },
      relatedByGrade: { counts: { 2: 1, 3: 0 } },
    });
  });

  test('the window ends a stated number of days after the last infusion; an open date is in none', () => {
    const rash = table.terms.find(({ key }) => key === 'rash');
    expect(rash?.periods.emergent).toMatchObject({ counts: { related: 0, relationUnknown: 1 } });
    expect(rash?.periods.later).toMatchObject({ counts: { related: 0, relationUnknown: 0 } });
    expect(Object.keys(table.terms.find(({ key }) => key === 'cough')?.periods ?? {})).toEqual([
      'undetermined',
    ]);
  });

  test('any event is one for each subject and period', () => {
    expect(table.any.emergent).toMatchObject({ counts: { subjects: 1, serious: 1 }, events: { all: 3 } });
    expect(table.of).toEqual({ enrolled: { count: 2 }, treated: { count: 1 } });
  });

  test('deaths are placed by their day', () => {
    const died = [40, 60].map((death) => deriveCase(`D${death}`, { death }));
    expect(buildEventTable(died, STUDY_PROTOCOL).deaths.counts).toMatchObject({ emergent: 1, later: 1 });
  });
});

describe('transfusions', () => {
  const findPeriod = (v: Parameters<typeof deriveCase>[1], name: string) =>
    buildTransfusionTable([deriveCase('X', v)], STUDY_PROTOCOL).periods.find(
      (period) => period.name === name,
    );

  test('one without a number of units is at least one', () => {
    const given = findPeriod(
      {
        counts: [[30, FAILURE]],
        transfusions: [
          [-30, 'platelets'],
          [2, 'red-cells', '2'],
          [5, 'red-cells'],
        ],
      },
      '0..27',
    );
    expect(given).toMatchObject({
      of: 1,
      components: {
        'red-cells': { events: { transfusions: 2, atLeastUnits: 3, withoutUnits: 1 }, meanUnits: 3 },
        platelets: { counts: { transfused: 0 }, meanUnits: 0 },
      },
    });
  });

  test('a period that was not observed as a whole has nobody', () => {
    // The record begins ten days before the first infusion, and ends with the count of day 30.
    const v = { counts: [[30, FAILURE] as const] };
    expect(findPeriod(v, '-28..-1')).toMatchObject({ of: 0, components: { platelets: { meanUnits: null } } });
    expect(findPeriod(v, '0..27')?.of).toBe(1);
    expect(findPeriod(v, '28..55')?.of).toBe(0);
  });

  test('a date that leaves two periods open is in none, and counted', () => {
    const v = { counts: [[60, FAILURE] as const], transfusions: [['20/40', 'red-cells'] as const] };
    const table = buildTransfusionTable([deriveCase('X', v)], STUDY_PROTOCOL);
    expect(table.events.unplaced).toBe(1);
    expect(table.periods.every(({ components }) => components['red-cells'].events.transfusions === 0)).toBe(
      true,
    );
  });
});

describe('the best change of a count', () => {
  test('is of unconfounded counts after the first infusion', () => {
    const changed = deriveCase('X', {
      counts: [
        [30, { ...FAILURE, plt: '12' }],
        [91, { ...RESPONSE, plt: '40' }],
        [183, { plt: '40' }],
        [200, { plt: '90' }],
      ],
      transfusions: [[199, 'platelets']],
    }).changes.find(({ analyte }) => analyte === 'platelets');
    expect(changed).toEqual({
      analyte: 'platelets',
      baseline: 10,
      best: 40,
      change: 30,
      percent: 300,
      day: 91,
    });
  });

  test('is negative where none rose, and absent without a baseline', () => {
    const fallen = deriveCase('X', { counts: [[30, { plt: '4' }]] }).changes;
    expect(fallen).toMatchObject([{ analyte: 'platelets', change: -6 }]);
    expect(deriveCase('X', { baseline: 'none', counts: [[30, FAILURE]] }).changes).toEqual([]);
  });
});
