import {
  category,
  corrected,
  counts,
  event,
  infusion,
  medication,
  type Patient,
  person,
  redCells,
  type Sent,
  weight,
  withdrawal,
} from './chart.ts';

/**
 * The study behind the golden files: five invented patients of two hospitals in two time zones, as their EHRs send them.
 * Small on purpose: whoever changes an export reads the difference.
 */

/** One hospital: where it is, whom it enrolled, and what it sends. */
export interface GoldenSite {
  readonly site: string;
  readonly timeZone: string;
  readonly country: string;
  readonly enrolled: readonly { readonly subject: string; readonly patient: string; readonly on: string }[];
  readonly sends: readonly Sent[];
}

const EAST = {
  units: { counts: '10*9/L', haemoglobin: ['59260-0', 'mmol/L'] },
  offset: () => '+08:00',
} as const;

/** New York: summer time from 14 March to 7 November 2021. */
const WEST = {
  units: { counts: '10*3/uL', haemoglobin: ['718-7', 'g/dL'] },
  offset: (day: string) => (day >= '2021-03-14' && day < '2021-11-07' ? '-04:00' : '-05:00'),
} as const;

const complete: Patient = { id: 'e1', ...EAST };
const partial: Patient = { id: 'e2', ...EAST };
const withdrawn: Patient = { id: 'e3', ...EAST };
const none: Patient = { id: 'w1', ...WEST };
const dead: Patient = { id: 'w2', ...WEST };

const first = counts(partial, 2, '2021-04-07', ['0.91', '5.90', '14', '31']);

/** G-1: a complete response, confirmed; filgrastim before, a mild event with a partial date, both figures of race. */
const COMPLETE: readonly Sent[] = [
  person(complete, {
    gender: 'female',
    birthDate: '1988-06-30',
    extension: [category('race', '2028-9'), category('ethnicity', '2186-5')],
  }),
  weight(complete, '2021-02-25', '54.50'),
  medication(complete, '68442', 'filgrastim', { start: '2021-01-10', end: '2021-01-20' }),
  ...counts(complete, 0, '2021-02-25', ['0.31', '4.10', '9', '12.5']),
  ...['2021-03-02', '2021-03-09', '2021-03-16', '2021-03-23'].map((day, n) =>
    infusion(complete, n, day, '1.50'),
  ),
  ...counts(complete, 1, '2021-04-01', ['2.40', '7.90', '162', '85']),
  ...counts(complete, 2, '2021-06-01', ['2.85', '8.20', '171', null]),
  event(complete, 'Headache', '2021-03', false),
];

/** G-2: a partial response that stands on a corrected platelet count, red cells before, more than one race. */
const PARTIAL: readonly Sent[] = [
  person(partial, { gender: 'male', birthDate: '1975', extension: [category('race', '2106-3', '2028-9')] }),
  ...counts(partial, 0, '2021-03-01', ['0.42', '4.03', '11', '18']),
  redCells(partial, '2021-02-20'),
  ...['2021-03-08', '2021-03-15', '2021-03-22', '2021-03-29'].map((day, n) =>
    infusion(partial, n, day, '1.2'),
  ),
  ...first,
  ...first.filter(({ id }) => id.includes('777-3')).map((result) => corrected(result, '34')),
  ...counts(partial, 3, '2021-06-07', ['0.95', '6.01', '36', '40']),
];

/** G-3: no response; the third infusion was missed, platelets below what can be counted, the last sample near midnight. */
const NONE: readonly Sent[] = [
  person(none, { gender: 'male', birthDate: '1969-11-02', extension: [category('race')] }),
  ...counts(none, 0, '2021-03-01', ['0.12', '7.1', '<5', '9']),
  infusion(none, 0, '2021-03-05', '1.0'),
  infusion(none, 1, '2021-03-12', '1.0'),
  infusion(none, 2, '2021-03-19', null),
  infusion(none, 3, '2021-03-26', '2.6'),
  ...counts(none, 1, '2021-04-05T23:30:00-04:00', ['0.15', '7.4', '<5', '11']),
  event(none, 'Fever', '2021-03-06', false, { outcome: { coding: [OUTCOME('resolved')] } }),
];

/** G-4: a death in the second month, of an infection that was a serious event. */
const DEAD: readonly Sent[] = [
  person(dead, { gender: 'female', birthDate: '1991-01-09', deceasedDateTime: '2021-04-20' }),
  ...counts(dead, 0, '2021-03-01', ['0.08', '6.8', '7', null]),
  infusion(dead, 0, '2021-03-10', '1.8'),
  infusion(dead, 1, '2021-03-17', '1.8'),
  event(dead, 'Sepsis', '2021-04-18', true, { outcome: { coding: [OUTCOME('fatal')] } }),
];

/** G-5: withdrew after one infusion. */
const WITHDRAWN: readonly Sent[] = [
  person(withdrawn, { gender: 'other', birthDate: '1980-04' }),
  ...counts(withdrawn, 0, '2021-03-01', ['0.40', '4.22', '16', '20']),
  infusion(withdrawn, 0, '2021-03-03', '1.1'),
];

function OUTCOME(code: string) {
  return { system: 'http://terminology.hl7.org/CodeSystem/adverse-event-outcome', code };
}

export const SITES: readonly GoldenSite[] = [
  {
    site: 'east',
    timeZone: 'Asia/Shanghai',
    country: 'CHN',
    enrolled: [
      { subject: 'G-1', patient: 'Patient/e1', on: '2021-02-24' },
      { subject: 'G-2', patient: 'Patient/e2', on: '2021-02-26' },
      { subject: 'G-5', patient: 'Patient/e3', on: '2021-02-28' },
    ],
    sends: [...COMPLETE, ...PARTIAL, ...WITHDRAWN],
  },
  {
    site: 'west',
    timeZone: 'America/New_York',
    country: 'USA',
    enrolled: [
      { subject: 'G-3', patient: 'Patient/w1', on: '2021-02-27' },
      { subject: 'G-4', patient: 'Patient/w2', on: '2021-02-27' },
    ],
    sends: [...NONE, ...DEAD],
  },
];

/** Comes last whatever the order: what is sent of him afterwards is not taken any more. */
export const LAST: Pick<GoldenSite, 'site' | 'sends'> = {
  site: 'east',
  sends: [withdrawal(withdrawn, 'G-5')],
};
