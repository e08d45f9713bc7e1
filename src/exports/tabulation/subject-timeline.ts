import { countDaysBetween, resolveDay } from '../../trial/calendar-days.ts';
import { listGivenInfusions } from '../../trial/dosing/given-infusions.ts';
import type { DeathFact, Fact, InfusionFact, Moment } from '../../trial/facts.ts';
import type { Protocol } from '../../trial/protocol.ts';
import { findDeathDay, selectFactsKnownOn } from '../../trial/visits/clinical-course.ts';
import type { StudyInput, SubjectRecord } from '../export-format.ts';
import { deriveEndDate, deriveStartDay, formatStartDate } from './sdtm-dates.ts';
import { deriveSubjectElements, type SubjectElement } from './trial-elements.ts';
import { assignVisits, type SubjectVisits } from './visit-numbers.ts';

/** The study as datasets need it: identifiers, the protocol, the day of judging. */
export interface StudyContext {
  readonly id: string;
  readonly asOf: string;
  readonly protocol: Protocol;
  readonly input: StudyInput;
}

/** The study's own head; a draft stands under a placeholder, so that it cannot be taken for the study. */
export function createStudyContext(input: StudyInput): StudyContext {
  const id = input.draft ? 'DRAFT-NOT-FOR-UPLOAD' : input.protocol.id;
  return { id, asOf: input.asOf, protocol: input.protocol, input };
}

/** One subject's facts as of the day of judging, laid along the study's days, elements and visits. */
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
  /** The statement of death that counts: the one with the earliest last day. */
  readonly death: DeathFact | null;
  /** Last day of which anything is known; day of consent where nothing is. */
  readonly lastContact: string;
  readonly elements: readonly SubjectElement[];
  readonly visits: SubjectVisits;
}

/** Facts of one kind. */
export function selectFactsOfKind<K extends Fact['kind']>(
  facts: readonly Fact[],
  kind: K,
): readonly Extract<Fact, { kind: K }>[] {
  return facts.filter((fact): fact is Extract<Fact, { kind: K }> => fact.kind === kind);
}

function deriveLastContact(facts: readonly Fact[], consentedOn: string, asOf: string): string {
  const days = facts.flatMap((fact) =>
    fact.kind === 'person' ? [] : [resolveDay(fact.at) === null ? fact.at.earliestDay : fact.at.latestDay],
  );
  return days
    .map((day) => (day < asOf ? day : asOf))
    .reduce((last, day) => (day > last ? day : last), consentedOn);
}

function findDeath(facts: readonly Fact[]): DeathFact | null {
  const day = findDeathDay(facts);
  return selectFactsOfKind(facts, 'death').find((death) => death.at.latestDay === day) ?? null;
}

/** Lays out one subject; nothing dated after the day of judging counts. */
export function buildTimeline(head: StudyContext, record: SubjectRecord): SubjectTimeline {
  const { subject } = record;
  const facts = selectFactsKnownOn(record.facts, head.asOf);
  const given = listGivenInfusions(facts).map(({ fact }) => fact);
  const dayZero = record.judgement.dayZero;
  const death = findDeath(facts);
  const days = given.flatMap(({ at }) => deriveStartDay(at) ?? []);
  const findings = [...selectFactsOfKind(facts, 'lab'), ...selectFactsOfKind(facts, 'weight')].flatMap(
    ({ at }) => deriveStartDay(at) ?? [],
  );
  const course = { subject, dayZero, infusionDays: days, death: death?.at.latestDay ?? null };
  return {
    study: head,
    record,
    usubjid: `${head.id}.${subject.subject}`,
    facts,
    dayZero,
    firstDose: given[0]?.at ?? null,
    lastDose: given.at(-1)?.at ?? null,
    givenInfusions: given,
    death,
    lastContact: death?.at.latestDay ?? deriveLastContact(facts, subject.consentedOn, head.asOf),
    elements: deriveSubjectElements(course, head.protocol, head.asOf),
    visits: assignVisits(findings, dayZero, head.protocol),
  };
}

/** The study day of a calendar day: 1 is the day of the first infusion, -1 the day before; null where either is unknown. */
export function deriveSdtmStudyDay(
  timeline: Pick<SubjectTimeline, 'dayZero'>,
  day: string | null,
): number | null {
  if (timeline.dayZero === null || day === null) return null;
  const days = countDaysBetween(timeline.dayZero, day);
  return days >= 0 ? days + 1 : days;
}

/** The epoch on a day; null where no element holds it. An element's last day belongs to the next one's epoch. */
export function findEpoch(timeline: Pick<SubjectTimeline, 'elements'>, day: string | null): string | null {
  if (day === null) return null;
  return (
    timeline.elements.findLast(({ startDay: from, endDay: to }) => from <= day && (to === null || day <= to))
      ?.epoch ?? null
  );
}

/** Start, end, study days and epoch of what lasts, under a domain's names. A period without an end has none. */
export function deriveIntervalTiming(
  timeline: SubjectTimeline,
  domain: string,
  at: Moment,
  end: Moment | null = null,
) {
  const closes = end ? { text: formatStartDate(end), day: deriveStartDay(end) } : deriveEndDate(at);
  const start = deriveStartDay(at);
  return {
    EPOCH: findEpoch(timeline, start),
    [`${domain}STDTC`]: formatStartDate(at),
    [`${domain}ENDTC`]: closes.text,
    [`${domain}STDY`]: deriveSdtmStudyDay(timeline, start),
    [`${domain}ENDY`]: deriveSdtmStudyDay(timeline, closes.day),
  };
}

/** Visit, epoch, date and study day of a finding, under a domain's names. */
export function deriveFindingTiming(timeline: SubjectTimeline, domain: string, at: Moment) {
  const day = deriveStartDay(at);
  const visit = timeline.visits.findOn(day);
  return {
    VISITNUM: visit?.number ?? null,
    VISIT: visit?.name ?? null,
    EPOCH: findEpoch(timeline, day),
    [`${domain}DTC`]: formatStartDate(at),
    [`${domain}DY`]: deriveSdtmStudyDay(timeline, day),
  };
}
