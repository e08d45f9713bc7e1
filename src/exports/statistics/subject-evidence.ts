import type { SubjectAssessment } from '../../trial/assessment.ts';
import { findEventsAtBaseline } from '../../trial/endpoints/baseline-cytopenias.ts';
import { DAYS_PER_MONTH } from '../../trial/endpoints/follow-up.ts';
import { deriveSubjectFigures, type SubjectFigures } from '../../trial/endpoints/subject-figures.ts';
import type { AdverseEventFact, Fact, Source } from '../../trial/facts.ts';
import { LINEAGES, type Lineage } from '../../trial/facts.ts';
import { selectFactsKnownOn } from '../../trial/visits/clinical-course.ts';
import type { StudyInput, SubjectRecord } from '../export-format.ts';
import { type CourseSources, collectCourseSources, listInputSources } from '../lineage/course-sources.ts';
import type { FigureKind } from '../provenance-trace.ts';

/** One subject as the report sees him, with what says so. */
export interface SubjectEvidence {
  readonly figures: SubjectFigures;
  readonly sources: CourseSources;
  readonly adverseEvents: readonly AdverseEventFact[];
  readonly eventsAtBaseline: ReadonlySet<AdverseEventFact>;
  /** Statements of the predictors' previous agent, and of infections. */
  readonly previousAgent: readonly Source[];
  readonly infection: readonly Source[];
  /** What was looked at for what befell him later. */
  readonly laterEvents: Readonly<Record<LaterEventName, readonly Source[]>>;
}

type LaterEventName = keyof SubjectFigures['lateEvents'];

const listSources = (facts: readonly Fact[]): readonly Source[] => facts.flatMap(({ sources }) => sources);

function listLaterEventSources({
  relapse,
  clonalEvolution,
}: SubjectAssessment): SubjectEvidence['laterEvents'] {
  const clones = clonalEvolution?.trace.flatMap(listInputSources) ?? [];
  return {
    relapse: relapse?.trace.flatMap(listInputSources) ?? [],
    clonalEvolution: clones,
    highRiskClonalEvolution: clones,
  };
}

/** The subject reduced as for the report, with the sources of each part. */
export function deriveSubjectEvidence(
  record: SubjectRecord,
  { protocol, asOf }: StudyInput,
): SubjectEvidence {
  const facts = selectFactsKnownOn(record.facts, asOf);
  const { previousAgent } = protocol.predictors;
  const isAgent = (fact: Fact) => fact.kind === 'medication' && fact.agent === previousAgent;
  const isInfection = (fact: Fact) => fact.kind === 'condition' && fact.condition === 'infection';
  return {
    figures: deriveSubjectFigures(record, protocol, asOf),
    sources: collectCourseSources(record, asOf),
    adverseEvents: facts.filter((fact): fact is AdverseEventFact => fact.kind === 'adverse-event'),
    eventsAtBaseline: findEventsAtBaseline(facts, protocol),
    previousAgent: listSources(facts.filter(isAgent)),
    infection: listSources(facts.filter(isInfection)),
    laterEvents: listLaterEventSources(record.judgement),
  };
}

/** Which figures of the report a rule is about, what they count, and what of a subject stands behind them; null: nothing. */
export interface FigureEvidenceRule {
  readonly pattern: RegExp;
  readonly counts: FigureKind;
  selectSources(witness: SubjectEvidence, found: readonly string[]): readonly Source[] | null;
}

const BY_ENROLMENT: readonly Source[] = [];

const CLASSES_BY_RESPONSE: Readonly<Record<string, readonly string[]>> = {
  overall: ['CR', 'PR'],
  complete: ['CR'],
  partial: ['PR'],
  none: ['NR'],
  notEvaluable: ['NE'],
};

const selectResponseSources = ({ figures, sources }: SubjectEvidence, kind = ''): readonly Source[] | null =>
  CLASSES_BY_RESPONSE[kind]?.includes(figures.best.class) ? sources.bestResponse : null;

const selectFollowUpSources = ({ figures, sources }: SubjectEvidence): readonly Source[] | null =>
  figures.infused === null ? null : [...sources.infusions, ...sources.followUpEnd];

const isLineage = (word = ''): word is Lineage => (LINEAGES as readonly string[]).includes(word);

const normaliseTerm = (term = ''): string => term.trim().toLowerCase();

/** The events of a term that pass; null where there is none. */
function selectEventSources(
  { adverseEvents: events }: SubjectEvidence,
  term: string | undefined,
  passes: (event: AdverseEventFact) => boolean,
): readonly Source[] | null {
  const found = events.filter((event) => normaliseTerm(event.term) === normaliseTerm(term) && passes(event));
  return found.length === 0 ? null : listSources(found);
}

/** Responders or all of a 2×2 table's row; the statements that put a subject there, and his response. */
function selectPredictorSources(
  witness: SubjectEvidence,
  [, name, side, what]: readonly string[],
): readonly Source[] | null {
  const { infused } = witness.figures;
  if (infused === null) return null;
  const isAgent = name === 'previous-atg';
  const has = isAgent ? infused.hadPreviousAgent : infused.hadInfection;
  if (side !== undefined && has !== (side === 'with')) return null;
  if (what === 'responders' && !infused.isResponder) return null;
  const said = isAgent ? witness.previousAgent : witness.infection;
  return [...witness.sources.infusions, ...said, ...witness.sources.bestResponse];
}

/** Everything of those infused that a model or a survival estimate reads. */
function selectModelSources(witness: SubjectEvidence): readonly Source[] | null {
  const course = selectFollowUpSources(witness);
  return (
    course && [...course, ...witness.previousAgent, ...witness.infection, ...witness.sources.bestResponse]
  );
}

/** Those who were asked for what befell them later, or of them those of whom it is so, or open. */
function selectLaterEventSources(
  { figures, laterEvents: later }: SubjectEvidence,
  [, name, what]: readonly string[],
): readonly Source[] | null {
  if (name === undefined || !(name in later)) return null;
  const verdict = figures.lateEvents[name as LaterEventName]?.verdict;
  if (verdict === undefined) return null;
  const wanted = what === 'count' ? 'true' : what === 'open' ? 'unknown' : verdict;
  return verdict === wanted ? later[name as LaterEventName] : null;
}

const AT_RISK_DAYS = 12 * DAYS_PER_MONTH;

/** Who stands behind each figure of the report: the first rule that fits. The last one fits all that have none yet. */
export const FIGURE_EVIDENCE_RULES: readonly FigureEvidenceRule[] = [
  { pattern: /^subjects$/, counts: 'participants', selectSources: () => BY_ENROLMENT },
  { pattern: /^sites$/, counts: 'figure', selectSources: () => BY_ENROLMENT },
  {
    pattern: /^infused$/,
    counts: 'participants',
    selectSources: ({ figures, sources }) => (figures.infused ? sources.infusions : null),
  },
  {
    pattern: /^response\/(\w+)\/count$/,
    counts: 'participants',
    selectSources: (witness, [, kind]) => selectResponseSources(witness, kind),
  },
  { pattern: /^(response\/\w+|alive)\/of$/, counts: 'participants', selectSources: () => BY_ENROLMENT },
  {
    pattern: /^response\/(\w+)\/.+$/,
    counts: 'figure',
    selectSources: (witness, [, kind]) => selectResponseSources(witness, kind) ?? BY_ENROLMENT,
  },
  {
    pattern: /^timeToResponseDays\/(\w+)\/subjects$/,
    counts: 'participants',
    selectSources: ({ figures, sources }, [, lineage]) =>
      isLineage(lineage) && figures.daysToResponse[lineage].length > 0
        ? sources.timeToResponse(lineage)
        : null,
  },
  {
    pattern: /^timeToResponseDays\/(\w+)\/.+$/,
    counts: 'figure',
    selectSources: ({ figures, sources }, [, lineage]) =>
      isLineage(lineage) && figures.daysToResponse[lineage].length > 0
        ? [...sources.infusions, ...sources.timeToResponse(lineage)]
        : null,
  },
  {
    pattern: /^alive\/count$/,
    counts: 'participants',
    selectSources: ({ figures, sources }) => (figures.isDead ? null : sources.followUpEnd),
  },
  { pattern: /^alive\/.+$/, counts: 'figure', selectSources: ({ sources }) => sources.followUpEnd },
  {
    pattern: /^survival\/atRisk$/,
    counts: 'participants',
    selectSources: (witness) =>
      (witness.figures.infused?.days ?? -1) >= AT_RISK_DAYS ? selectFollowUpSources(witness) : null,
  },
  { pattern: /^(followUpMonths|survival)\/.+$/, counts: 'figure', selectSources: selectFollowUpSources },
  {
    pattern: /^adverseEvents\/(.+)\/subjects$/,
    counts: 'participants',
    selectSources: (witness, [, term]) => selectEventSources(witness, term, () => true),
  },
  {
    pattern: /^adverseEvents\/(.+)\/serious$/,
    counts: 'participants',
    selectSources: (witness, [, term]) =>
      selectEventSources(witness, term, ({ serious }) => serious === true),
  },
  {
    pattern: /^adverseEvents\/(.+)\/events$/,
    counts: 'events',
    selectSources: (witness, [, term]) => selectEventSources(witness, term, () => true),
  },
  {
    pattern: /^adverseEvents\/(.+)\/atBaseline$/,
    counts: 'events',
    selectSources: (witness, [, term]) =>
      selectEventSources(witness, term, (event) => witness.eventsAtBaseline.has(event)),
  },
  {
    pattern: /^predictors\/([\w-]+)\/(with|without)\/(responders|of)$/,
    counts: 'participants',
    selectSources: selectPredictorSources,
  },
  {
    pattern: /^predictors\/([\w-]+)\/survival\/.+$/,
    counts: 'figure',
    selectSources: (witness) => selectModelSources(witness),
  },
  {
    pattern: /^predictors\/([\w-]+)\/.+$/,
    counts: 'figure',
    selectSources: (witness, [at, name]) => selectPredictorSources(witness, [at ?? '', name ?? '']),
  },
  {
    pattern: /^(relapse|clonalEvolution|highRiskClonalEvolution)\/(count|of|open)$/,
    counts: 'participants',
    selectSources: selectLaterEventSources,
  },
  {
    pattern: /^(relapse|clonalEvolution|highRiskClonalEvolution)\/(percent)$/,
    counts: 'figure',
    selectSources: selectLaterEventSources,
  },
  {
    pattern: /^predictorModel\/.+$/,
    counts: 'figure',
    selectSources: (witness) => selectModelSources(witness),
  },
  {
    pattern: /./,
    counts: 'figure',
    selectSources: ({ sources }) => [...sources.infusions, ...sources.followUpEnd, ...sources.bestResponse],
  },
];
