import type { ResponseClass } from '../../trial/assessment.ts';
import type { Rate, Report } from '../../trial/endpoints/report.ts';
import type { TimeTo } from '../../trial/endpoints/times.ts';
import type { Lineage } from '../../trial/facts.ts';
import type { StudyInput } from '../format.ts';
import type { Figure } from '../registry-words.ts';
import { countOf, enrolled, figureOf } from './cell.ts';
import type { Analysis, Cell, Dispersion, Entry, Group, Measure, OutcomeMeasure, Whom } from './model.ts';
import type { Participant } from './participant.ts';
import type { RegisteredOutcome } from './registered.ts';

const GROUP = 'OG000';

/** What a figure says in numbers; titles, type and time frame are the registered ones. */
type Figures = Omit<Measure, 'title'> & { readonly analyses: readonly Analysis[] };

interface Study {
  readonly input: StudyInput;
  readonly participants: readonly Participant[];
  readonly asPercentage: boolean;
}

const entry = (value: Cell, more: Partial<Entry> = {}): Entry => ({
  category: null,
  value,
  spread: null,
  lower: null,
  upper: null,
  comment: null,
  ...more,
});

const oneRow = (entries: readonly Entry[]): Measure['rows'] => [
  { title: null, values: [{ group: GROUP, entries }] },
];

const everybody = ({ participants }: Study): Measure['analyzed'] => [
  { group: GROUP, cell: countOf(participants, enrolled) },
];

/** PRS has words for these levels only; another one is shown as an analysis. */
function intervalOf(percent: string): Dispersion | null {
  if (percent === '90') return '90% Confidence Interval';
  if (percent === '95') return '95% Confidence Interval';
  return percent === '99' ? '99% Confidence Interval' : null;
}

const oneDecimal = (value: number): string => value.toFixed(1);

function analysisOf(rate: Rate, percent: string, { participants }: Study, counted: Whom): Analysis {
  // A share is made of all: of who is counted by what says so, of the others by their enrolment.
  const from: Whom = (one) => counted(one) ?? enrolled(one);
  const cell = (value: number): Cell => figureOf(oneDecimal(value), participants, from);
  return {
    groups: [GROUP],
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
const classed =
  (...classes: readonly ResponseClass[]): Whom =>
  ({ best }) =>
    classes.includes(best.class) ? best.from : null;

/** A response rate, as a count with the interval as an analysis, or as a percentage with the interval as dispersion. */
function rateFigures(study: Study, rate: Rate, classes: readonly ResponseClass[]): Figures {
  const { report, protocol } = study.input;
  const from = classed(...classes);
  const analysis = analysisOf(rate, protocol.interval.percent, study, from);
  const base = {
    description: report.response.definition,
    population: 'All enrolled subjects; who could not be evaluated counts as no responder',
    analyzed: everybody(study),
  };
  const interval = intervalOf(protocol.interval.percent);
  if (study.asPercentage && interval !== null) {
    const { value, lower, upper } = analysis;
    const rows = oneRow([entry(value, { lower, upper })]);
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
    rows: oneRow([entry(countOf(study.participants, from))]),
    analyses: [analysis],
  };
}

const CLASSES: readonly (readonly [ResponseClass, string])[] = [
  ['CR', 'Complete response'],
  ['PR', 'Partial response'],
  ['NR', 'No response'],
  ['NE', 'Not evaluable'],
];

function bestFigures(study: Study): Figures {
  return {
    description: study.input.report.response.definition,
    population: 'All enrolled subjects',
    parameter: 'Count of Participants',
    dispersion: 'Not Applicable',
    unit: 'Participants',
    percentages: true,
    analyzed: everybody(study),
    rows: oneRow(
      CLASSES.map(([word, category]) => entry(countOf(study.participants, classed(word)), { category })),
    ),
    analyses: [],
  };
}

/** A half day is printed as one: 19.5. */
const printed = (value: number | null): string | null => (value === null ? null : String(value));

function timeFigures(study: Study, lineage: Lineage): Figures {
  const time: TimeTo = study.input.report.timeToResponseDays[lineage];
  const from: Whom = ({ times }) => times[lineage] ?? null;
  const cell = (value: number | null): Cell => figureOf(printed(value), study.participants, from);
  const limits = { lower: cell(time.min), upper: cell(time.max) };
  const comment = time.median === null ? 'No participant responded in this lineage' : null;
  return {
    description: time.method,
    population: `Subjects with a response of the ${lineage} lineage`,
    parameter: 'Median',
    dispersion: 'Full Range',
    unit: 'days',
    percentages: false,
    analyzed: [{ group: GROUP, cell: countOf(study.participants, from) }],
    rows: oneRow([entry(cell(time.median), { ...limits, comment })]),
    analyses: [],
  };
}

function survivalFigures(study: Study): Figures {
  const { report, protocol } = study.input;
  const from: Whom = ({ infused, courseFrom }) => infused && [...infused, ...courseFrom];
  const { survival } = report;
  const limits = survival?.ci95 ?? null;
  const cell = (value: number | undefined): Cell =>
    figureOf(value === undefined ? null : oneDecimal(value), study.participants, from);
  const why = survival === null ? 'Nobody was infused' : limits === null ? 'Limits are not estimable' : null;
  return {
    description: survival?.method ?? null,
    population: 'Subjects who were infused',
    parameter: 'Number',
    dispersion: intervalOf(protocol.interval.percent) ?? 'Not Applicable',
    unit: 'percentage of participants',
    percentages: false,
    analyzed: [{ group: GROUP, cell: countOf(study.participants, from) }],
    rows: oneRow([
      entry(cell(survival?.survival), { lower: cell(limits?.[0]), upper: cell(limits?.[1]), comment: why }),
    ]),
    analyses: [],
  };
}

function aliveFigures(study: Study): Figures {
  const from: Whom = ({ death, courseFrom }) => (death === null ? courseFrom : null);
  return {
    description: study.input.report.alive.method,
    population: 'All enrolled subjects',
    parameter: 'Count of Participants',
    dispersion: 'Not Applicable',
    unit: 'Participants',
    percentages: true,
    analyzed: everybody(study),
    rows: oneRow([entry(countOf(study.participants, from))]),
    analyses: [],
  };
}

function figuresOf(figure: Figure, study: Study): Figures {
  const { response }: Report = study.input.report;
  switch (figure) {
    case 'overall-response':
      return rateFigures(study, response.overall, ['CR', 'PR']);
    case 'complete-response':
      return rateFigures(study, response.complete, ['CR']);
    case 'partial-response':
      return rateFigures(study, response.partial, ['PR']);
    case 'best-response':
      return bestFigures(study);
    case 'time-to-neutrophil':
      return timeFigures(study, 'neutrophil');
    case 'time-to-erythroid':
      return timeFigures(study, 'erythroid');
    case 'time-to-platelet':
      return timeFigures(study, 'platelet');
    case 'survival-12-months':
      return survivalFigures(study);
    case 'alive':
      return aliveFigures(study);
  }
}

/** One outcome measure for each registered outcome that the report has a figure for, in the registered order. */
export function outcomesOf(
  participants: readonly Participant[],
  input: StudyInput,
  registered: readonly RegisteredOutcome[],
  arm: { readonly group: Omit<Group, 'id'>; readonly asPercentage: boolean },
): readonly OutcomeMeasure[] {
  const study = { input, participants, asPercentage: arm.asPercentage };
  return registered.flatMap(({ figure, type, title, timeFrame, description }) => {
    if (figure === null) return [];
    const figures = figuresOf(figure, study);
    const both = [description, figures.description].filter((one) => one !== null);
    return [
      {
        ...figures,
        title,
        type,
        timeFrame,
        description: both.length === 0 ? null : both.join('. '),
        groups: [{ id: GROUP, ...arm.group }],
      },
    ];
  });
}
