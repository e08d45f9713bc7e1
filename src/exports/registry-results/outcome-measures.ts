import type { ResponseClass } from '../../trial/assessment.ts';
import type { Rate } from '../../trial/endpoints/study-report.ts';
import type { Lineage } from '../../trial/facts.ts';
import type { StudyInput } from '../export-format.ts';
import type { OutcomeFigure } from '../registry-vocabulary.ts';
import type { Participant } from './participant.ts';
import type { RegisteredOutcome } from './registered-outcomes.ts';
import { buildCountCell, buildFigureCell, selectEnrolled } from './result-cells.ts';
import type {
  Dispersion,
  EvidenceSelector,
  OutcomeAnalysis,
  OutcomeMeasure,
  ReportedEntry,
  ReportedMeasure,
  ReportingGroup,
  ResultCell,
} from './results-model.ts';

const OUTCOME_GROUP_ID = 'OG000';

/** The numbers of an outcome measure; its title, type and time frame are the registered ones. */
type OutcomeFigures = Omit<ReportedMeasure, 'title'> & { readonly analyses: readonly OutcomeAnalysis[] };

interface OutcomeContext {
  readonly input: StudyInput;
  readonly participants: readonly Participant[];
  /** Whether response rates are reported as one percentage with the interval as dispersion. */
  readonly asPercentage: boolean;
}

const buildEntry = (value: ResultCell, more: Partial<ReportedEntry> = {}): ReportedEntry => ({
  category: null,
  value,
  spread: null,
  lower: null,
  upper: null,
  comment: null,
  ...more,
});

const buildSingleRow = (entries: readonly ReportedEntry[]): ReportedMeasure['rows'] => [
  { title: null, values: [{ group: OUTCOME_GROUP_ID, entries }] },
];

const countAnalyzed = (
  { participants }: OutcomeContext,
  from: EvidenceSelector,
): ReportedMeasure['analyzed'] => [{ group: OUTCOME_GROUP_ID, cell: buildCountCell(participants, from) }];

/** The fields that all counts of participants share. The registry computes their percentages. */
const PARTICIPANT_COUNT = {
  parameter: 'Count of Participants',
  dispersion: 'Not Applicable',
  unit: 'Participants',
  percentages: true,
} as const;

/** PRS has dispersion types for these levels only. Returns null for another level, which is shown as an analysis. */
function toIntervalDispersion(percent: string): Dispersion | null {
  if (percent === '90') return '90% Confidence Interval';
  if (percent === '95') return '95% Confidence Interval';
  return percent === '99' ? '99% Confidence Interval' : null;
}

const formatOneDecimal = (value: number): string => value.toFixed(1);

/** Formats a number of days. A half day is printed as such: 19.5. */
const formatDays = (value: number | null): string | null => (value === null ? null : String(value));

function buildRateAnalysis(
  rate: Rate,
  percent: string,
  { participants }: OutcomeContext,
  selectCounted: EvidenceSelector,
): OutcomeAnalysis {
  // All enrolled subjects are in the denominator: those not counted contribute to the rate by their enrolment.
  const from: EvidenceSelector = (participant) => selectCounted(participant) ?? selectEnrolled(participant);
  const buildCell = (value: number): ResultCell =>
    buildFigureCell(formatOneDecimal(value), participants, from);
  return {
    groups: [OUTCOME_GROUP_ID],
    description: null,
    parameter: 'Response rate, percent of participants',
    value: buildCell(rate.percent),
    ciPercent: percent,
    lower: buildCell(rate.ci95[0]),
    upper: buildCell(rate.ci95[1]),
    comment: `Interval by the ${rate.method} method; no hypothesis was tested`,
  };
}

/** Selects participants by the class of their best response. */
const selectByBestResponse =
  (...classes: readonly ResponseClass[]): EvidenceSelector =>
  ({ bestResponse }) =>
    classes.includes(bestResponse.class) ? bestResponse.from : null;

/**
 * Builds the figures of a response rate: a count with the interval as an analysis, or a percentage with the interval as
 * dispersion.
 */
function buildRateFigures(
  context: OutcomeContext,
  rate: Rate,
  classes: readonly ResponseClass[],
): OutcomeFigures {
  const { report, protocol } = context.input;
  const from = selectByBestResponse(...classes);
  const analysis = buildRateAnalysis(rate, protocol.interval.percent, context, from);
  const base = {
    description: report.response.definition,
    population: 'All enrolled subjects; subjects who could not be evaluated count as non-responders',
    analyzed: countAnalyzed(context, selectEnrolled),
  };
  const interval = toIntervalDispersion(protocol.interval.percent);
  if (context.asPercentage && interval !== null) {
    const { value, lower, upper } = analysis;
    return {
      ...base,
      parameter: 'Number',
      dispersion: interval,
      unit: 'percentage of participants',
      percentages: false,
      rows: buildSingleRow([buildEntry(value, { lower, upper })]),
      analyses: [],
    };
  }
  return {
    ...base,
    ...PARTICIPANT_COUNT,
    rows: buildSingleRow([buildEntry(buildCountCell(context.participants, from))]),
    analyses: [analysis],
  };
}

const RESPONSE_CATEGORIES: readonly (readonly [ResponseClass, string])[] = [
  ['CR', 'Complete response'],
  ['PR', 'Partial response'],
  ['NR', 'No response'],
  ['NE', 'Not evaluable'],
];

function buildBestResponseFigures(context: OutcomeContext): OutcomeFigures {
  const { input, participants } = context;
  return {
    description: input.report.response.definition,
    population: 'All enrolled subjects',
    ...PARTICIPANT_COUNT,
    analyzed: countAnalyzed(context, selectEnrolled),
    rows: buildSingleRow(
      RESPONSE_CATEGORIES.map(([responseClass, category]) =>
        buildEntry(buildCountCell(participants, selectByBestResponse(responseClass)), { category }),
      ),
    ),
    analyses: [],
  };
}

function buildTimeToResponseFigures(context: OutcomeContext, lineage: Lineage): OutcomeFigures {
  const time = context.input.report.timeToResponseDays[lineage];
  const from: EvidenceSelector = ({ responseEvidence }) => responseEvidence[lineage] ?? null;
  const buildCell = (value: number | null): ResultCell =>
    buildFigureCell(formatDays(value), context.participants, from);
  const limits = { lower: buildCell(time.min), upper: buildCell(time.max) };
  const comment = time.median === null ? 'No participant responded in this lineage' : null;
  return {
    description: time.method,
    population: `Subjects with a response of the ${lineage} lineage`,
    parameter: 'Median',
    dispersion: 'Full Range',
    unit: 'days',
    percentages: false,
    analyzed: countAnalyzed(context, from),
    rows: buildSingleRow([buildEntry(buildCell(time.median), { ...limits, comment })]),
    analyses: [],
  };
}

function buildSurvivalFigures(context: OutcomeContext): OutcomeFigures {
  const { report, protocol } = context.input;
  const from: EvidenceSelector = ({ infusionEvidence, dispositionEvidence }) =>
    infusionEvidence && [...infusionEvidence, ...dispositionEvidence];
  const { survival } = report;
  const limits = survival?.ci95 ?? null;
  const buildCell = (value: number | undefined): ResultCell =>
    buildFigureCell(value === undefined ? null : formatOneDecimal(value), context.participants, from);
  const withoutLimits = limits === null ? 'Limits are not estimable' : null;
  const comment = survival === null ? 'No participant was infused' : withoutLimits;
  return {
    description: survival?.method ?? null,
    population: 'Subjects who were infused',
    parameter: 'Number',
    dispersion: toIntervalDispersion(protocol.interval.percent) ?? 'Not Applicable',
    unit: 'percentage of participants',
    percentages: false,
    analyzed: countAnalyzed(context, from),
    rows: buildSingleRow([
      buildEntry(buildCell(survival?.survival), {
        lower: buildCell(limits?.[0]),
        upper: buildCell(limits?.[1]),
        comment,
      }),
    ]),
    analyses: [],
  };
}

function buildAliveFigures(context: OutcomeContext): OutcomeFigures {
  const from: EvidenceSelector = ({ deathEvidence, dispositionEvidence }) =>
    deathEvidence === null ? dispositionEvidence : null;
  return {
    description: context.input.report.alive.method,
    population: 'All enrolled subjects',
    ...PARTICIPANT_COUNT,
    analyzed: countAnalyzed(context, selectEnrolled),
    rows: buildSingleRow([buildEntry(buildCountCell(context.participants, from))]),
    analyses: [],
  };
}

function buildOutcomeFigures(figure: OutcomeFigure, context: OutcomeContext): OutcomeFigures {
  const { response } = context.input.report;
  switch (figure) {
    case 'overall-response':
      return buildRateFigures(context, response.overall, ['CR', 'PR']);
    case 'complete-response':
      return buildRateFigures(context, response.complete, ['CR']);
    case 'partial-response':
      return buildRateFigures(context, response.partial, ['PR']);
    case 'best-response':
      return buildBestResponseFigures(context);
    case 'time-to-neutrophil':
      return buildTimeToResponseFigures(context, 'neutrophil');
    case 'time-to-erythroid':
      return buildTimeToResponseFigures(context, 'erythroid');
    case 'time-to-platelet':
      return buildTimeToResponseFigures(context, 'platelet');
    case 'survival-12-months':
      return buildSurvivalFigures(context);
    case 'alive':
      return buildAliveFigures(context);
  }
}

/** Builds an outcome measure for each registered outcome that the report has a figure for, in the registered order. */
export function buildOutcomeMeasures(
  participants: readonly Participant[],
  input: StudyInput,
  registeredOutcomes: readonly RegisteredOutcome[],
  { arm, asPercentage }: { readonly arm: Omit<ReportingGroup, 'id'>; readonly asPercentage: boolean },
): readonly OutcomeMeasure[] {
  const context = { input, participants, asPercentage };
  return registeredOutcomes.flatMap(({ figure, type, title, timeFrame, description }) => {
    if (figure === null) return [];
    const figures = buildOutcomeFigures(figure, context);
    const descriptions = [description, figures.description].filter((text) => text !== null);
    return [
      {
        ...figures,
        figure,
        title,
        type,
        timeFrame,
        description: descriptions.length === 0 ? null : descriptions.join('. '),
        groups: [{ id: OUTCOME_GROUP_ID, ...arm }],
      },
    ];
  });
}
