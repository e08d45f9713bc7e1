import type { SubjectAssessment } from '../../trial/assessment.ts';
import { findEventsAtBaseline } from '../../trial/endpoints/baseline-cytopenias.ts';
import { deriveSubjectFigures, type SubjectFigures } from '../../trial/endpoints/subject-figures.ts';
import type { AdverseEventFact, Fact, Source } from '../../trial/facts.ts';
import { selectFactsKnownOn } from '../../trial/visits/clinical-course.ts';
import type { StudyInput, SubjectRecord } from '../export-format.ts';
import {
  type CourseSources,
  collectCourseSources,
  listInputSources,
  listSources,
} from '../lineage/course-sources.ts';

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

/** Derives a subject's figures as for the report, with the sources of each part. Facts after `asOf` do not count. */
export function deriveSubjectEvidence(
  record: SubjectRecord,
  { protocol, asOf }: StudyInput,
): SubjectEvidence {
  const facts = selectFactsKnownOn(record.facts, asOf);
  const { previousAgent } = protocol.predictors;
  const isPreviousAgent = (fact: Fact) => fact.kind === 'medication' && fact.agent === previousAgent;
  const isInfection = (fact: Fact) => fact.kind === 'condition' && fact.condition === 'infection';
  return {
    figures: deriveSubjectFigures(record, protocol, asOf),
    sources: collectCourseSources(record, asOf),
    adverseEvents: facts.filter((fact): fact is AdverseEventFact => fact.kind === 'adverse-event'),
    eventsAtBaseline: findEventsAtBaseline(facts, protocol),
    previousAgent: listSources(facts.filter(isPreviousAgent)),
    infection: listSources(facts.filter(isInfection)),
    lateEvents: listLateEventSources(record.judgement),
  };
}
