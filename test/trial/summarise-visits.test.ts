import { expect, test } from '@jest/globals';
import { addDays } from '../../src/trial/calendar-days.ts';
import { summariseVisits, type VisitSummary } from '../../src/trial/summarise-visits.ts';
import { DAY_ZERO, readBundledCriteria, readBundledProtocol, type Vignette } from './vignette.ts';
import { assessVignette } from './vignette-answers.ts';

const rules = { protocol: readBundledProtocol(), criteria: readBundledCriteria() };
const RESPONSE = { anc: '1.0', hb: '95', plt: '60', ret: '80' };
const NO_RESPONSE = { anc: '0.3', hb: '72', plt: '9', ret: '20' };

function summariseVignetteVisit(v: Partial<Vignette>, visit: string): VisitSummary {
  const whole: Vignette = { name: '-', follows: '-', today: 500, expect: {}, ...v };
  const found = summariseVisits(assessVignette(rules, whole).assessments, DAY_ZERO).find(
    (summary) => summary.visit === visit,
  );
  if (found === undefined) throw new Error(`there is no ${visit}`);
  return found;
}

const toDay = (day: number): string => addDays(DAY_ZERO, day);

test('one line a visit, in the order of the protocol', () => {
  const whole: Vignette = { name: '-', follows: '-', today: 500, expect: {}, counts: [[91, RESPONSE]] };
  const visits = summariseVisits(assessVignette(rules, whole).assessments, DAY_ZERO);
  expect(visits.map(({ visit }) => visit)).toEqual(['W2', 'M1', 'M2', 'M3', 'M6', 'M9', 'M12']);
});

test('names target, window, the day used, the counts, and the count that confirms', () => {
  const summary = summariseVignetteVisit(
    {
      counts: [
        [84, RESPONSE],
        [130, RESPONSE],
      ],
    },
    'M3',
  );
  expect(summary).toMatchObject({
    class: 'PR',
    status: 'final',
    studyDay: 84,
    confirmedBy: toDay(130),
    deniedBy: null,
    counts: {
      target: toDay(91),
      window: [toDay(77), toDay(112)],
      days: [toDay(84)],
      chosenBy: 'complete-day',
      nearerDays: [],
    },
  });
  expect(summary.counts?.values).toEqual([
    { analyte: 'anc', value: '1.0', day: toDay(84), reading: 'as-measured' },
    { analyte: 'hemoglobin', value: '95', day: toDay(84), reading: 'as-measured' },
    { analyte: 'platelets', value: '60', day: toDay(84), reading: 'as-measured' },
    { analyte: 'reticulocytes', value: '80', day: toDay(84), reading: 'as-measured' },
  ]);
});

test('a nearer day that lacks a line is named, with the complete day that was used in its place', () => {
  const { counts } = summariseVignetteVisit(
    {
      counts: [
        [84, RESPONSE],
        [90, { plt: '9' }],
      ],
    },
    'M3',
  );
  expect(counts).toMatchObject({ chosenBy: 'complete-day', days: [toDay(84)], nearerDays: [toDay(90)] });
});

test('without a complete day each count is the nearest by itself, with its own day', () => {
  const { counts } = summariseVignetteVisit(
    {
      counts: [
        [84, { anc: '1.0', hb: '95' }],
        [90, { plt: '9' }],
      ],
    },
    'M3',
  );
  expect(counts).toMatchObject({ chosenBy: 'nearest-day', days: [toDay(84), toDay(90)] });
  expect(counts?.values.map(({ analyte, day }) => [analyte, day])).toEqual([
    ['anc', toDay(84)],
    ['hemoglobin', toDay(84)],
    ['platelets', toDay(90)],
  ]);
});

test('a count that a transfusion can have raised is an upper limit', () => {
  const { counts } = summariseVignetteVisit(
    { counts: [[91, RESPONSE]], transfusions: [[90, 'platelets', '1']] },
    'M3',
  );
  expect(counts?.values.find(({ analyte }) => analyte === 'platelets')?.reading).toBe('upper-limit');
});

test('a missed visit has no count', () => {
  const summary = summariseVignetteVisit({ counts: [[130, RESPONSE]] }, 'M3');
  expect(summary).toMatchObject({
    class: 'NE',
    studyDay: null,
    clauses: [],
    reasonCode: 'no-count-in-window',
  });
  expect(summary.counts).toMatchObject({ chosenBy: null, days: [], values: [] });
});

test('a response that a later count denies names that count', () => {
  const summary = summariseVignetteVisit(
    {
      counts: [
        [91, RESPONSE],
        [100, NO_RESPONSE],
      ],
    },
    'M3',
  );
  expect(summary).toMatchObject({ reasonCode: 'not-confirmed', confirmedBy: null, deniedBy: toDay(100) });
});

test('of any one of several clauses those that are met are named, and no other', () => {
  const counts: Vignette['counts'] = [
    [91, { anc: '0.8', hb: '82', plt: '60', ret: '70' }],
    [130, { anc: '0.8', hb: '82', plt: '60', ret: '70' }],
  ];
  const { clauses } = summariseVignetteVisit({ baseline: 'NSAA', counts }, 'M3');
  expect(clauses.length).toBe(1);
  expect(clauses[0]).toMatch(/platelets >= 2 × baseline$/);
});

test('no response names the parts that are not met, and an open class those that cannot be determined', () => {
  const failed = summariseVignetteVisit({ counts: [[91, NO_RESPONSE]] }, 'M3');
  expect(failed.clauses.length).toBe(1);
  const open = summariseVignetteVisit({ counts: [[91, { anc: '0.3', hb: '95', ret: '80' }]] }, 'M3');
  expect(open).toMatchObject({ class: 'NE' });
  expect(open.clauses.length).toBeGreaterThan(0);
});
