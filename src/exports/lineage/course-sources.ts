import type { Assessment, CriterionTrace } from '../../trial/assessment.ts';
import { findLastContact } from '../../trial/endpoints/follow-up.ts';
import type { Fact, Lineage, Source } from '../../trial/facts.ts';
import { selectFactsKnownOn } from '../../trial/visits/clinical-course.ts';
import type { SubjectRecord } from '../export-format.ts';
import type { SubjectTrace } from '../provenance-trace.ts';
import { findResourceNamer } from './resource-names.ts';

/** What a subject's course rests on, part by part. Nothing dated after the day of judging counts. */
export interface CourseSources {
  readonly person: readonly Source[];
  /** Infusions given, partly given ones included. */
  readonly infusions: readonly Source[];
  readonly death: readonly Source[];
  /** How the course ended so far: the death, else the last contact. */
  readonly followUpEnd: readonly Source[];
  readonly severity: readonly Source[];
  readonly bestResponse: readonly Source[];
  /** What ended the observation, and what was looked at for relapse and clonal evolution. */
  readonly laterEvents: readonly Source[];
  timeToResponse(lineage: Lineage): readonly Source[];
}

const listSources = (facts: readonly Fact[]): readonly Source[] => facts.flatMap(({ sources }) => sources);

/** Everything that an assessment rests on; nothing where there is none. */
export function listAssessmentSources(assessment: Assessment | undefined): readonly Source[] {
  return assessment ? [...assessment.evidence, ...assessment.supporting] : [];
}

/** Everything that a criterion looked at, down to its parts. */
export function listInputSources(trace: CriterionTrace): readonly Source[] {
  const own = trace.inputs.flatMap(({ source, also = [] }) => [source, ...also]);
  return [...own, ...trace.of.flatMap(listInputSources)];
}

/** The sources of one subject's course as known on a day. */
export function collectCourseSources(record: SubjectRecord, asOf: string): CourseSources {
  const facts = selectFactsKnownOn(record.facts, asOf);
  const { assessments, severityTrace, censored, relapse, clonalEvolution } = record.judgement;
  const death = listSources(facts.filter(({ kind }) => kind === 'death'));
  const contact = findLastContact(facts, asOf);
  return {
    person: listSources(facts.filter(({ kind }) => kind === 'person')),
    infusions: listSources(facts.filter((fact) => fact.kind === 'infusion' && fact.status !== 'not-done')),
    death,
    followUpEnd: death.length > 0 || contact === null ? death : contact.fact.sources,
    severity: severityTrace.flatMap(listInputSources),
    bestResponse: listAssessmentSources(assessments.find(({ kind }) => kind === 'best-response')),
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

/** All of it together but the times to response. */
export function listCourseSources(record: SubjectRecord, asOf: string): readonly Source[] {
  const {
    person,
    infusions,
    followUpEnd: end,
    severity,
    bestResponse: best,
    laterEvents: later,
  } = collectCourseSources(record, asOf);
  return [...person, ...infusions, ...end, ...severity, ...best, ...later];
}

/**
 * Everything that is known of a subject, by name: a format gives it once for each. Two exports then tell which resource
 * changed, also where it is behind a figure in one of them only.
 */
export function buildSubjectTrace({ subject, facts }: SubjectRecord): SubjectTrace {
  const { site, status, enrolledOn, consentedOn } = subject;
  const against = facts.flatMap((fact) =>
    fact.kind === 'lab' ? (fact.contradicted ?? []).map(({ source }) => source) : [],
  );
  return {
    subject: subject.subject,
    enrolment: `${status} at ${site}, consented ${consentedOn}, enrolled ${enrolledOn}`,
    stated: findResourceNamer(facts)([...listSources(facts), ...against]),
  };
}
