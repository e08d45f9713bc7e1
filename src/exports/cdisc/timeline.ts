import { dayOf, daysBetween } from '../../trial/days.ts';
import { givenInfusions } from '../../trial/dosing/given.ts';
import type { DeathFact, Fact, InfusionFact, Moment } from '../../trial/facts.ts';
import type { Protocol } from '../../trial/protocol.ts';
import { deathDayIn, factsKnownOn } from '../../trial/visits/course.ts';
import type { StudyInput, SubjectRecord } from '../format.ts';
import { type Element, elementsOf } from './elements.ts';
import { endText, startDay, startText } from './iso-dates.ts';
import { type VisitsOf, visitsOf } from './visits.ts';

/** The study as datasets need it: identifiers, the protocol, the day of judging. */
export interface StudyHead {
  readonly id: string;
  readonly asOf: string;
  readonly protocol: Protocol;
  readonly input: StudyInput;
}

/** The study's own head; a draft stands under a placeholder, so that it cannot be taken for the study. */
export function headOf(input: StudyInput): StudyHead {
  const id = input.draft ? 'DRAFT-NOT-FOR-UPLOAD' : input.protocol.id;
  return { id, asOf: input.asOf, protocol: input.protocol, input };
}

/** One subject's facts as of the day of judging, laid along the study's days, elements and visits. */
export interface Timeline {
  readonly head: StudyHead;
  readonly record: SubjectRecord;
  readonly usubjid: string;
  readonly facts: readonly Fact[];
  /** Site-local day of the first infusion given; null before it. */
  readonly dayZero: string | null;
  readonly firstDose: Moment | null;
  readonly lastDose: Moment | null;
  readonly given: readonly InfusionFact[];
  /** The statement of death that counts: the one with the earliest last day. */
  readonly death: DeathFact | null;
  /** Last day of which anything is known; day of consent where nothing is. */
  readonly lastContact: string;
  readonly elements: readonly Element[];
  readonly visits: VisitsOf;
}

/** Facts of one kind. */
export function factsOf<K extends Fact['kind']>(
  facts: readonly Fact[],
  kind: K,
): readonly Extract<Fact, { kind: K }>[] {
  return facts.filter((fact): fact is Extract<Fact, { kind: K }> => fact.kind === kind);
}

function lastContactOf(facts: readonly Fact[], consentedOn: string, asOf: string): string {
  const days = facts.flatMap((fact) =>
    fact.kind === 'person' ? [] : [dayOf(fact.at) === null ? fact.at.earliestDay : fact.at.latestDay],
  );
  return days
    .map((day) => (day < asOf ? day : asOf))
    .reduce((last, day) => (day > last ? day : last), consentedOn);
}

function deathOf(facts: readonly Fact[]): DeathFact | null {
  const day = deathDayIn(facts);
  return factsOf(facts, 'death').find((death) => death.at.latestDay === day) ?? null;
}

/** Lays out one subject; nothing dated after the day of judging counts. */
export function timelineOf(head: StudyHead, record: SubjectRecord): Timeline {
  const { subject } = record;
  const facts = factsKnownOn(record.facts, head.asOf);
  const given = givenInfusions(facts).map(({ fact }) => fact);
  const dayZero = record.judgement.dayZero;
  const death = deathOf(facts);
  const days = given.flatMap(({ at }) => startDay(at) ?? []);
  const findings = [...factsOf(facts, 'lab'), ...factsOf(facts, 'weight')].flatMap(
    ({ at }) => startDay(at) ?? [],
  );
  const course = { subject, dayZero, infusionDays: days, death: death?.at.latestDay ?? null };
  return {
    head,
    record,
    usubjid: `${head.id}.${subject.subject}`,
    facts,
    dayZero,
    firstDose: given[0]?.at ?? null,
    lastDose: given.at(-1)?.at ?? null,
    given,
    death,
    lastContact: death?.at.latestDay ?? lastContactOf(facts, subject.consentedOn, head.asOf),
    elements: elementsOf(course, head.protocol, head.asOf),
    visits: visitsOf(findings, dayZero, head.protocol),
  };
}

/** The study day of a calendar day: 1 is the day of the first infusion, -1 the day before; null where either is unknown. */
export function studyDay(timeline: Pick<Timeline, 'dayZero'>, day: string | null): number | null {
  if (timeline.dayZero === null || day === null) return null;
  const days = daysBetween(timeline.dayZero, day);
  return days >= 0 ? days + 1 : days;
}

/** The epoch on a day; null where no element holds it. An element's last day belongs to the next one's epoch. */
export function epochOn(timeline: Pick<Timeline, 'elements'>, day: string | null): string | null {
  if (day === null) return null;
  return (
    timeline.elements.findLast(({ from, to }) => from <= day && (to === null || day <= to))?.epoch ?? null
  );
}

/** Start, end, study days and epoch of what lasts, under a domain's names. A period without an end has none. */
export function spanCells(timeline: Timeline, domain: string, at: Moment, end: Moment | null = null) {
  const closes = end ? { text: startText(end), day: startDay(end) } : endText(at);
  const start = startDay(at);
  return {
    EPOCH: epochOn(timeline, start),
    [`${domain}STDTC`]: startText(at),
    [`${domain}ENDTC`]: closes.text,
    [`${domain}STDY`]: studyDay(timeline, start),
    [`${domain}ENDY`]: studyDay(timeline, closes.day),
  };
}

/** Visit, epoch, date and study day of a finding, under a domain's names. */
export function findingCells(timeline: Timeline, domain: string, at: Moment) {
  const day = startDay(at);
  const visit = timeline.visits.on(day);
  return {
    VISITNUM: visit?.number ?? null,
    VISIT: visit?.name ?? null,
    EPOCH: epochOn(timeline, day),
    [`${domain}DTC`]: startText(at),
    [`${domain}DY`]: studyDay(timeline, day),
  };
}
