import {
  buildGoldenAdjudication,
  buildGoldenCounts,
  buildGoldenEvent,
  buildGoldenInfusion,
  buildGoldenMedication,
  buildGoldenPatient,
  buildGoldenTransfusion,
  buildGoldenWeight,
  buildGoldenWithdrawal,
  buildOwnConcept,
  buildUsCoreCategory,
  correctGoldenResult,
  type GoldenPatient,
  type GoldenResource,
} from './golden-resources.ts';

/**
 * The study behind the golden files: five invented patients of two hospitals in two time zones, as their EHRs send them.
 * It is small, so that the difference that a change makes can be read.
 */

/** One hospital: its site, its enrolled patients, and the resources that it sends. */
export interface GoldenSite {
  readonly site: string;
  readonly timeZone: string;
  readonly country: string;
  readonly enrolments: readonly { readonly subject: string; readonly patient: string; readonly on: string }[];
  readonly resources: readonly GoldenResource[];
}

const EAST_CONVENTIONS = {
  units: { counts: '10*9/L', haemoglobin: ['59260-0', 'mmol/L'] },
  offset: () => '+08:00',
} as const;

/** New York: summer time from 14 March to 7 November 2021. */
const WEST_CONVENTIONS = {
  units: { counts: '10*3/uL', haemoglobin: ['718-7', 'g/dL'] },
  offset: (day: string) => (day >= '2021-03-14' && day < '2021-11-07' ? '-04:00' : '-05:00'),
} as const;

const completeResponder: GoldenPatient = { id: 'e1', ...EAST_CONVENTIONS };
const partialResponder: GoldenPatient = { id: 'e2', ...EAST_CONVENTIONS };
const withdrawnPatient: GoldenPatient = { id: 'e3', ...EAST_CONVENTIONS };
const nonResponder: GoldenPatient = { id: 'w1', ...WEST_CONVENTIONS };
const deceasedPatient: GoldenPatient = { id: 'w2', ...WEST_CONVENTIONS };

const firstPartialCounts = buildGoldenCounts(partialResponder, 2, '2021-04-07', ['0.91', '5.90', '14', '31']);

/** G-1: a complete response, confirmed; filgrastim before, a mild event with a partial date, both figures of race. */
const COMPLETE_RESPONDER_SENDS: readonly GoldenResource[] = [
  buildGoldenPatient(completeResponder, {
    gender: 'female',
    birthDate: '1988-06-30',
    extension: [buildUsCoreCategory('race', '2028-9'), buildUsCoreCategory('ethnicity', '2186-5')],
  }),
  buildGoldenWeight(completeResponder, '2021-02-25', '54.50'),
  buildGoldenMedication(completeResponder, '68442', 'filgrastim', { start: '2021-01-10', end: '2021-01-20' }),
  ...buildGoldenCounts(completeResponder, 0, '2021-02-25', ['0.31', '4.10', '9', '12.5']),
  ...['2021-03-02', '2021-03-09', '2021-03-16', '2021-03-23'].map((day, n) =>
    buildGoldenInfusion(completeResponder, n, day, '1.50'),
  ),
  ...buildGoldenCounts(completeResponder, 1, '2021-04-01', ['2.40', '7.90', '162', '85']),
  ...buildGoldenCounts(completeResponder, 2, '2021-06-01', ['2.85', '8.20', '171', null]),
  buildGoldenEvent(completeResponder, 'Headache', '2021-03', false),
];

/** G-2: a partial response that depends on a corrected platelet count, red cells before, more than one race. */
const PARTIAL_RESPONDER_SENDS: readonly GoldenResource[] = [
  buildGoldenPatient(partialResponder, {
    gender: 'male',
    birthDate: '1975',
    extension: [buildUsCoreCategory('race', '2106-3', '2028-9')],
  }),
  ...buildGoldenCounts(partialResponder, 0, '2021-03-01', ['0.42', '4.03', '11', '18']),
  buildGoldenTransfusion(partialResponder, '2021-02-20'),
  ...['2021-03-08', '2021-03-15', '2021-03-22', '2021-03-29'].map((day, n) =>
    buildGoldenInfusion(partialResponder, n, day, '1.2'),
  ),
  ...firstPartialCounts,
  ...firstPartialCounts
    .filter(({ id }) => id.includes('777-3'))
    .map((result) => correctGoldenResult(result, '34')),
  ...buildGoldenCounts(partialResponder, 3, '2021-06-07', ['0.95', '6.01', '36', '40']),
  buildGoldenAdjudication(
    partialResponder,
    'investigator-response',
    '2021-06-10',
    {
      valueCodeableConcept: buildOwnConcept('response-class', 'NR'),
      note: [{ text: 'Platelets were given elsewhere.' }],
    },
    { visit: { valueString: 'M3' } },
  ),
];

/** G-3: no response; the third infusion was missed, platelets below what can be counted, the last sample near midnight. */
const NON_RESPONDER_SENDS: readonly GoldenResource[] = [
  buildGoldenPatient(nonResponder, {
    gender: 'male',
    birthDate: '1969-11-02',
    extension: [buildUsCoreCategory('race')],
  }),
  ...buildGoldenCounts(nonResponder, 0, '2021-03-01', ['0.12', '7.1', '<5', '9']),
  buildGoldenInfusion(nonResponder, 0, '2021-03-05', '1.0'),
  buildGoldenInfusion(nonResponder, 1, '2021-03-12', '1.0'),
  buildGoldenInfusion(nonResponder, 2, '2021-03-19', null),
  buildGoldenInfusion(nonResponder, 3, '2021-03-26', '2.6'),
  ...buildGoldenCounts(nonResponder, 1, '2021-04-05T23:30:00-04:00', ['0.15', '7.4', '<5', '11']),
  buildGoldenEvent(nonResponder, 'Fever', '2021-03-06', false, {
    outcome: { coding: [buildOutcomeCoding('resolved')] },
  }),
  buildGoldenAdjudication(
    nonResponder,
    'event-adjudication',
    '2021-03-08',
    { focus: [{ reference: 'AdverseEvent/w1-fever' }], note: [{ text: 'During influenza.' }] },
    {
      relation: { valueCodeableConcept: buildOwnConcept('adverse-event-causality', 'not-related') },
      grade: { valueInteger: 2 },
    },
  ),
];

/** G-4: a death in the second month, of an infection that was a serious event. */
const DECEASED_PATIENT_SENDS: readonly GoldenResource[] = [
  buildGoldenPatient(deceasedPatient, {
    gender: 'female',
    birthDate: '1991-01-09',
    deceasedDateTime: '2021-04-20',
  }),
  ...buildGoldenCounts(deceasedPatient, 0, '2021-03-01', ['0.08', '6.8', '7', null]),
  buildGoldenInfusion(deceasedPatient, 0, '2021-03-10', '1.8'),
  buildGoldenInfusion(deceasedPatient, 1, '2021-03-17', '1.8'),
  buildGoldenEvent(deceasedPatient, 'Sepsis', '2021-04-18', true, {
    outcome: { coding: [buildOutcomeCoding('fatal')] },
  }),
];

/** G-5: withdrew after one infusion. */
const WITHDRAWN_PATIENT_SENDS: readonly GoldenResource[] = [
  buildGoldenPatient(withdrawnPatient, { gender: 'other', birthDate: '1980-04' }),
  ...buildGoldenCounts(withdrawnPatient, 0, '2021-03-01', ['0.40', '4.22', '16', '20']),
  buildGoldenInfusion(withdrawnPatient, 0, '2021-03-03', '1.1'),
];

function buildOutcomeCoding(code: string) {
  return { system: 'http://terminology.hl7.org/CodeSystem/adverse-event-outcome', code };
}

export const GOLDEN_SITES: readonly GoldenSite[] = [
  {
    site: 'east',
    timeZone: 'Asia/Shanghai',
    country: 'CHN',
    enrolments: [
      { subject: 'G-1', patient: 'Patient/e1', on: '2021-02-24' },
      { subject: 'G-2', patient: 'Patient/e2', on: '2021-02-26' },
      { subject: 'G-5', patient: 'Patient/e3', on: '2021-02-28' },
    ],
    resources: [...COMPLETE_RESPONDER_SENDS, ...PARTIAL_RESPONDER_SENDS, ...WITHDRAWN_PATIENT_SENDS],
  },
  {
    site: 'west',
    timeZone: 'America/New_York',
    country: 'USA',
    enrolments: [
      { subject: 'G-3', patient: 'Patient/w1', on: '2021-02-27' },
      { subject: 'G-4', patient: 'Patient/w2', on: '2021-02-27' },
    ],
    resources: [...NON_RESPONDER_SENDS, ...DECEASED_PATIENT_SENDS],
  },
];

/** Comes last in every order, because later resources of a withdrawn subject are not accepted. */
export const GOLDEN_WITHDRAWAL: Pick<GoldenSite, 'site' | 'resources'> = {
  site: 'east',
  resources: [buildGoldenWithdrawal(withdrawnPatient, 'G-5')],
};
