import { normaliseTerm } from '../../trial/endpoints/adverse-event-table.ts';
import { DAYS_PER_MONTH } from '../../trial/endpoints/follow-up.ts';
import { type AdverseEventFact, LINEAGES, type Lineage, type Source } from '../../trial/facts.ts';
import { listSources } from '../lineage/course-sources.ts';
import type { AddressParts, FigureEvidenceRule } from './evidence-rule.ts';
import type { LateEventName, SubjectEvidence } from './subject-evidence.ts';
import { TABLE_RULES } from './table-evidence.ts';

const BY_ENROLMENT: readonly Source[] = [];

const CLASSES_BY_RESPONSE: Readonly<Record<string, readonly string[]>> = {
  overall: ['CR', 'PR'],
  complete: ['CR'],
  partial: ['PR'],
  none: ['NR'],
  notEvaluable: ['NE'],
};

function selectResponseSources(
  { figures, sources }: SubjectEvidence,
  { response = '' }: AddressParts,
): readonly Source[] | null {
  return CLASSES_BY_RESPONSE[response]?.includes(figures.best.class) ? sources.bestResponse : null;
}

function selectFollowUpSources({ figures, sources }: SubjectEvidence): readonly Source[] | null {
  return figures.infused === null ? null : [...sources.infusions, ...sources.followUpEnd];
}

const isLineage = (name: string | undefined): name is Lineage =>
  (LINEAGES as readonly (string | undefined)[]).includes(name);

/** Selects the sources of the time to response of a lineage; null for a subject whose lineage did not respond. */
function selectTimeToResponseSources(
  { figures, sources }: SubjectEvidence,
  { lineage }: AddressParts,
): readonly Source[] | null {
  if (!isLineage(lineage) || figures.daysToResponse[lineage].length === 0) return null;
  return sources.timeToResponse(lineage);
}

/** Selects the sources of a subject's events of one term that pass; null for a subject without such an event. */
function selectEventSources(
  { adverseEvents }: SubjectEvidence,
  { term = '' }: AddressParts,
  passes: (event: AdverseEventFact) => boolean = () => true,
): readonly Source[] | null {
  const events = adverseEvents.filter(
    (event) => normaliseTerm(event.term) === normaliseTerm(term) && passes(event),
  );
  return events.length === 0 ? null : listSources(events);
}

/**
 * Selects a subject of the 2×2 table of a predictor: the sources that put them into their row, and their response. Without
 * `row` all infused subjects count; with `count` = `responders` only responders do.
 */
function selectPredictorSources(
  evidence: SubjectEvidence,
  { predictor, row, count }: AddressParts,
): readonly Source[] | null {
  const { infused } = evidence.figures;
  if (infused === null) return null;
  const isPreviousAgent = predictor === 'previous-atg';
  const hasPredictor = isPreviousAgent ? infused.hadPreviousAgent : infused.hadInfection;
  if (row !== undefined && hasPredictor !== (row === 'with')) return null;
  if (count === 'responders' && !infused.isResponder) return null;
  const predictorSources = isPreviousAgent ? evidence.previousAgent : evidence.infection;
  return [...evidence.sources.infusions, ...predictorSources, ...evidence.sources.bestResponse];
}

/** Selects all that a regression model or a survival comparison reads of an infused subject. */
function selectModelSources(evidence: SubjectEvidence): readonly Source[] | null {
  const followUp = selectFollowUpSources(evidence);
  if (followUp === null) return null;
  const { previousAgent, infection, sources } = evidence;
  return [...followUp, ...previousAgent, ...infection, ...sources.bestResponse];
}

const isLateEventName = (name: string, evidence: SubjectEvidence): name is LateEventName =>
  name in evidence.lateEvents;

/**
 * Selects a subject who was evaluated for a late event: by `count` those who had it (`count`), those for whom it cannot
 * be determined (`open`), or all who were evaluated.
 */
function selectLateEventSources(
  evidence: SubjectEvidence,
  { event = '', count }: AddressParts,
): readonly Source[] | null {
  if (!isLateEventName(event, evidence)) return null;
  const verdict = evidence.figures.lateEvents[event]?.verdict;
  if (verdict === undefined) return null;
  if (count === 'count' && verdict !== 'true') return null;
  if (count === 'open' && verdict !== 'unknown') return null;
  return evidence.lateEvents[event];
}

/** The report estimates survival at 12 months. */
const AT_RISK_DAYS = 12 * DAYS_PER_MONTH;

const RESPONSE_RULES: readonly FigureEvidenceRule[] = [
  {
    pattern: /^response\/(?<response>\w+)\/count$/,
    counts: 'participants',
    selectSources: selectResponseSources,
  },
  { pattern: /^(response\/\w+|alive)\/of$/, counts: 'participants', selectSources: () => BY_ENROLMENT },
  {
    // All enrolled subjects are in the denominator: non-responders by their enrolment.
    pattern: /^response\/(?<response>\w+)\/.+$/,
    counts: 'figure',
    selectSources: (evidence, parts) => selectResponseSources(evidence, parts) ?? BY_ENROLMENT,
  },
  {
    pattern: /^timeToResponseDays\/(?<lineage>\w+)\/subjects$/,
    counts: 'participants',
    selectSources: selectTimeToResponseSources,
  },
  {
    pattern: /^timeToResponseDays\/(?<lineage>\w+)\/.+$/,
    counts: 'figure',
    selectSources(evidence, parts) {
      const sources = selectTimeToResponseSources(evidence, parts);
      return sources && [...evidence.sources.infusions, ...sources];
    },
  },
];

const SURVIVAL_RULES: readonly FigureEvidenceRule[] = [
  {
    pattern: /^alive\/count$/,
    counts: 'participants',
    selectSources: ({ figures, sources }) => (figures.isDead ? null : sources.followUpEnd),
  },
  { pattern: /^alive\/.+$/, counts: 'figure', selectSources: ({ sources }) => sources.followUpEnd },
  {
    pattern: /^survival\/atRisk$/,
    counts: 'participants',
    selectSources: (evidence) =>
      (evidence.figures.infused?.days ?? -1) >= AT_RISK_DAYS ? selectFollowUpSources(evidence) : null,
  },
  { pattern: /^(followUpMonths|survival)\/.+$/, counts: 'figure', selectSources: selectFollowUpSources },
  {
    // The report has no estimate, because no subject was infused: every subject's course contributes to that.
    pattern: /^(followUpMonths|survival)$/,
    counts: 'figure',
    selectSources: ({ sources }) => [...sources.infusions, ...sources.followUpEnd, ...sources.bestResponse],
  },
];

/** A term is text that a hospital sent, so it may contain any character, including line ends. */
const ADVERSE_EVENT_RULES: readonly FigureEvidenceRule[] = [
  {
    pattern: /^adverseEvents\/(?<term>.*)\/subjects$/s,
    counts: 'participants',
    selectSources: (evidence, parts) => selectEventSources(evidence, parts),
  },
  {
    pattern: /^adverseEvents\/(?<term>.*)\/serious$/s,
    counts: 'participants',
    selectSources: (evidence, parts) =>
      selectEventSources(evidence, parts, ({ serious }) => serious === true),
  },
  {
    pattern: /^adverseEvents\/(?<term>.*)\/events$/s,
    counts: 'events',
    selectSources: (evidence, parts) => selectEventSources(evidence, parts),
  },
  {
    pattern: /^adverseEvents\/(?<term>.*)\/atBaseline$/s,
    counts: 'events',
    selectSources: (evidence, parts) =>
      selectEventSources(evidence, parts, (event) => evidence.eventsAtBaseline.has(event)),
  },
];

const PREDICTOR_RULES: readonly FigureEvidenceRule[] = [
  {
    pattern: /^predictors\/(?<predictor>[\w-]+)\/(?<row>with|without)\/(?<count>responders|of)$/,
    counts: 'participants',
    selectSources: selectPredictorSources,
  },
  { pattern: /^predictors\/[\w-]+\/survival\/.+$/, counts: 'figure', selectSources: selectModelSources },
  {
    pattern: /^predictors\/(?<predictor>[\w-]+)\/.+$/,
    counts: 'figure',
    selectSources: selectPredictorSources,
  },
  { pattern: /^predictorModel\/.+$/, counts: 'figure', selectSources: selectModelSources },
];

const LATE_EVENT_RULES: readonly FigureEvidenceRule[] = [
  {
    pattern: /^(?<event>relapse|clonalEvolution|highRiskClonalEvolution)\/(?<count>count|of|open)$/,
    counts: 'participants',
    selectSources: selectLateEventSources,
  },
  {
    pattern: /^(?<event>relapse|clonalEvolution|highRiskClonalEvolution)\/percent$/,
    counts: 'figure',
    selectSources: selectLateEventSources,
  },
];

/** The rules for all figures of the report; the first rule whose pattern matches an address applies. */
const FIGURE_EVIDENCE_RULES: readonly FigureEvidenceRule[] = [
  { pattern: /^subjects$/, counts: 'participants', selectSources: () => BY_ENROLMENT },
  { pattern: /^sites$/, counts: 'figure', selectSources: () => BY_ENROLMENT },
  {
    pattern: /^infused$/,
    counts: 'participants',
    selectSources: ({ figures, sources }) => (figures.infused ? sources.infusions : null),
  },
  ...RESPONSE_RULES,
  ...SURVIVAL_RULES,
  ...ADVERSE_EVENT_RULES,
  ...PREDICTOR_RULES,
  ...LATE_EVENT_RULES,
  ...TABLE_RULES,
];

/** Finds the rule for a figure of the report, with the variable parts of its address; null where no rule covers it. */
export function findEvidenceRule(
  at: string,
): { readonly rule: FigureEvidenceRule; readonly parts: AddressParts } | null {
  for (const rule of FIGURE_EVIDENCE_RULES) {
    const match = rule.pattern.exec(at);
    if (match) return { rule, parts: match.groups ?? {} };
  }
  return null;
}

/**
 * Numbers that are not derived from subjects: the month at which survival is read, the counts of work items that are
 * pending review, degrees of freedom, and the two-stage design itself.
 */
const FIGURES_WITHOUT_SUBJECTS =
  /^(survival\/months$|openWork\/|tables\/twoStage\/design\/|tables\/(?!adverseEvents\/).*\/df$)/s;

/** Whether a number of the report is derived from subjects, and so needs evidence. */
export const hasSubjects = (at: string): boolean => !FIGURES_WITHOUT_SUBJECTS.test(at);
