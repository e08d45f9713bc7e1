import type { Assessment, ResponseClass, SubjectAssessment } from '../../trial/assessment.ts';
import { countDaysBetween, listPossibleAges } from '../../trial/calendar-days.ts';
import { measureFollowUp } from '../../trial/endpoints/follow-up.ts';
import type { AdverseEventFact, Ethnicity, Fact, Lineage, PersonFact, Race } from '../../trial/facts.ts';
import { LINEAGES } from '../../trial/facts.ts';
import { findDeathDay, selectFactsKnownOn } from '../../trial/visits/clinical-course.ts';
import { deriveBirthDate, deriveEthnicity, deriveRaces, deriveSex } from '../demographics.ts';
import type { StudyInput, SubjectRecord } from '../export-format.ts';
import { collectCourseSources } from '../lineage/course-sources.ts';
import {
  findResourceNamer,
  formatResourceName,
  nameNothing,
  type ResourceNamer,
} from '../lineage/resource-names.ts';

/** How a subject left the period up to the last visit; `ongoing` while that period is not over for them. */
export type FlowDisposition =
  | 'completed'
  | 'died'
  | 'withdrawn'
  | 'off-study'
  | 'not-infused'
  | 'lost'
  | 'ongoing';

/** One adverse event, reduced to the data that the tables need. */
export interface ParticipantAdverseEvent {
  readonly term: string;
  readonly serious: boolean | null;
  /** Whether the term is the display of a code. Else it is free text that a hospital sent, perhaps more than a term. */
  readonly coded: boolean;
  readonly evidence: readonly string[];
}

/**
 * A subject reduced to the data that the registry's tables need. Only the subject number identifies them. `from`,
 * `evidence` and `…Evidence` list the resources from which a value was derived, by name.
 */
export interface Participant {
  readonly subject: string;
  /** null: the subject was never infused. */
  readonly infusionEvidence: readonly string[] | null;
  readonly disposition: FlowDisposition;
  /** The resources of the end of the course: the death, else the last contact. */
  readonly dispositionEvidence: readonly string[];
  /** null: no death is known. */
  readonly deathEvidence: readonly string[] | null;
  /** Age at enrolment; null without a birth date. */
  readonly age: {
    /** Completed years; the lower of two where a partial birth date allows two. */
    readonly years: number;
    readonly isExact: boolean;
    readonly evidence: readonly string[];
  } | null;
  /** null: neither female nor male was sent, or both. */
  readonly sex: { readonly word: 'Female' | 'Male'; readonly from: readonly string[] } | null;
  readonly races: readonly Race[] | 'unknown' | null;
  readonly ethnicity: Ethnicity | 'unknown' | null;
  /** Country of the site, ISO 3166-1 alpha-3; null where the site's file states none. */
  readonly country: string | null;
  /** The resources of birth date, sex, race and ethnicity. */
  readonly personEvidence: readonly string[];
  readonly severity: SubjectAssessment['severity'];
  readonly severityEvidence: readonly string[];
  readonly bestResponse: { readonly class: ResponseClass; readonly from: readonly string[] };
  /** The resources of the time to response of each lineage that responded. */
  readonly responseEvidence: Readonly<Partial<Record<Lineage, readonly string[]>>>;
  readonly adverseEvents: readonly ParticipantAdverseEvent[];
}

/**
 * Derives how a subject left the period up to the last visit. They completed it if they were followed at least to the
 * first day (`lastVisitFrom`, counted from day 0) of that visit's window. Before that day has come, it is ongoing.
 */
function deriveFlowDisposition(
  lastVisitFrom: number,
  input: { readonly record: SubjectRecord; readonly facts: readonly Fact[]; readonly asOf: string },
): FlowDisposition {
  const { record, facts, asOf } = input;
  const { dayZero } = record.judgement;
  if (dayZero !== null && measureFollowUp(dayZero, facts, asOf).days >= lastVisitFrom) return 'completed';
  if (findDeathDay(facts) !== null) return 'died';
  if (record.subject.status !== 'on-study') return record.subject.status;
  const since = dayZero ?? record.subject.enrolledOn;
  if (countDaysBetween(since, asOf) < lastVisitFrom) return 'ongoing';
  return dayZero === null ? 'not-infused' : 'lost';
}

function deriveAge(
  record: SubjectRecord,
  persons: readonly PersonFact[],
  evidence: readonly string[],
): Participant['age'] {
  const ages = listPossibleAges(deriveBirthDate(persons), record.subject.enrolledOn);
  const years = ages?.[0];
  return years === undefined ? null : { years, isExact: ages?.length === 1, evidence };
}

/** Derives the sex as the registry has it; null for other and unknown genders, for which it has no category. */
function deriveRegistrySex(persons: readonly PersonFact[], from: readonly string[]): Participant['sex'] {
  const sex = deriveSex(persons);
  if (sex !== 'female' && sex !== 'male') return null;
  return { word: sex === 'female' ? 'Female' : 'Male', from };
}

function collectResponseEvidence(
  assessments: readonly Assessment[],
  listEvidence: (lineage: Lineage) => readonly string[],
): Participant['responseEvidence'] {
  const responding = LINEAGES.filter((lineage) =>
    assessments.some(
      ({ kind, scope, value }) =>
        kind === 'time-to-lineage-response' && scope === lineage && value.kind === 'days',
    ),
  );
  return Object.fromEntries(responding.map((lineage) => [lineage, listEvidence(lineage)]));
}

/** Selects the class of the best response; NE where there is none yet. */
function selectBestResponseClass(assessments: readonly Assessment[]): ResponseClass {
  const best = assessments.find(({ kind }) => kind === 'best-response');
  return best?.value.kind === 'class' ? best.value.class : 'NE';
}

/** Lists the adverse events in an order that does not depend on the order of arrival. */
function listAdverseEvents(
  facts: readonly Fact[],
  nameResources: ResourceNamer,
): readonly ParticipantAdverseEvent[] {
  return facts
    .filter((fact): fact is AdverseEventFact => fact.kind === 'adverse-event')
    .map((fact) => ({ sortKey: `${formatResourceName(fact.sources[0])} ${fact.term.trim()}`, fact }))
    .sort((a, b) => (a.sortKey < b.sortKey ? -1 : 1))
    .map(({ fact }) => ({
      term: fact.term.trim(),
      serious: fact.serious,
      coded: fact.code !== null,
      evidence: nameResources(fact.sources),
    }));
}

/** Derives a participant as of the day of the report: later facts do not count. */
export function deriveParticipant(
  record: SubjectRecord,
  input: StudyInput,
  nameResources: ResourceNamer = findResourceNamer(record.facts),
): Participant {
  const { assessments, dayZero, severity } = record.judgement;
  const facts = selectFactsKnownOn(record.facts, input.asOf);
  const persons = facts.filter((fact): fact is PersonFact => fact.kind === 'person');
  const sources = collectCourseSources(record, input.asOf);
  const personEvidence = nameResources(sources.person);
  const lastVisit = input.protocol.visits.find(({ id }) => id === input.protocol.bestResponseBy);
  return {
    subject: record.subject.subject,
    infusionEvidence: dayZero === null ? null : nameResources(sources.infusions),
    disposition: deriveFlowDisposition(lastVisit?.from ?? 0, { record, facts, asOf: input.asOf }),
    dispositionEvidence: nameResources(sources.followUpEnd),
    deathEvidence: findDeathDay(facts) === null ? null : nameResources(sources.death),
    age: deriveAge(record, persons, personEvidence),
    sex: deriveRegistrySex(persons, personEvidence),
    races: deriveRaces(persons),
    ethnicity: deriveEthnicity(persons),
    country: record.country ?? null,
    personEvidence,
    severity,
    severityEvidence: nameResources(sources.severity),
    bestResponse: { class: selectBestResponseClass(assessments), from: nameResources(sources.bestResponse) },
    responseEvidence: collectResponseEvidence(assessments, (lineage) =>
      nameResources(sources.timeToResponse(lineage)),
    ),
    adverseEvents: listAdverseEvents(facts, nameResources),
  };
}

/** Creates a function that returns one object for equal parts: most parts of a hundred thousand subjects are equal. */
function createInterner(): <T extends object | null>(part: T) => T {
  const partByText = new Map<string, object | null>();
  return <T extends object | null>(part: T): T => {
    const text = JSON.stringify(part);
    const first = partByText.get(text);
    if (first !== undefined) return first as T;
    partByText.set(text, part);
    return part;
  };
}

/**
 * Derives all participants, one subject at a time and without the names of resources: a few hundred bytes are kept per
 * subject, independent of their number of facts. The traces derive each participant again, with names.
 */
export async function deriveParticipants(input: StudyInput): Promise<readonly Participant[]> {
  const participants: Participant[] = [];
  const intern = createInterner();
  for await (const record of input.readSubjects()) {
    const participant = deriveParticipant(record, input, nameNothing);
    participants.push({
      ...participant,
      age: intern(participant.age),
      sex: intern(participant.sex),
      bestResponse: intern(participant.bestResponse),
      responseEvidence: intern(participant.responseEvidence),
      adverseEvents: intern(participant.adverseEvents.map(intern)),
    });
  }
  return participants.sort((a, b) => (a.subject < b.subject ? -1 : 1));
}
