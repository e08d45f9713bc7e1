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

/**
 * Computes mean and sample standard deviation (n − 1), each with one decimal place. The mean of no values is null; so is
 * the deviation of fewer than two.
 */
function computeMeanAndDeviation(values: readonly number[]): {
  readonly mean: string | null;
  readonly deviation: string | null;
} {
  const n = values.length;
  if (n === 0) return { mean: null, deviation: null };
  const mean = values.reduce((sum, value) => sum.plus(value), new Decimal(0)).div(n);
  if (n === 1) return { mean: mean.toFixed(1), deviation: null };
  const squares = values.reduce((sum, value) => sum.plus(mean.minus(value).pow(2)), new Decimal(0));
  const deviation = squares.div(n - 1).sqrt();
  return { mean: mean.toFixed(1), deviation: deviation.toFixed(1) };
}

const formatNotAnalyzed = (missing: number, reason: string): string | null =>
  missing === 0 ? null : `${missing} participants are not analysed: ${reason}`;

function explainMissingFigure(mean: string | null, deviation: string | null): string | null {
  if (mean === null) return 'No birth date was sent';
  return deviation === null ? 'One participant only' : null;
}

function buildAgeMeasure(participants: readonly Participant[]): BaselineMeasure {
  const ages = participants.flatMap(({ age }) => (age ? [age] : []));
  const selectAge: EvidenceSelector = ({ age }) => age?.evidence ?? null;
  const { mean, deviation } = computeMeanAndDeviation(ages.map(({ years }) => years));
  const inexact = ages.filter(({ isExact }) => !isExact).length;
  const inexactNote =
    inexact > 0 ? `; for ${inexact} with a partial birth date the lower of two possible ages` : '';
  const entry = {
    ...buildSingleEntry(
      null,
      buildFigureCell(mean, participants, selectAge),
      buildFigureCell(deviation, participants, selectAge),
    ),
    comment: explainMissingFigure(mean, deviation),
  };
  return {
    title: 'Age, Continuous',
    studySpecific: false,
    description: `Completed years at enrolment${inexactNote}`,
    population: formatNotAnalyzed(participants.length - ages.length, 'no birth date was sent'),
    parameter: 'Mean',
    dispersion: 'Standard Deviation',
    unit: 'years',
    percentages: false,
    analyzed: [{ group: BASELINE_GROUP_ID, cell: buildCountCell(participants, selectAge) }],
    rows: [{ title: null, values: [{ group: BASELINE_GROUP_ID, entries: [entry] }] }],
  };
}

function buildSexMeasure(participants: readonly Participant[]): BaselineMeasure {
  const selectBySex =
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
      ['Female', selectBySex('Female')],
      ['Male', selectBySex('Male')],
    ],
  );
}

const SEVERITY_CATEGORIES = [
  ['VSAA', 'Very severe'],
  ['SAA', 'Severe'],
  ['NSAA', 'Non-severe'],
  ['unknown', 'Not assessable'],
] as const;

function buildSeverityMeasure(participants: readonly Participant[], criteriaSet: string): BaselineMeasure {
  return buildCountMeasure(
    {
      title: 'Disease severity',
      studySpecific: true,
      description: `By the criteria set ${criteriaSet}, on the counts before the first infusion`,
      population: null,
    },
    participants,
    SEVERITY_CATEGORIES.map(([severity, title]) => [
      title,
      (participant) => (participant.severity === severity ? participant.severityEvidence : null),
    ]),
  );
}

/** The input of the baseline in addition to the participants. */
export interface BaselineContext {
  /** Id of the criteria set by which severity is classified. */
  readonly severityCriteria: string;
  readonly arm: Omit<ReportingGroup, 'id'>;
  /** The registry's name of each country, by its ISO 3166-1 alpha-3 code. */
  readonly regions: Readonly<Record<string, string>>;
  readonly required: RequiredFields;
}

/**
 * Builds the baseline characteristics of all enrolled subjects: age, sex, race, ethnicity, region and, as a measure of
 * the study's own, disease severity. Subjects without a known age or sex are left out of that measure, whose population
 * text states how many.
 */
export function buildBaseline(
  participants: readonly Participant[],
  { severityCriteria, arm, regions, required }: BaselineContext,
): BaselineCharacteristics {
  return {
    population: 'All enrolled subjects',
    groups: [{ id: BASELINE_GROUP_ID, ...arm }],
    total: null,
    participants: [{ group: BASELINE_GROUP_ID, cell: buildCountCell(participants, selectEnrolled) }],
    measures: [
      buildAgeMeasure(participants),
      buildSexMeasure(participants),
      ...buildRaceAndRegionMeasures(participants, regions, required),
      buildSeverityMeasure(participants, severityCriteria),
    ],
  };
}
