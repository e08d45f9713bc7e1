import type { Assessment, Judgement, ResponseClass } from '../../trial/assessment.ts';
import { agesOn, daysBetween } from '../../trial/days.ts';
import { followUpOf } from '../../trial/endpoints/follow-up.ts';
import type { AdverseEventFact, Ethnicity, Fact, Lineage, PersonFact, Race } from '../../trial/facts.ts';
import { LINEAGES } from '../../trial/facts.ts';
import { deathDayIn, factsKnownOn } from '../../trial/visits/course.ts';
import type { StudyInput, SubjectRecord } from '../format.ts';
import { ethnicityOf, racesOf } from '../origin.ts';
import { courseSources } from '../trace/course-sources.ts';
import { type Naming, namingOf, resourceOf, unnamed } from '../trace/source-names.ts';

/** How a subject left the period up to the last visit; `ongoing` where the period is not over for him. */
export type Course = 'completed' | 'died' | 'withdrawn' | 'off-study' | 'not-infused' | 'lost' | 'ongoing';

/** One adverse event, reduced to what the tables need. */
export interface HarmRow {
  readonly term: string;
  readonly serious: boolean | null;
  /** Whether the term is a code's display; else it is a hospital's free text, which may say more than a term. */
  readonly coded: boolean;
  readonly resources: readonly string[];
}

/**
 * A subject reduced to what the registry's tables need. Nothing here names him but the subject number; what is `from` or
 * `…From` are the resources that say so.
 */
export interface Participant {
  readonly subject: string;
  readonly infused: readonly string[] | null;
  readonly course: Course;
  /** The resources that say how the course ended: the death, or the last contact. */
  readonly courseFrom: readonly string[];
  readonly death: readonly string[] | null;
  readonly age: { readonly years: number; readonly sure: boolean; readonly from: readonly string[] } | null;
  readonly sex: { readonly word: 'Female' | 'Male'; readonly from: readonly string[] } | null;
  readonly races: readonly Race[] | 'unknown' | null;
  readonly ethnicity: Ethnicity | 'unknown' | null;
  /** Country of the site, ISO 3166-1 alpha-3; null where the site's file does not say. */
  readonly country: string | null;
  /** What states the person's own data. */
  readonly personFrom: readonly string[];
  readonly severity: Judgement['severity'];
  readonly severityFrom: readonly string[];
  readonly best: { readonly class: ResponseClass; readonly from: readonly string[] };
  /** The resources behind the time to response of each lineage that responded. */
  readonly times: Readonly<Partial<Record<Lineage, readonly string[]>>>;
  readonly harms: readonly HarmRow[];
}

/** Completed: followed at least to the first day of the last visit's window. */
function courseTo(
  lastVisitFrom: number,
  input: { readonly record: SubjectRecord; readonly facts: readonly Fact[]; readonly asOf: string },
): Course {
  const { record, facts, asOf } = input;
  const { dayZero } = record.judgement;
  const died = deathDayIn(facts) !== null;
  if (dayZero !== null && followUpOf(dayZero, facts, asOf).days >= lastVisitFrom) return 'completed';
  if (died) return 'died';
  if (record.subject.status !== 'on-study') return record.subject.status;
  const since = dayZero ?? record.subject.enrolledOn;
  if (daysBetween(since, asOf) < lastVisitFrom) return 'ongoing';
  return dayZero === null ? 'not-infused' : 'lost';
}

function ageOf(
  record: SubjectRecord,
  persons: readonly PersonFact[],
  from: readonly string[],
): Participant['age'] {
  const birthDate = persons.find((person) => person.birthDate !== null)?.birthDate ?? null;
  const ages = agesOn(birthDate, record.subject.enrolledOn);
  const years = ages?.[0];
  return years === undefined ? null : { years, sure: ages?.length === 1, from };
}

function sexOf(persons: readonly PersonFact[], from: readonly string[]): Participant['sex'] {
  const known = new Set(persons.map(({ sex }) => sex).filter((sex) => sex === 'female' || sex === 'male'));
  if (known.size !== 1) return null;
  return { word: known.has('female') ? 'Female' : 'Male', from };
}

function timesOf(
  assessments: readonly Assessment[],
  time: (lineage: Lineage) => readonly string[],
): Participant['times'] {
  const met = LINEAGES.filter((lineage) =>
    assessments.some(
      (a) => a.kind === 'time-to-lineage-response' && a.scope === lineage && a.value.kind === 'days',
    ),
  );
  return Object.fromEntries(met.map((lineage) => [lineage, time(lineage)]));
}

function classOf(assessments: readonly Assessment[]): ResponseClass {
  const best = assessments.find((a) => a.kind === 'best-response');
  return best?.value.kind === 'class' ? best.value.class : 'NE';
}

function harmsOf(facts: readonly Fact[], names: Naming): readonly HarmRow[] {
  return facts
    .filter((fact): fact is AdverseEventFact => fact.kind === 'adverse-event')
    .map((fact) => ({ place: `${resourceOf(fact.sources[0])} ${fact.term.trim()}`, fact }))
    .sort((a, b) => (a.place < b.place ? -1 : 1))
    .map(({ fact }) => ({
      term: fact.term.trim(),
      serious: fact.serious,
      coded: fact.code !== null,
      resources: names(fact.sources),
    }));
}

/** One subject as the registry's tables see him on the day of the report; later facts are not known yet. */
export function participantOf(
  record: SubjectRecord,
  input: StudyInput,
  names: Naming = namingOf(record.facts),
): Participant {
  const { assessments, dayZero, severity } = record.judgement;
  const facts = factsKnownOn(record.facts, input.asOf);
  const persons = facts.filter((fact): fact is PersonFact => fact.kind === 'person');
  const sources = courseSources(record, input.asOf);
  const person = names(sources.person);
  const window = input.protocol.visits.find(({ id }) => id === input.protocol.bestResponseBy);
  return {
    subject: record.subject.subject,
    infused: dayZero === null ? null : names(sources.infusions),
    course: courseTo(window?.from ?? 0, { record, facts, asOf: input.asOf }),
    courseFrom: names(sources.end),
    death: deathDayIn(facts) === null ? null : names(sources.death),
    age: ageOf(record, persons, person),
    sex: sexOf(persons, person),
    races: racesOf(persons),
    ethnicity: ethnicityOf(persons),
    country: record.country ?? null,
    personFrom: person,
    severity,
    severityFrom: names(sources.severity),
    best: { class: classOf(assessments), from: names(sources.best) },
    times: timesOf(assessments, (lineage) => names(sources.time(lineage))),
    harms: harmsOf(facts, names),
  };
}

/** Equal parts of participants become one: of a hundred thousand subjects most parts are alike. */
function sharing(): <T extends object | null>(part: T) => T {
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
export async function participantsOf(input: StudyInput): Promise<readonly Participant[]> {
  const all: Participant[] = [];
  const shared = sharing();
  for await (const record of input.subjects()) {
    const one = participantOf(record, input, unnamed);
    all.push({
      ...one,
      age: shared(one.age),
      sex: shared(one.sex),
      best: shared(one.best),
      times: shared(one.times),
      harms: shared(one.harms.map(shared)),
    });
  }
  return all.sort((a, b) => (a.subject < b.subject ? -1 : 1));
}
