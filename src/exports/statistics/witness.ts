import type { Judgement } from '../../trial/assessment.ts';
import { eventsAtBaseline } from '../../trial/endpoints/cytopenias.ts';
import { DAYS_PER_MONTH } from '../../trial/endpoints/follow-up.ts';
import { type SubjectFigures, subjectFigures } from '../../trial/endpoints/subject-figures.ts';
import type { AdverseEventFact, Fact, Source } from '../../trial/facts.ts';
import { LINEAGES, type Lineage } from '../../trial/facts.ts';
import { factsKnownOn } from '../../trial/visits/course.ts';
import type { StudyInput, SubjectRecord } from '../format.ts';
import { type CourseSources, courseSources, inputsOf } from '../trace/course-sources.ts';
import type { Counts } from '../trace/trace.ts';

/** One subject as the report sees him, with what says so. */
export interface Witness {
  readonly figures: SubjectFigures;
  readonly sources: CourseSources;
  readonly events: readonly AdverseEventFact[];
  readonly atBaseline: ReadonlySet<AdverseEventFact>;
  /** Statements of the predictors' previous agent, and of infections. */
  readonly agent: readonly Source[];
  readonly infection: readonly Source[];
  /** What was looked at for what befell him later. */
  readonly later: Readonly<Record<LaterName, readonly Source[]>>;
}

type LaterName = keyof SubjectFigures['later'];

const sourcesIn = (facts: readonly Fact[]): readonly Source[] => facts.flatMap(({ sources }) => sources);

function laterSources({ relapse, clonalEvolution }: Judgement): Witness['later'] {
  const clones = clonalEvolution?.trace.flatMap(inputsOf) ?? [];
  return {
    relapse: relapse?.trace.flatMap(inputsOf) ?? [],
    clonalEvolution: clones,
    highRiskClonalEvolution: clones,
  };
}

/** The subject reduced as for the report, with the sources of each part. */
export function witnessOf(record: SubjectRecord, { protocol, asOf }: StudyInput): Witness {
  const facts = factsKnownOn(record.facts, asOf);
  const { previousAgent } = protocol.predictors;
  const isAgent = (fact: Fact) => fact.kind === 'medication' && fact.agent === previousAgent;
  const isInfection = (fact: Fact) => fact.kind === 'condition' && fact.condition === 'infection';
  return {
    figures: subjectFigures(record, protocol, asOf),
    sources: courseSources(record, asOf),
    events: facts.filter((fact): fact is AdverseEventFact => fact.kind === 'adverse-event'),
    atBaseline: eventsAtBaseline(facts, protocol),
    agent: sourcesIn(facts.filter(isAgent)),
    infection: sourcesIn(facts.filter(isInfection)),
    later: laterSources(record.judgement),
  };
}

/** Which figures of the report a rule is about, what they count, and what of a subject stands behind them; null: nothing. */
export interface WhoRule {
  readonly of: RegExp;
  readonly counts: Counts;
  behind(witness: Witness, found: readonly string[]): readonly Source[] | null;
}

const ENROLLED: readonly Source[] = [];

const CLASSES: Readonly<Record<string, readonly string[]>> = {
  overall: ['CR', 'PR'],
  complete: ['CR'],
  partial: ['PR'],
  none: ['NR'],
  notEvaluable: ['NE'],
};

const classed = ({ figures, sources }: Witness, kind = ''): readonly Source[] | null =>
  CLASSES[kind]?.includes(figures.best.class) ? sources.best : null;

const followed = ({ figures, sources }: Witness): readonly Source[] | null =>
  figures.infused === null ? null : [...sources.infusions, ...sources.end];

const isLineage = (word = ''): word is Lineage => (LINEAGES as readonly string[]).includes(word);

const plain = (term = ''): string => term.trim().toLowerCase();

/** The events of a term that pass; null where there is none. */
function eventSources(
  { events }: Witness,
  term: string | undefined,
  passes: (event: AdverseEventFact) => boolean,
): readonly Source[] | null {
  const found = events.filter((event) => plain(event.term) === plain(term) && passes(event));
  return found.length === 0 ? null : sourcesIn(found);
}

/** Responders or all of a 2×2 table's row; the statements that put a subject there, and his response. */
function predicted(witness: Witness, [, name, side, what]: readonly string[]): readonly Source[] | null {
  const { infused } = witness.figures;
  if (infused === null) return null;
  const isAgent = name === 'previous-atg';
  const has = isAgent ? infused.hadPreviousAgent : infused.wasInfected;
  if (side !== undefined && has !== (side === 'with')) return null;
  if (what === 'responders' && !infused.isResponder) return null;
  const said = isAgent ? witness.agent : witness.infection;
  return [...witness.sources.infusions, ...said, ...witness.sources.best];
}

/** Everything of those infused that a model or a survival estimate reads. */
function modelled(witness: Witness): readonly Source[] | null {
  const course = followed(witness);
  return course && [...course, ...witness.agent, ...witness.infection, ...witness.sources.best];
}

/** Those who were asked for what befell them later, or of them those of whom it is so, or open. */
function befallen({ figures, later }: Witness, [, name, what]: readonly string[]): readonly Source[] | null {
  if (name === undefined || !(name in later)) return null;
  const verdict = figures.later[name as LaterName]?.verdict;
  if (verdict === undefined) return null;
  const wanted = what === 'count' ? 'true' : what === 'open' ? 'unknown' : verdict;
  return verdict === wanted ? later[name as LaterName] : null;
}

const AT_RISK_DAYS = 12 * DAYS_PER_MONTH;

/** Who stands behind each figure of the report: the first rule that fits. The last one fits all that have none yet. */
export const WHO: readonly WhoRule[] = [
  { of: /^subjects$/, counts: 'participants', behind: () => ENROLLED },
  { of: /^sites$/, counts: 'figure', behind: () => ENROLLED },
  {
    of: /^infused$/,
    counts: 'participants',
    behind: ({ figures, sources }) => (figures.infused ? sources.infusions : null),
  },
  {
    of: /^response\/(\w+)\/count$/,
    counts: 'participants',
    behind: (witness, [, kind]) => classed(witness, kind),
  },
  { of: /^(response\/\w+|alive)\/of$/, counts: 'participants', behind: () => ENROLLED },
  {
    of: /^response\/(\w+)\/.+$/,
    counts: 'figure',
    behind: (witness, [, kind]) => classed(witness, kind) ?? ENROLLED,
  },
  {
    of: /^timeToResponseDays\/(\w+)\/subjects$/,
    counts: 'participants',
    behind: ({ figures, sources }, [, lineage]) =>
      isLineage(lineage) && figures.daysTo[lineage].length > 0 ? sources.time(lineage) : null,
  },
  {
    of: /^timeToResponseDays\/(\w+)\/.+$/,
    counts: 'figure',
    behind: ({ figures, sources }, [, lineage]) =>
      isLineage(lineage) && figures.daysTo[lineage].length > 0
        ? [...sources.infusions, ...sources.time(lineage)]
        : null,
  },
  {
    of: /^alive\/count$/,
    counts: 'participants',
    behind: ({ figures, sources }) => (figures.isDead ? null : sources.end),
  },
  { of: /^alive\/.+$/, counts: 'figure', behind: ({ sources }) => sources.end },
  {
    of: /^survival\/atRisk$/,
    counts: 'participants',
    behind: (witness) => ((witness.figures.infused?.days ?? -1) >= AT_RISK_DAYS ? followed(witness) : null),
  },
  { of: /^(followUpMonths|survival)\/.+$/, counts: 'figure', behind: followed },
  {
    of: /^adverseEvents\/(.+)\/subjects$/,
    counts: 'participants',
    behind: (witness, [, term]) => eventSources(witness, term, () => true),
  },
  {
    of: /^adverseEvents\/(.+)\/serious$/,
    counts: 'participants',
    behind: (witness, [, term]) => eventSources(witness, term, ({ serious }) => serious === true),
  },
  {
    of: /^adverseEvents\/(.+)\/events$/,
    counts: 'events',
    behind: (witness, [, term]) => eventSources(witness, term, () => true),
  },
  {
    of: /^adverseEvents\/(.+)\/atBaseline$/,
    counts: 'events',
    behind: (witness, [, term]) => eventSources(witness, term, (event) => witness.atBaseline.has(event)),
  },
  {
    of: /^predictors\/([\w-]+)\/(with|without)\/(responders|of)$/,
    counts: 'participants',
    behind: predicted,
  },
  {
    of: /^predictors\/([\w-]+)\/survival\/.+$/,
    counts: 'figure',
    behind: (witness) => modelled(witness),
  },
  {
    of: /^predictors\/([\w-]+)\/.+$/,
    counts: 'figure',
    behind: (witness, [at, name]) => predicted(witness, [at ?? '', name ?? '']),
  },
  {
    of: /^(relapse|clonalEvolution|highRiskClonalEvolution)\/(count|of|open)$/,
    counts: 'participants',
    behind: befallen,
  },
  {
    of: /^(relapse|clonalEvolution|highRiskClonalEvolution)\/(percent)$/,
    counts: 'figure',
    behind: befallen,
  },
  { of: /^predictorModel\/.+$/, counts: 'figure', behind: (witness) => modelled(witness) },
  {
    of: /./,
    counts: 'figure',
    behind: ({ sources }) => [...sources.infusions, ...sources.end, ...sources.best],
  },
];
