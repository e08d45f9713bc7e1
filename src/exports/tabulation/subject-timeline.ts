import { countDaysBetween, resolveDay } from '../../trial/calendar-days.ts';
import { listGivenInfusions } from '../../trial/dosing/given-infusions.ts';
import type { DeathFact, Fact, InfusionFact, Moment } from '../../trial/facts.ts';
import type { Protocol } from '../../trial/protocol.ts';
import { findDeathDay, selectFactsKnownOn } from '../../trial/visits/clinical-course.ts';
import type { StudyInput, SubjectRecord } from '../export-format.ts';
import { deriveEndDate, deriveStartDay, formatStartDate } from './sdtm-dates.ts';
import { deriveSubjectElements, type SubjectElement } from './trial-elements.ts';
import { assignVisits, type NumberedVisit, type SubjectVisits } from './visit-numbers.ts';

/** The study as datasets need it: its identifier in the files, the protocol, the day of assessment. */
export interface StudyContext {
  readonly id: string;
  /** Day (`YYYY-MM-DD`) as of which the study was assessed. */
  readonly asOf: string;
  readonly protocol: Protocol;
  readonly input: StudyInput;
}

/** Creates the study's context. A draft has a placeholder id, so that it cannot be mistaken for the study. */
export function createStudyContext(input: StudyInput): StudyContext {
  const id = input.draft ? 'DRAFT-NOT-FOR-UPLOAD' : input.protocol.id;
  return { id, asOf: input.asOf, protocol: input.protocol, input };
}

/** One subject's facts as of the day of assessment, along the study's days, elements and visits. */
export interface SubjectTimeline {
  readonly study: StudyContext;
  readonly record: SubjectRecord;
  readonly usubjid: string;
  readonly facts: readonly Fact[];
  /** Site-local day of the first infusion given; null before it. */
  readonly dayZero: string | null;
  readonly firstDose: Moment | null;
  readonly lastDose: Moment | null;
  readonly givenInfusions: readonly InfusionFact[];
  /** The statement of death that counts: the one with the earliest last possible day. */
  readonly death: DeathFact | null;
  /** Day of death, else the last day for which there is a fact, else the day of consent. */
  readonly lastContact: string;
  readonly elements: readonly SubjectElement[];
  readonly visits: SubjectVisits;
}

/** Selects the facts of one kind. */
export function selectFactsOfKind<K extends Fact['kind']>(
  facts: readonly Fact[],
  kind: K,
): readonly Extract<Fact, { kind: K }>[] {
  return facts.filter((fact): fact is Extract<Fact, { kind: K }> => fact.kind === kind);
}

/** Derives the last day for which there is a fact, not after the day of assessment; a partial date ends on its last day. */
function deriveLastContact(facts: readonly Fact[], consentedOn: string, asOf: string): string {
  const days = facts.flatMap((fact) =>
    fact.kind === 'person' || fact.kind === 'adjudication'
      ? []
      : [resolveDay(fact.at) === null ? fact.at.earliestDay : fact.at.latestDay],
  );
  return days
    .map((day) => (day < asOf ? day : asOf))
    .reduce((last, day) => (day > last ? day : last), consentedOn);
}

function findDeath(facts: readonly Fact[]): DeathFact | null {
  const day = findDeathDay(facts);
  return selectFactsOfKind(facts, 'death').find((death) => death.at.latestDay === day) ?? null;
}

/** Builds one subject's timeline. Nothing dated after the day of assessment counts. */
export function buildTimeline(study: StudyContext, record: SubjectRecord): SubjectTimeline {
  const { subject } = record;
  const { protocol, asOf } = study;
  const facts = selectFactsKnownOn(record.facts, asOf);
  const givenInfusions = listGivenInfusions(facts).map(({ fact }) => fact);
  const dayZero = record.judgement.dayZero;
  const death = findDeath(facts);
  const infusionDays = givenInfusions.flatMap(({ at }) => deriveStartDay(at) ?? []);
  const findingDays = [...selectFactsOfKind(facts, 'lab'), ...selectFactsOfKind(facts, 'weight')].flatMap(
    ({ at }) => deriveStartDay(at) ?? [],
  );
  const course = { subject, dayZero, infusionDays, death: death?.at.latestDay ?? null };
  return {
    study,
    record,
    usubjid: `${study.id}.${subject.subject}`,
    facts,
    dayZero,
    firstDose: givenInfusions[0]?.at ?? null,
    lastDose: givenInfusions.at(-1)?.at ?? null,
    givenInfusions,
    death,
    lastContact: death?.at.latestDay ?? deriveLastContact(facts, subject.consentedOn, asOf),
    elements: deriveSubjectElements(course, protocol, asOf),
    visits: assignVisits(findingDays, dayZero, protocol),
  };
}

/**
 * Derives the SDTM study day (--DY) of a calendar day: 1 is the day of the first infusion, -1 the day before; there is
 * no day 0. Returns null where either day is unknown.
 */
export function deriveSdtmStudyDay(
  { dayZero }: Pick<SubjectTimeline, 'dayZero'>,
  day: string | null,
): number | null {
  if (dayZero === null || day === null) return null;
  const days = countDaysBetween(dayZero, day);
  return days >= 0 ? days + 1 : days;
}

/** Finds the epoch on a day; null where no element contains it. A day that ends one element and starts the next belongs to the next. */
export function findEpoch(
  { elements }: Pick<SubjectTimeline, 'elements'>,
  day: string | null,
): string | null {
  if (day === null) return null;
  const element = elements.findLast(
    ({ startDay, endDay }) => startDay <= day && (endDay === null || day <= endDay),
  );
  return element?.epoch ?? null;
}

/**
 * Derives epoch, start, end and study days of an interval, under a domain's variable names. The end is `end` if
 * present, else the end of the period `at`; empty where there is neither.
 */
export function deriveIntervalTiming(
  timeline: SubjectTimeline,
  domain: string,
  at: Moment,
  end: Moment | null = null,
) {
  const endDate = end ? { text: formatStartDate(end), day: deriveStartDay(end) } : deriveEndDate(at);
  const startDay = deriveStartDay(at);
  return {
    EPOCH: findEpoch(timeline, startDay),
    [`${domain}STDTC`]: formatStartDate(at),
    [`${domain}ENDTC`]: endDate.text,
    [`${domain}STDY`]: deriveSdtmStudyDay(timeline, startDay),
    [`${domain}ENDY`]: deriveSdtmStudyDay(timeline, endDate.day),
  };
}

/** The visit of a finding, and its cells of visit, epoch, date and study day. */
interface FindingTiming {
  readonly visit: NumberedVisit | null;
  readonly cells: Readonly<Record<string, string | number | null>>;
}

/** Derives the timing of a finding, under a domain's variable names. */
export function deriveFindingTiming(timeline: SubjectTimeline, domain: string, at: Moment): FindingTiming {
  const day = deriveStartDay(at);
  const visit = timeline.visits.findOn(day);
  return {
    visit,
    cells: {
      VISITNUM: visit?.number ?? null,
      VISIT: visit?.name ?? null,
      EPOCH: findEpoch(timeline, day),
      [`${domain}DTC`]: formatStartDate(at),
      [`${domain}DY`]: deriveSdtmStudyDay(timeline, day),
    },
  };
}
