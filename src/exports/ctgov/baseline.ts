import { Decimal } from 'decimal.js';
import { countOf, enrolled, figureOf } from './cell.ts';
import { BASE, countMeasure, single } from './count-measure.ts';
import type { Baseline, BaselineMeasure, Group, Whom } from './model.ts';
import { originMeasures } from './origin-measures.ts';
import type { Participant } from './participant.ts';
import type { Wanted } from './wanted.ts';

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

/** What the baseline needs besides the participants. */
export interface BaselineParts {
  readonly severityCriteria: string;
  readonly arm: Omit<Group, 'id'>;
  /** What the registry calls each country, by its ISO 3166-1 alpha-3 code. */
  readonly regions: Readonly<Record<string, string>>;
  readonly wanted: Wanted;
}

/**
 * Baseline characteristics of all enrolled subjects: age, sex, race, ethnicity, region, and disease severity as the
 * study's own. Who lacks an age or a sex is left out of that measure, and it says so.
 */
export function baselineOf(participants: readonly Participant[], parts: BaselineParts): Baseline {
  const { severityCriteria, arm, regions, wanted } = parts;
  return {
    population: 'All enrolled subjects',
    groups: [{ id: BASE, ...arm }],
    total: null,
    participants: [{ group: BASE, cell: countOf(participants, enrolled) }],
    measures: [
      ageMeasure(participants),
      sexMeasure(participants),
      ...originMeasures(participants, regions, wanted),
      severityMeasure(participants, severityCriteria),
    ],
  };
}
