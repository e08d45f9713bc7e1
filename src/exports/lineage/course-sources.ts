import type { Assessment, CriterionTrace } from '../../trial/assessment.ts';
import { findLastContact } from '../../trial/endpoints/follow-up.ts';
import type { Fact, Lineage, Source } from '../../trial/facts.ts';
import { selectFactsKnownOn } from '../../trial/visits/clinical-course.ts';
import type { SubjectRecord } from '../export-format.ts';
import type { SubjectTrace } from '../provenance-trace.ts';
import { findResourceNamer } from './resource-names.ts';

/** The sources of a subject's course, part by part. Facts dated after the as-of day do not count. */
export interface CourseSources {
  readonly person: readonly Source[];
  /** Infusions that were given, in whole or in part. */
  readonly infusions: readonly Source[];
  readonly death: readonly Source[];
  /** The end of follow-up so far: the death, else the last contact. */
  readonly followUpEnd: readonly Source[];
  readonly severity: readonly Source[];
  readonly bestResponse: readonly Source[];
  /** The event that censored the observation, and everything that was evaluated for relapse and clonal evolution. */
  readonly laterEvents: readonly Source[];
  timeToResponse(lineage: Lineage): readonly Source[];
}

/** Lists the sources of facts, in order. */
export const listSources = (facts: readonly Fact[]): readonly Source[] =>
  facts.flatMap(({ sources }) => sources);

/** Lists all sources of an assessment; empty where there is no assessment. */
export function listAssessmentSources(assessment: Assessment | undefined): readonly Source[] {
  return assessment ? [...assessment.evidence, ...assessment.supporting] : [];
}

/** Lists everything that a criterion evaluated, down to its parts. */
export function listInputSources(trace: CriterionTrace): readonly Source[] {
  const inputs = trace.inputs.flatMap(({ source, also = [] }) => [source, ...also]);
  return [...inputs, ...trace.of.flatMap(listInputSources)];
}

/** Collects the sources of a subject's course as known on a day (`YYYY-MM-DD`). */
export function collectCourseSources(record: SubjectRecord, asOf: string): CourseSources {
  const facts = selectFactsKnownOn(record.facts, asOf);
  const { assessments, severityTrace, censored, relapse, clonalEvolution } = record.judgement;
  const { severityAtDiagnosis, investigator = [] } = record.judgement;
  const death = listSources(facts.filter(({ kind }) => kind === 'death'));
  const lastContact = findLastContact(facts, asOf);
  return {
    person: listSources(facts.filter(({ kind }) => kind === 'person')),
    infusions: listSources(facts.filter((fact) => fact.kind === 'infusion' && fact.status !== 'not-done')),
    death,
    followUpEnd: death.length > 0 || lastContact === null ? death : lastContact.fact.sources,
    severity: [
      ...(severityAtDiagnosis ? (severityAtDiagnosis.contradictory ?? [severityAtDiagnosis.source]) : []),
      ...severityTrace.flatMap(listInputSources),
    ],
    bestResponse: [
      ...listAssessmentSources(assessments.find(({ kind }) => kind === 'best-response')),
      ...investigator.filter(({ kind }) => kind === 'best-response').map(({ source }) => source),
    ],
    laterEvents: [
      ...(censored ? [censored.source] : []),
      ...[...(relapse?.trace ?? []), ...(clonalEvolution?.trace ?? [])].flatMap(listInputSources),
    ],
    timeToResponse: (lineage) =>
      listAssessmentSources(
        assessments.find(({ kind, scope }) => kind === 'time-to-lineage-response' && scope === lineage),
      ),
  };
}

/** Lists all sources of a subject's course together, except those of the times to response. */
export function listCourseSources(record: SubjectRecord, asOf: string): readonly Source[] {
  const { person, infusions, followUpEnd, severity, bestResponse, laterEvents } = collectCourseSources(
    record,
    asOf,
  );
  return [...person, ...infusions, ...followUpEnd, ...severity, ...bestResponse, ...laterEvents];
}

/**
 * Builds the trace line with every resource that states a fact of a subject; a format writes it once per subject. From
 * it, two exports show which resource changed, even one that contributes to a figure in only one of them.
 */
export function buildSubjectTrace({ subject, facts }: SubjectRecord): SubjectTrace {
  const { site, status, enrolledOn, consentedOn } = subject;
  const contradicting = facts.flatMap((fact) =>
    fact.kind === 'lab' ? (fact.contradicted ?? []).map(({ source }) => source) : [],
  );
  return {
    subject: subject.subject,
    enrolment: `${status} at ${site}, consented ${consentedOn}, enrolled ${enrolledOn}`,
    stated: findResourceNamer(facts)([...listSources(facts), ...contradicting]),
  };
}
