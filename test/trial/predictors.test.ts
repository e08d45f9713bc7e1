import { expect, test } from '@jest/globals';
import { addDays } from '../../src/trial/calendar-days.ts';
import {
  analysePredictors,
  deriveInfusedSubject,
  type InfusedSubject,
} from '../../src/trial/endpoints/response-predictors.ts';
import type { Fact } from '../../src/trial/facts.ts';
import { buildVignetteFacts, DAY_ZERO, readBundledProtocol, type Vignette } from './vignette.ts';

const protocol = readBundledProtocol();

const WHOLE_VIGNETTE = { name: '-', follows: '-', today: 400, expect: {} };

function buildInfection(from: number, to: number | null): Fact {
  const on = (day: number) => {
    const text = addDays(DAY_ZERO, day);
    return { text, earliestDay: text, latestDay: text, instant: null };
  };
  const source = { site: 's', resourceType: 'Condition', id: 'c', version: '1', element: 'Condition.code' };
  return {
    kind: 'condition',
    key: `infection ${from}`,
    subject: 'T-1',
    at: on(from),
    sources: [source],
    condition: 'infection',
    active: to === null,
    abated: to === null ? null : on(to),
  };
}

/** Whether a subject with this infection was infected while the product was observed. */
function isInfectedDuringTreatment(from: number, to: number | null, v: Partial<Vignette> = {}): boolean {
  const facts = [...buildVignetteFacts({ ...WHOLE_VIGNETTE, ...v }), buildInfection(from, to)];
  const infused = { facts, dayZero: DAY_ZERO, isResponder: false, days: 400, died: false };
  return deriveInfusedSubject(infused, protocol, addDays(DAY_ZERO, 800)).hadInfection;
}

test.each<[string, number, number | null, Partial<Vignette>, boolean]>([
  ['over before the first infusion', -20, -1, {}, false],
  ['over on the day of the first infusion', -20, 0, {}, true],
  ['begun before and still there', -20, null, {}, true],
  ['begun on the last day of the first course', 28, 40, {}, true],
  ['begun the day after', 29, 40, {}, false],
  ['begun in the year after it, when responders have neutrophils', 395, 400, {}, false],
  ['begun after a transplant', 21, 30, { transplant: 20 }, false],
  ['begun before the transplant', 19, 30, { transplant: 20 }, true],
  ['begun during its conditioning', 18, 30, { drugs: [[15, 'atg']], transplant: 20 }, false],
  ['begun after new immunosuppression', 21, 30, { drugs: [[20, 'atg']] }, false],
])('an infection %s', (_name, from, to, given, expected) => {
  expect(isInfectedDuringTreatment(from, to, given)).toBe(expected);
});

test('a protocol without an infection period counts up to the end of its last window', () => {
  const open = { ...protocol, predictors: { ...protocol.predictors, infection: null } };
  const hadInfection = (from: number) => {
    const facts = [...buildVignetteFacts(WHOLE_VIGNETTE), buildInfection(from, from + 5)];
    const infused = { facts, dayZero: DAY_ZERO, isResponder: false, days: 400, died: false };
    return deriveInfusedSubject(infused, open, addDays(DAY_ZERO, 800)).hadInfection;
  };
  expect([395, 396].map(hadInfection)).toEqual([true, false]);
  expect(analysePredictors([], open).tables.map(({ days }) => days)).toEqual([null, [0, 395]]);
  expect(analysePredictors([], protocol).tables.map(({ days }) => days)).toEqual([null, [0, 28]]);
});

/** Whether a subject with these treatments had ATG before the first infusion: 1 or 0. */
function countPreviousAtg(v: Partial<Vignette>): number {
  const facts = buildVignetteFacts({ ...WHOLE_VIGNETTE, ...v });
  const infused = { facts, dayZero: DAY_ZERO, isResponder: false, days: 400, died: false };
  return Number(deriveInfusedSubject(infused, protocol, addDays(DAY_ZERO, 400)).hadPreviousAgent);
}

test.each<[string, Partial<Vignette>, number]>([
  ['ATG as a treatment', { drugs: [[-200, 'atg']] }, 1],
  ['ATG in a month before the first infusion', { drugs: [['-60/-30', 'atg']] }, 1],
  ['ATG in the month of the first infusion, before it or after', { drugs: [['-14/16', 'atg']] }, 0],
  ['ATG after the first infusion', { drugs: [[40, 'atg']] }, 0],
  ['ATG as the conditioning of a later transplant', { drugs: [[40, 'atg']], transplant: 45 }, 0],
  ['ATG as the conditioning of an earlier transplant', { drugs: [[-405, 'atg']], transplant: -400 }, 0],
  [
    'ATG as a treatment, then as conditioning',
    {
      drugs: [
        [-700, 'atg'],
        [-405, 'atg'],
      ],
      transplant: -400,
    },
    1,
  ],
  ['ATG as a treatment long before a transplant', { drugs: [[-415, 'atg']], transplant: -400 }, 1],
])('previous ATG: %s', (_name, given, expected) => {
  expect(countPreviousAtg(given)).toBe(expected);
});

test('a small probability is reported as it is, not as 0', () => {
  const group = (n: number, isResponder: boolean, hadPreviousAgent: boolean): readonly InfusedSubject[] =>
    Array.from({ length: n }, () => ({
      isResponder,
      hadPreviousAgent,
      hadInfection: false,
      days: 100,
      died: false,
    }));
  const all = [
    ...group(38, true, true),
    ...group(2, false, true),
    ...group(3, true, false),
    ...group(37, false, false),
  ];
  const [atg] = analysePredictors(all, protocol).tables;
  // R 4.2.2: fisher.test(matrix(c(38, 2, 3, 37), 2, byrow = TRUE))$p.value is 1.4754510127172e-16.
  expect((atg?.p ?? 0) / 1.4754510127172e-16).toBeCloseTo(1, 9);
});
