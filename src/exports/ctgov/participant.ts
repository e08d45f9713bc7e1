import type { Assessment, Judgement, ResponseClass } from '../../trial/assessment.ts';
import { agesOn, daysBetween } from '../../trial/days.ts';
import { followUpOf } from '../../trial/endpoints/follow-up.ts';
import type {
  AdverseEventFact,
  Ethnicity,
  Fact,
  Lineage,
  PersonFact,
  Race,
  Source,
} from '../../trial/facts.ts';
import { LINEAGES } from '../../trial/facts.ts';
import { deathDayIn, factsKnownOn } from '../../trial/visits/course.ts';
import type { StudyInput, SubjectRecord } from '../format.ts';
import { ethnicityOf, racesOf } from '../origin.ts';
import type { Evidence } from './model.ts';

/** How a subject left the period up to the last visit; `ongoing` where the period is not over for him. */
export type Course = 'completed' | 'died' | 'withdrawn' | 'off-study' | 'not-infused' | 'lost' | 'ongoing';

/** One adverse event, reduced to what the tables need. */
export interface HarmRow {
  readonly term: string;
  readonly serious: boolean | null;
  /** Whether the term is a code's display; else it is a hospital's free text, which may say more than a term. */
  readonly coded: boolean;
  readonly source: string;
}

/** A subject reduced to what the registry's tables need. Nothing here names him but the subject number. */
export interface Participant {
  readonly subject: string;
  readonly infused: Evidence | null;
  readonly course: Course;
  /** The resources that say how the course ended: the death, or the last contact. */
  readonly courseFrom: readonly string[];
  readonly death: Evidence | null;
  readonly age: { readonly years: number; readonly sure: boolean; readonly from: Evidence } | null;
  readonly sex: { readonly word: 'Female' | 'Male'; readonly from: Evidence } | null;
  readonly races: readonly Race[] | 'unknown' | null;
  readonly ethnicity: Ethnicity | 'unknown' | null;
  /** Country of the site, ISO 3166-1 alpha-3; null where the site's file does not say. */
  readonly country: string | null;
  /** What states the person's own data. */
  readonly personFrom: Evidence;
  /** The enrolment, which no resource need state. */
  readonly enrolledFrom: Evidence;
  readonly severity: Judgement['severity'];
  readonly severityFrom: Evidence;
  readonly best: { readonly class: ResponseClass; readonly from: Evidence };
  readonly times: Readonly<Partial<Record<Lineage, { readonly days: number; readonly from: Evidence }>>>;
  readonly harms: readonly HarmRow[];
}

/**
 * A resource as a trace names it: `site-1/Observation/o1@2`. A Patient's id is the patient's number in the hospital:
 * it is left out.
 */
export function nameOf({ site, resourceType, id, version }: Source): string {
  if (resourceType === 'Patient') return `${site}/Patient`;
  return `${site}/${resourceType}/${id}${version === null ? '' : `@${version}`}`;
}

function namesOf(sources: readonly Source[]): readonly string[] {
  return [...new Set(sources.map(nameOf))].sort();
}

const factNames = (facts: readonly Fact[]): readonly string[] =>
  namesOf(facts.flatMap(({ sources }) => sources));

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

function ageOf(record: SubjectRecord, persons: readonly PersonFact[], from: Evidence): Participant['age'] {
  const birthDate = persons.find((person) => person.birthDate !== null)?.birthDate ?? null;
  const ages = agesOn(birthDate, record.subject.enrolledOn);
  const years = ages?.[0];
  return years === undefined ? null : { years, sure: ages?.length === 1, from };
}

function sexOf(persons: readonly PersonFact[], from: Evidence): Participant['sex'] {
  const known = new Set(persons.map(({ sex }) => sex).filter((sex) => sex === 'female' || sex === 'male'));
  if (known.size !== 1) return null;
  return { word: known.has('female') ? 'Female' : 'Male', from };
}

function timesOf(subject: string, assessments: readonly Assessment[]): Participant['times'] {
  const found = LINEAGES.flatMap((lineage) => {
    const one = assessments.find((a) => a.kind === 'time-to-lineage-response' && a.scope === lineage);
    if (one?.value.kind !== 'days') return [];
    const from = { subject, resources: namesOf([...one.evidence, ...one.supporting]) };
    return [[lineage, { days: one.value.days, from }] as const];
  });
  return Object.fromEntries(found);
}

function bestOf(subject: string, assessments: readonly Assessment[]): Participant['best'] {
  const best = assessments.find((a) => a.kind === 'best-response');
  return {
    class: best?.value.kind === 'class' ? best.value.class : 'NE',
    from: { subject, resources: namesOf([...(best?.evidence ?? []), ...(best?.supporting ?? [])]) },
  };
}

function harmsOf(facts: readonly Fact[]): readonly HarmRow[] {
  return facts
    .filter((fact): fact is AdverseEventFact => fact.kind === 'adverse-event')
    .map((fact) => ({
      term: fact.term.trim(),
      serious: fact.serious,
      coded: fact.code !== null,
      source: nameOf(fact.sources[0]),
    }))
    .sort((a, b) => (`${a.source} ${a.term}` < `${b.source} ${b.term}` ? -1 : 1));
}

function severityNames({ judgement }: SubjectRecord): readonly string[] {
  const inputs = judgement.severityTrace.flatMap(function below(trace): readonly Source[] {
    return [...trace.inputs.map(({ source }) => source), ...trace.of.flatMap(below)];
  });
  return namesOf(inputs);
}

/** The latest facts that show contact: at most one, so that a trace stays readable. */
function lastContact(facts: readonly Fact[]): readonly Fact[] {
  const contacts = facts.filter(({ kind }) => kind !== 'person' && kind !== 'death');
  const later = (a: Fact, b: Fact): Fact =>
    b.at.latestDay > a.at.latestDay || (b.at.latestDay === a.at.latestDay && b.key > a.key) ? b : a;
  return contacts.length === 0 ? [] : [contacts.reduce(later)];
}

/** One subject as the registry's tables see him on the day of the report; later facts are not known yet. */
export function participantOf(record: SubjectRecord, input: StudyInput): Participant {
  const { subject } = record.subject;
  const { assessments, dayZero, severity } = record.judgement;
  const facts = factsKnownOn(record.facts, input.asOf);
  const persons = facts.filter((fact): fact is PersonFact => fact.kind === 'person');
  const personFrom = { subject, resources: factNames(persons) };
  const deaths = facts.filter(({ kind }) => kind === 'death');
  const infusions = facts.filter((fact) => fact.kind === 'infusion' && fact.status !== 'not-done');
  const window = input.protocol.visits.find(({ id }) => id === input.protocol.bestResponseBy);
  const contact = lastContact(facts);
  return {
    subject,
    infused: dayZero === null ? null : { subject, resources: factNames(infusions) },
    course: courseTo(window?.from ?? 0, { record, facts, asOf: input.asOf }),
    courseFrom: factNames(deaths.length > 0 ? deaths : contact),
    death: deaths.length === 0 ? null : { subject, resources: factNames(deaths) },
    age: ageOf(record, persons, personFrom),
    sex: sexOf(persons, personFrom),
    races: racesOf(persons),
    ethnicity: ethnicityOf(persons),
    country: record.country ?? null,
    personFrom,
    enrolledFrom: { subject, resources: [] },
    severity,
    severityFrom: { subject, resources: severityNames(record) },
    best: bestOf(subject, assessments),
    times: timesOf(subject, assessments),
    harms: harmsOf(facts),
  };
}

/** All subjects, reduced one at a time, so that no more than one subject's facts are in memory. */
export async function participantsOf(input: StudyInput): Promise<readonly Participant[]> {
  const all: Participant[] = [];
  for await (const record of input.subjects()) all.push(participantOf(record, input));
  return all.sort((a, b) => (a.subject < b.subject ? -1 : 1));
}
