import { Decimal } from 'decimal.js';
import { BASELINE_GROUP_ID, buildCountMeasure, buildSingleEntry } from './count-measure.ts';
import type { Participant } from './participant.ts';
import { buildRaceAndRegionMeasures } from './race-and-region-measures.ts';
import type { RequiredFields } from './required-fields.ts';
import { buildCountCell, buildFigureCell, selectEnrolled } from './result-cells.ts';
import type {
  BaselineCharacteristics,
  BaselineMeasure,
  EvidenceSelector,
  ReportingGroup,
} from './results-model.ts';

/** Mean and sample standard deviation with one decimal place; null of nothing (and of one for the deviation). */
export function computeMeanAndDeviation(values: readonly number[]): {
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

const formatNotAnalyzed = (missing: number, why: string): string | null =>
  missing === 0 ? null : `${missing} participants are not analysed: ${why}`;

function buildAgeMeasure(participants: readonly Participant[]): BaselineMeasure {
  const known = participants.flatMap(({ age }) => (age ? [age] : []));
  const from: EvidenceSelector = ({ age }) => age?.evidence ?? null;
  const { mean, deviation } = computeMeanAndDeviation(known.map(({ years }) => years));
  const unsure = known.filter(({ isExact: sure }) => !sure).length;
  const partial = `; for ${unsure} with a partial birth date the lower of two possible ages`;
  const none = mean === null ? 'No birth date was sent' : deviation === null ? 'One participant only' : null;
  const entry = {
    ...buildSingleEntry(
      null,
      buildFigureCell(mean, participants, from),
      buildFigureCell(deviation, participants, from),
    ),
    comment: none,
  };
  return {
    title: 'Age, Continuous',
    studySpecific: false,
    description: `Completed years at enrolment${unsure > 0 ? partial : ''}`,
    population: formatNotAnalyzed(participants.length - known.length, 'no birth date was sent'),
    parameter: 'Mean',
    dispersion: 'Standard Deviation',
    unit: 'years',
    percentages: false,
    analyzed: [{ group: BASELINE_GROUP_ID, cell: buildCountCell(participants, from) }],
    rows: [{ title: null, values: [{ group: BASELINE_GROUP_ID, entries: [entry] }] }],
  };
}

function buildSexMeasure(participants: readonly Participant[]): BaselineMeasure {
  const of =
    (word: 'Female' | 'Male'): EvidenceSelector =>
    ({ sex }) =>
      sex?.word === word ? sex.from : null;
  const missing = participants.filter(({ sex }) => sex === null).length;
  return buildCountMeasure(
    {
      title: 'Sex: Female, Male',
      studySpecific: false,
      description: null,
      population: formatNotAnalyzed(missing, 'neither female nor male was sent, or both'),
    },
    participants,
    [
      ['Female', of('Female')],
      ['Male', of('Male')],
    ],
  );
}

const SEVERITY_CATEGORIES = [
  ['VSAA', 'Very severe'],
  ['SAA', 'Severe'],
  ['NSAA', 'Non-severe'],
  ['unknown', 'Not assessable'],
] as const;

function buildSeverityMeasure(participants: readonly Participant[], criteria: string): BaselineMeasure {
  return buildCountMeasure(
    {
      title: 'Disease severity',
      studySpecific: true,
      description: `By the criteria set ${criteria}, on the counts before the first infusion`,
      population: null,
    },
    participants,
    SEVERITY_CATEGORIES.map(([severity, name]) => [
      name,
      (one) => (one.severity === severity ? one.severityEvidence : null),
    ]),
  );
}

/** What the baseline needs besides the participants. */
export interface BaselineContext {
  readonly severityCriteria: string;
  readonly arm: Omit<ReportingGroup, 'id'>;
  /** What the registry calls each country, by its ISO 3166-1 alpha-3 code. */
  readonly regions: Readonly<Record<string, string>>;
  readonly required: RequiredFields;
}

/**
 * Baseline characteristics of all enrolled subjects: age, sex, race, ethnicity, region, and disease severity as the
 * study's own. Who lacks an age or a sex is left out of that measure, and it says so.
 */
export function buildBaseline(
  participants: readonly Participant[],
  parts: BaselineContext,
): BaselineCharacteristics {
  const { severityCriteria, arm, regions, required: wanted } = parts;
  return {
    population: 'All enrolled subjects',
    groups: [{ id: BASELINE_GROUP_ID, ...arm }],
    total: null,
    participants: [{ group: BASELINE_GROUP_ID, cell: buildCountCell(participants, selectEnrolled) }],
    measures: [
      buildAgeMeasure(participants),
      buildSexMeasure(participants),
      ...buildRaceAndRegionMeasures(participants, regions, wanted),
      buildSeverityMeasure(participants, severityCriteria),
    ],
  };
}
