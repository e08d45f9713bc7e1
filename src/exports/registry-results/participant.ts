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

/** How a subject left the period up to the last visit; `ongoing` where the period is not over for him. */
export type FlowDisposition =
  | 'completed'
  | 'died'
  | 'withdrawn'
  | 'off-study'
  | 'not-infused'
  | 'lost'
  | 'ongoing';

/** One adverse event, reduced to what the tables need. */
export interface ParticipantAdverseEvent {
  readonly term: string;
  readonly serious: boolean | null;
  /** Whether the term is a code's display; else it is a hospital's free text, which may say more than a term. */
  readonly coded: boolean;
  readonly evidence: readonly string[];
}

/**
 * A subject reduced to what the registry's tables need. Nothing here names him but the subject number; what is `from` or
 * `…From` are the resources that say so.
 */
export interface Participant {
  readonly subject: string;
  readonly infusionEvidence: readonly string[] | null;
  readonly disposition: FlowDisposition;
  /** The resources that say how the course ended: the death, or the last contact. */
  readonly dispositionEvidence: readonly string[];
  readonly deathEvidence: readonly string[] | null;
  readonly age: {
    readonly years: number;
    readonly isExact: boolean;
    readonly evidence: readonly string[];
  } | null;
  readonly sex: { readonly word: 'Female' | 'Male'; readonly from: readonly string[] } | null;
  readonly races: readonly Race[] | 'unknown' | null;
  readonly ethnicity: Ethnicity | 'unknown' | null;
  /** Country of the site, ISO 3166-1 alpha-3; null where the site's file does not say. */
  readonly country: string | null;
  /** What states the person's own data. */
  readonly personEvidence: readonly string[];
  readonly severity: SubjectAssessment['severity'];
  readonly severityEvidence: readonly string[];
  readonly bestResponse: { readonly class: ResponseClass; readonly from: readonly string[] };
  /** The resources behind the time to response of each lineage that responded. */
  readonly responseEvidence: Readonly<Partial<Record<Lineage, readonly string[]>>>;
  readonly adverseEvents: readonly ParticipantAdverseEvent[];
}

/** Completed: followed at least to the first day of the last visit's window. */
function deriveFlowDisposition(
  lastVisitFrom: number,
  input: { readonly record: SubjectRecord; readonly facts: readonly Fact[]; readonly asOf: string },
): FlowDisposition {
  const { record, facts, asOf } = input;
  const { dayZero } = record.judgement;
  const died = findDeathDay(facts) !== null;
  if (dayZero !== null && measureFollowUp(dayZero, facts, asOf).days >= lastVisitFrom) return 'completed';
  if (died) return 'died';
  if (record.subject.status !== 'on-study') return record.subject.status;
  const since = dayZero ?? record.subject.enrolledOn;
  if (countDaysBetween(since, asOf) < lastVisitFrom) return 'ongoing';
  return dayZero === null ? 'not-infused' : 'lost';
}

function deriveAge(
  record: SubjectRecord,
  persons: readonly PersonFact[],
  from: readonly string[],
): Participant['age'] {
  const ages = listPossibleAges(deriveBirthDate(persons), record.subject.enrolledOn);
  const years = ages?.[0];
  return years === undefined ? null : { years, isExact: ages?.length === 1, evidence: from };
}

/** The registry has no category for other and unknown genders. */
function deriveRegistrySex(persons: readonly PersonFact[], from: readonly string[]): Participant['sex'] {
  const sex = deriveSex(persons);
  if (sex !== 'female' && sex !== 'male') return null;
  return { word: sex === 'female' ? 'Female' : 'Male', from };
}

function collectResponseEvidence(
  assessments: readonly Assessment[],
  time: (lineage: Lineage) => readonly string[],
): Participant['responseEvidence'] {
  const met = LINEAGES.filter((lineage) =>
    assessments.some(
      (a) => a.kind === 'time-to-lineage-response' && a.scope === lineage && a.value.kind === 'days',
    ),
  );
  return Object.fromEntries(met.map((lineage) => [lineage, time(lineage)]));
}

function selectBestResponseClass(assessments: readonly Assessment[]): ResponseClass {
  const best = assessments.find((a) => a.kind === 'best-response');
  return best?.value.kind === 'class' ? best.value.class : 'NE';
}

function listAdverseEvents(facts: readonly Fact[], names: ResourceNamer): readonly ParticipantAdverseEvent[] {
  return facts
    .filter((fact): fact is AdverseEventFact => fact.kind === 'adverse-event')
    .map((fact) => ({ place: `${formatResourceName(fact.sources[0])} ${fact.term.trim()}`, fact }))
    .sort((a, b) => (a.place < b.place ? -1 : 1))
    .map(({ fact }) => ({
      term: fact.term.trim(),
      serious: fact.serious,
      coded: fact.code !== null,
      evidence: names(fact.sources),
    }));
}

/** One subject as the registry's tables see him on the day of the report; later facts are not known yet. */
export function deriveParticipant(
  record: SubjectRecord,
  input: StudyInput,
  names: ResourceNamer = findResourceNamer(record.facts),
): Participant {
  const { assessments, dayZero, severity } = record.judgement;
  const facts = selectFactsKnownOn(record.facts, input.asOf);
  const persons = facts.filter((fact): fact is PersonFact => fact.kind === 'person');
  const sources = collectCourseSources(record, input.asOf);
  const person = names(sources.person);
  const window = input.protocol.visits.find(({ id }) => id === input.protocol.bestResponseBy);
  return {
    subject: record.subject.subject,
    infusionEvidence: dayZero === null ? null : names(sources.infusions),
    disposition: deriveFlowDisposition(window?.from ?? 0, { record, facts, asOf: input.asOf }),
    dispositionEvidence: names(sources.followUpEnd),
    deathEvidence: findDeathDay(facts) === null ? null : names(sources.death),
    age: deriveAge(record, persons, person),
    sex: deriveRegistrySex(persons, person),
    races: deriveRaces(persons),
    ethnicity: deriveEthnicity(persons),
    country: record.country ?? null,
    personEvidence: person,
    severity,
    severityEvidence: names(sources.severity),
    bestResponse: { class: selectBestResponseClass(assessments), from: names(sources.bestResponse) },
    responseEvidence: collectResponseEvidence(assessments, (lineage) =>
      names(sources.timeToResponse(lineage)),
    ),
    adverseEvents: listAdverseEvents(facts, names),
  };
}

/** Equal parts of participants become one: of a hundred thousand subjects most parts are alike. */
function createInterner(): <T extends object | null>(part: T) => T {
  const known = new Map<string, object | null>();
  return <T extends object | null>(part: T): T => {
    const text = JSON.stringify(part);
    const first = known.get(text);
    if (first !== undefined) return first as T;
    known.set(text, part);
    return part;
  };
}

/**
 * All subjects, reduced one at a time and without the names of resources: some hundred bytes are kept of each, however
 * many facts he has. Who stands behind a figure is asked again, one by one.
 */
export async function deriveParticipants(input: StudyInput): Promise<readonly Participant[]> {
  const all: Participant[] = [];
  const shared = createInterner();
  for await (const record of input.readSubjects()) {
    const one = deriveParticipant(record, input, nameNothing);
    all.push({
      ...one,
      age: shared(one.age),
      sex: shared(one.sex),
      bestResponse: shared(one.bestResponse),
      responseEvidence: shared(one.responseEvidence),
      adverseEvents: shared(one.adverseEvents.map(shared)),
    });
  }
  return all.sort((a, b) => (a.subject < b.subject ? -1 : 1));
}
