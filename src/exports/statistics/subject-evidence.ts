import type { Assessment, SubjectAssessment } from '../../trial/assessment.ts';
import { addDays } from '../../trial/calendar-days.ts';
import { findEventsAtBaseline } from '../../trial/endpoints/baseline-cytopenias.ts';
import { buildReportTables } from '../../trial/endpoints/report-tables.ts';
import { deriveSubjectFigures, type SubjectFigures } from '../../trial/endpoints/subject-figures.ts';
import type { AdverseEventFact, Fact, Source, TransfusionFact } from '../../trial/facts.ts';
import { selectFactsKnownOn } from '../../trial/visits/clinical-course.ts';
import type { StudyInput, SubjectRecord } from '../export-format.ts';
import {
  type CourseSources,
  collectCourseSources,
  listInputSources,
  listSources,
} from '../lineage/course-sources.ts';
import { flattenFigures } from './flatten-figures.ts';

/** The name of a late event, as the report and `SubjectFigures` spell it. */
export type LateEventName = keyof SubjectFigures['lateEvents'];

/** One subject as the report counts them, with the sources of each part. */
export interface SubjectEvidence {
  readonly figures: SubjectFigures;
  readonly sources: CourseSources;
  readonly adverseEvents: readonly AdverseEventFact[];
  readonly eventsAtBaseline: ReadonlySet<AdverseEventFact>;
  /** Sources of the predictors: treatment with the previous agent, and infections. */
  readonly previousAgent: readonly Source[];
  readonly infection: readonly Source[];
  /** The classes at the visits. */
  readonly assessments: readonly Assessment[];
  /** What was known before the first infusion: counts, earlier treatment, transfusions. */
  readonly baseline: readonly Fact[];
  readonly weights: readonly Source[];
  readonly transfusions: readonly TransfusionFact[];
  /** The tables of the report of this subject alone: each number by its address. */
  readonly ownTables: ReadonlyMap<string, number>;
  /** Everything that was evaluated for each late event, whether or not the event was found. */
  readonly lateEvents: Readonly<Record<LateEventName, readonly Source[]>>;
}

function listLateEventSources({
  relapse,
  clonalEvolution,
}: SubjectAssessment): SubjectEvidence['lateEvents'] {
  const clonalSources = clonalEvolution?.trace.flatMap(listInputSources) ?? [];
  return {
    relapse: relapse?.trace.flatMap(listInputSources) ?? [],
    clonalEvolution: clonalSources,
    highRiskClonalEvolution: clonalSources,
  };
}

/** Selects the counts that can be baseline, and treatments and transfusions from before the first infusion. */
function selectBaselineFacts(
  facts: readonly Fact[],
  dayZero: string | null,
  baselineDays: number,
): readonly Fact[] {
  if (dayZero === null) return [];
  const from = addDays(dayZero, -baselineDays);
  return facts.filter(({ kind, at }) => {
    if (at.earliestDay > dayZero) return false;
    return kind === 'medication' || kind === 'transfusion' || (kind === 'lab' && at.latestDay >= from);
  });
}

/** Builds the tables of one subject, as numbers by address; places without a value are left out. */
function buildOwnTables(figures: SubjectFigures, { protocol }: StudyInput): ReadonlyMap<string, number> {
  const { courses: _courses, ...tables } = buildReportTables([figures], protocol);
  return new Map(
    flattenFigures(tables, 'tables').flatMap(([at, value]) =>
      typeof value === 'number' ? [[at, value] as const] : [],
    ),
  );
}

/** Derives a subject's figures as for the report, with the sources of each part. Facts after `asOf` do not count. */
export function deriveSubjectEvidence(record: SubjectRecord, input: StudyInput): SubjectEvidence {
  const { protocol, asOf } = input;
  const facts = selectFactsKnownOn(record.facts, asOf);
  const { previousAgent } = protocol.predictors;
  const isPreviousAgent = (fact: Fact) => fact.kind === 'medication' && fact.agent === previousAgent;
  const isInfection = (fact: Fact) => fact.kind === 'condition' && fact.condition === 'infection';
  const figures = deriveSubjectFigures(record, protocol, asOf);
  return {
    figures,
    ownTables: buildOwnTables(figures, input),
    assessments: record.judgement.assessments,
    baseline: selectBaselineFacts(facts, figures.dayZero, protocol.baselineDays),
    weights: listSources(facts.filter(({ kind }) => kind === 'weight')),
    transfusions: facts.filter((fact) => fact.kind === 'transfusion'),
    sources: collectCourseSources(record, asOf),
    adverseEvents: facts.filter((fact): fact is AdverseEventFact => fact.kind === 'adverse-event'),
    eventsAtBaseline: findEventsAtBaseline(facts, protocol),
    previousAgent: listSources(facts.filter(isPreviousAgent)),
    infection: listSources(facts.filter(isInfection)),
    lateEvents: listLateEventSources(record.judgement),
  };
}
