import type { Assessment, Trace } from '../../trial/assessment.ts';
import { lastContactIn } from '../../trial/endpoints/follow-up.ts';
import type { Fact, Lineage, Source } from '../../trial/facts.ts';
import { factsKnownOn } from '../../trial/visits/course.ts';
import type { SubjectRecord } from '../format.ts';
import { namingOf } from './source-names.ts';
import type { SubjectTrace } from './trace.ts';

/** What a subject's course rests on, part by part. Nothing dated after the day of judging counts. */
export interface CourseSources {
  readonly person: readonly Source[];
  /** Infusions given, partly given ones included. */
  readonly infusions: readonly Source[];
  readonly death: readonly Source[];
  /** How the course ended so far: the death, else the last contact. */
  readonly end: readonly Source[];
  readonly severity: readonly Source[];
  readonly best: readonly Source[];
  /** What ended the observation, and what was looked at for relapse and clonal evolution. */
  readonly later: readonly Source[];
  time(lineage: Lineage): readonly Source[];
}

const sourcesIn = (facts: readonly Fact[]): readonly Source[] => facts.flatMap(({ sources }) => sources);

/** Everything that an assessment rests on; nothing where there is none. */
export function assessmentSources(assessment: Assessment | undefined): readonly Source[] {
  return assessment ? [...assessment.evidence, ...assessment.supporting] : [];
}

/** Everything that a criterion looked at, down to its parts. */
export function inputsOf(trace: Trace): readonly Source[] {
  const own = trace.inputs.flatMap(({ source, also = [] }) => [source, ...also]);
  return [...own, ...trace.of.flatMap(inputsOf)];
}

/** The sources of one subject's course as known on a day. */
export function courseSources(record: SubjectRecord, asOf: string): CourseSources {
  const facts = factsKnownOn(record.facts, asOf);
  const { assessments, severityTrace, censored, relapse, clonalEvolution } = record.judgement;
  const death = sourcesIn(facts.filter(({ kind }) => kind === 'death'));
  const contact = lastContactIn(facts, asOf);
  return {
    person: sourcesIn(facts.filter(({ kind }) => kind === 'person')),
    infusions: sourcesIn(facts.filter((fact) => fact.kind === 'infusion' && fact.status !== 'not-done')),
    death,
    end: death.length > 0 || contact === null ? death : contact.fact.sources,
    severity: severityTrace.flatMap(inputsOf),
    best: assessmentSources(assessments.find(({ kind }) => kind === 'best-response')),
    later: [
      ...(censored ? [censored.source] : []),
      ...[...(relapse?.trace ?? []), ...(clonalEvolution?.trace ?? [])].flatMap(inputsOf),
    ],
    time: (lineage) =>
      assessmentSources(
        assessments.find(({ kind, scope }) => kind === 'time-to-lineage-response' && scope === lineage),
      ),
  };
}

/** All of it together but the times to response. */
export function wholeCourse(record: SubjectRecord, asOf: string): readonly Source[] {
  const { person, infusions, end, severity, best, later } = courseSources(record, asOf);
  return [...person, ...infusions, ...end, ...severity, ...best, ...later];
}

/**
 * Everything that is known of a subject, by name: a format gives it once for each. Two exports then tell which resource
 * changed, also where it is behind a figure in one of them only.
 */
export function subjectTrace({ subject, facts }: SubjectRecord): SubjectTrace {
  const { site, status, enrolledOn, consentedOn } = subject;
  const against = facts.flatMap((fact) =>
    fact.kind === 'lab' ? (fact.contradicted ?? []).map(({ source }) => source) : [],
  );
  return {
    subject: subject.subject,
    enrolment: `${status} at ${site}, consented ${consentedOn}, enrolled ${enrolledOn}`,
    stated: namingOf(facts)([...sourcesIn(facts), ...against]),
  };
}
