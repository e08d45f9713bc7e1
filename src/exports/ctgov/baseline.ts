import { Decimal } from 'decimal.js';
import { countOf, enrolled, figureOf } from './cell.ts';
import type { Baseline, BaselineMeasure, Cell, Entry, Group, Whom } from './model.ts';
import type { Participant } from './participant.ts';

const BASE = 'BG000';

const single = (category: string | null, value: Cell, spread: Cell | null = null): Entry => ({
  category,
  value,
  spread,
  lower: null,
  upper: null,
  comment: null,
});

/** Mean and sample standard deviation with one decimal place; null of nothing (and of one for the deviation). */
export function meanAndDeviation(values: readonly number[]): {
  readonly mean: string | null;
  readonly deviation: string | null;
} {
  const n = values.length;
  if (n === 0) return { mean: null, deviation: null };
  const mean = values.reduce((sum, value) => sum.plus(value), new Decimal(0)).div(n);
  if (n === 1) return { mean: mean.toFixed(1), deviation: null };
  const squares = values.reduce((sum, value) => sum.plus(mean.minus(value).pow(2)), new Decimal(0));
  return {
    mean: mean.toFixed(1),
    deviation: squares
      .div(n - 1)
      .sqrt()
      .toFixed(1),
  };
}

const notAnalyzed = (missing: number, why: string): string | null =>
  missing === 0 ? null : `${missing} participants are not analysed: ${why}`;

function ageMeasure(participants: readonly Participant[]): BaselineMeasure {
  const known = participants.flatMap(({ age }) => (age ? [age] : []));
  const from: Whom = ({ age }) => age?.from ?? null;
  const { mean, deviation } = meanAndDeviation(known.map(({ years }) => years));
  const unsure = known.filter(({ sure }) => !sure).length;
  const partial = `; for ${unsure} with a partial birth date the lower of two possible ages`;
  const none = mean === null ? 'No birth date was sent' : deviation === null ? 'One participant only' : null;
  const entry = {
    ...single(null, figureOf(mean, participants, from), figureOf(deviation, participants, from)),
    comment: none,
  };
  return {
    title: 'Age, Continuous',
    studySpecific: false,
    description: `Completed years at enrolment${unsure > 0 ? partial : ''}`,
    population: notAnalyzed(participants.length - known.length, 'no birth date was sent'),
    parameter: 'Mean',
    dispersion: 'Standard Deviation',
    unit: 'years',
    percentages: false,
    analyzed: [{ group: BASE, cell: countOf(participants, from) }],
    rows: [{ title: null, values: [{ group: BASE, entries: [entry] }] }],
  };
}

/** A measure whose categories exclude each other. */
function countMeasure(
  head: Pick<BaselineMeasure, 'title' | 'studySpecific' | 'description' | 'population'>,
  participants: readonly Participant[],
  categories: readonly (readonly [name: string, from: Whom])[],
): BaselineMeasure {
  const any: Whom = (one) =>
    categories.reduce<ReturnType<Whom>>((found, [, from]) => found ?? from(one), null);
  return {
    ...head,
    parameter: 'Count of Participants',
    dispersion: 'Not Applicable',
    unit: 'Participants',
    percentages: true,
    analyzed: [{ group: BASE, cell: countOf(participants, any) }],
    rows: [
      {
        title: null,
        values: [
          {
            group: BASE,
            entries: categories.map(([name, from]) => single(name, countOf(participants, from))),
          },
        ],
      },
    ],
  };
}

function sexMeasure(participants: readonly Participant[]): BaselineMeasure {
  const of =
    (word: 'Female' | 'Male'): Whom =>
    ({ sex }) =>
      sex?.word === word ? sex.from : null;
  const missing = participants.filter(({ sex }) => sex === null).length;
  return countMeasure(
    {
      title: 'Sex: Female, Male',
      studySpecific: false,
      description: null,
      population: notAnalyzed(missing, 'neither female nor male was sent, or both'),
    },
    participants,
    [
      ['Female', of('Female')],
      ['Male', of('Male')],
    ],
  );
}

const SEVERITIES = [
  ['VSAA', 'Very severe'],
  ['SAA', 'Severe'],
  ['NSAA', 'Non-severe'],
  ['unknown', 'Not assessable'],
] as const;

function severityMeasure(participants: readonly Participant[], criteria: string): BaselineMeasure {
  return countMeasure(
    {
      title: 'Disease severity',
      studySpecific: true,
      description: `By the criteria set ${criteria}, on the counts before the first infusion`,
      population: null,
    },
    participants,
    SEVERITIES.map(([severity, name]) => [
      name,
      (one) => (one.severity === severity ? one.severityFrom : null),
    ]),
  );
}

/**
 * Baseline characteristics of all enrolled subjects: age, sex, and disease severity as the study's own. Race and
 * ethnicity are no facts of the trial and are not here. Who lacks a value is left out of that measure, and it says so.
 */
export function baselineOf(
  participants: readonly Participant[],
  severityCriteria: string,
  arm: Omit<Group, 'id'>,
): Baseline {
  return {
    population: 'All enrolled subjects',
    groups: [{ id: BASE, ...arm }],
    total: null,
    participants: [{ group: BASE, cell: countOf(participants, enrolled) }],
    measures: [
      ageMeasure(participants),
      sexMeasure(participants),
      severityMeasure(participants, severityCriteria),
    ],
  };
}
