import type { ResponseClass } from '../../trial/assessment.ts';
import type { Rate, StudyReport } from '../../trial/endpoints/study-report.ts';
import type { TimeToResponse } from '../../trial/endpoints/time-summaries.ts';
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

/** What a figure says in numbers; titles, type and time frame are the registered ones. */
type OutcomeFigures = Omit<ReportedMeasure, 'title'> & { readonly analyses: readonly OutcomeAnalysis[] };

interface OutcomeContext {
  readonly input: StudyInput;
  readonly participants: readonly Participant[];
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

const countAllAnalyzed = ({ participants }: OutcomeContext): ReportedMeasure['analyzed'] => [
  { group: OUTCOME_GROUP_ID, cell: buildCountCell(participants, selectEnrolled) },
];

/** PRS has words for these levels only; another one is shown as an analysis. */
function toIntervalDispersion(percent: string): Dispersion | null {
  if (percent === '90') return '90% Confidence Interval';
  if (percent === '95') return '95% Confidence Interval';
  return percent === '99' ? '99% Confidence Interval' : null;
}

const formatOneDecimal = (value: number): string => value.toFixed(1);

function buildRateAnalysis(
  rate: Rate,
  percent: string,
  { participants }: OutcomeContext,
  counted: EvidenceSelector,
): OutcomeAnalysis {
  // A share is made of all: of who is counted by what says so, of the others by their enrolment.
  const from: EvidenceSelector = (one) => counted(one) ?? selectEnrolled(one);
  const cell = (value: number): ResultCell => buildFigureCell(formatOneDecimal(value), participants, from);
  return {
    groups: [OUTCOME_GROUP_ID],
    description: null,
    parameter: 'Response rate, percent of participants',
    value: cell(rate.percent),
    ciPercent: percent,
    lower: cell(rate.ci95[0]),
    upper: cell(rate.ci95[1]),
    comment: `Interval by the ${rate.method} method; no hypothesis was tested`,
  };
}

/** Subjects by their best response. */
const selectByBestResponse =
  (...classes: readonly ResponseClass[]): EvidenceSelector =>
  ({ bestResponse: best }) =>
    classes.includes(best.class) ? best.from : null;

/** A response rate, as a count with the interval as an analysis, or as a percentage with the interval as dispersion. */
function buildRateFigures(
  study: OutcomeContext,
  rate: Rate,
  classes: readonly ResponseClass[],
): OutcomeFigures {
  const { report, protocol } = study.input;
  const from = selectByBestResponse(...classes);
  const analysis = buildRateAnalysis(rate, protocol.interval.percent, study, from);
  const base = {
    description: report.response.definition,
    population: 'All enrolled subjects; who could not be evaluated counts as no responder',
    analyzed: countAllAnalyzed(study),
  };
  const interval = toIntervalDispersion(protocol.interval.percent);
  if (study.asPercentage && interval !== null) {
    const { value, lower, upper } = analysis;
    const rows = buildSingleRow([buildEntry(value, { lower, upper })]);
    const unit = 'percentage of participants';
    return {
      ...base,
      parameter: 'Number',
      dispersion: interval,
      unit,
      percentages: false,
      rows,
      analyses: [],
    };
  }
  return {
    ...base,
    parameter: 'Count of Participants',
    dispersion: 'Not Applicable',
    unit: 'Participants',
    percentages: true,
    rows: buildSingleRow([buildEntry(buildCountCell(study.participants, from))]),
    analyses: [analysis],
  };
}

const RESPONSE_CATEGORIES: readonly (readonly [ResponseClass, string])[] = [
  ['CR', 'Complete response'],
  ['PR', 'Partial response'],
  ['NR', 'No response'],
  ['NE', 'Not evaluable'],
];

function buildBestResponseFigures(study: OutcomeContext): OutcomeFigures {
  return {
    description: study.input.report.response.definition,
    population: 'All enrolled subjects',
    parameter: 'Count of Participants',
    dispersion: 'Not Applicable',
    unit: 'Participants',
    percentages: true,
    analyzed: countAllAnalyzed(study),
    rows: buildSingleRow(
      RESPONSE_CATEGORIES.map(([word, category]) =>
        buildEntry(buildCountCell(study.participants, selectByBestResponse(word)), { category }),
      ),
    ),
    analyses: [],
  };
}

/** A half day is printed as one: 19.5. */
const formatDays = (value: number | null): string | null => (value === null ? null : String(value));

function buildTimeToResponseFigures(study: OutcomeContext, lineage: Lineage): OutcomeFigures {
  const time: TimeToResponse = study.input.report.timeToResponseDays[lineage];
  const from: EvidenceSelector = ({ responseEvidence: times }) => times[lineage] ?? null;
  const cell = (value: number | null): ResultCell =>
    buildFigureCell(formatDays(value), study.participants, from);
  const limits = { lower: cell(time.min), upper: cell(time.max) };
  const comment = time.median === null ? 'No participant responded in this lineage' : null;
  return {
    description: time.method,
    population: `Subjects with a response of the ${lineage} lineage`,
    parameter: 'Median',
    dispersion: 'Full Range',
    unit: 'days',
    percentages: false,
    analyzed: [{ group: OUTCOME_GROUP_ID, cell: buildCountCell(study.participants, from) }],
    rows: buildSingleRow([buildEntry(cell(time.median), { ...limits, comment })]),
    analyses: [],
  };
}

function buildSurvivalFigures(study: OutcomeContext): OutcomeFigures {
  const { report, protocol } = study.input;
  const from: EvidenceSelector = ({ infusionEvidence: infused, dispositionEvidence: courseFrom }) =>
    infused && [...infused, ...courseFrom];
  const { survival } = report;
  const limits = survival?.ci95 ?? null;
  const cell = (value: number | undefined): ResultCell =>
    buildFigureCell(value === undefined ? null : formatOneDecimal(value), study.participants, from);
  const why = survival === null ? 'Nobody was infused' : limits === null ? 'Limits are not estimable' : null;
  return {
    description: survival?.method ?? null,
    population: 'Subjects who were infused',
    parameter: 'Number',
    dispersion: toIntervalDispersion(protocol.interval.percent) ?? 'Not Applicable',
    unit: 'percentage of participants',
    percentages: false,
    analyzed: [{ group: OUTCOME_GROUP_ID, cell: buildCountCell(study.participants, from) }],
    rows: buildSingleRow([
      buildEntry(cell(survival?.survival), {
        lower: cell(limits?.[0]),
        upper: cell(limits?.[1]),
        comment: why,
      }),
    ]),
    analyses: [],
  };
}

function buildAliveFigures(study: OutcomeContext): OutcomeFigures {
  const from: EvidenceSelector = ({ deathEvidence: death, dispositionEvidence: courseFrom }) =>
    death === null ? courseFrom : null;
  return {
    description: study.input.report.alive.method,
    population: 'All enrolled subjects',
    parameter: 'Count of Participants',
    dispersion: 'Not Applicable',
    unit: 'Participants',
    percentages: true,
    analyzed: countAllAnalyzed(study),
    rows: buildSingleRow([buildEntry(buildCountCell(study.participants, from))]),
    analyses: [],
  };
}

function buildOutcomeFigures(figure: OutcomeFigure, study: OutcomeContext): OutcomeFigures {
  const { response }: StudyReport = study.input.report;
  switch (figure) {
    case 'overall-response':
      return buildRateFigures(study, response.overall, ['CR', 'PR']);
    case 'complete-response':
      return buildRateFigures(study, response.complete, ['CR']);
    case 'partial-response':
      return buildRateFigures(study, response.partial, ['PR']);
    case 'best-response':
      return buildBestResponseFigures(study);
    case 'time-to-neutrophil':
      return buildTimeToResponseFigures(study, 'neutrophil');
    case 'time-to-erythroid':
      return buildTimeToResponseFigures(study, 'erythroid');
    case 'time-to-platelet':
      return buildTimeToResponseFigures(study, 'platelet');
    case 'survival-12-months':
      return buildSurvivalFigures(study);
    case 'alive':
      return buildAliveFigures(study);
  }
}

/** One outcome measure for each registered outcome that the report has a figure for, in the registered order. */
export function buildOutcomeMeasures(
  participants: readonly Participant[],
  input: StudyInput,
  registered: readonly RegisteredOutcome[],
  arm: { readonly group: Omit<ReportingGroup, 'id'>; readonly asPercentage: boolean },
): readonly OutcomeMeasure[] {
  const study = { input, participants, asPercentage: arm.asPercentage };
  return registered.flatMap(({ figure, type, title, timeFrame, description }) => {
    if (figure === null) return [];
    const figures = buildOutcomeFigures(figure, study);
    const both = [description, figures.description].filter((one) => one !== null);
    return [
      {
        ...figures,
        figure,
        title,
        type,
        timeFrame,
        description: both.length === 0 ? null : both.join('. '),
        groups: [{ id: OUTCOME_GROUP_ID, ...arm.group }],
      },
    ];
  });
}
