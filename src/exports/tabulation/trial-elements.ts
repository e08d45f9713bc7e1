import { addDays } from '../../trial/calendar-days.ts';
import type { Subject } from '../../trial/facts.ts';
import type { ArmDefinition, Protocol, TrialElementDefinition } from '../../trial/protocol.ts';

/** An element of the arm, in its planned place (SDTM TA and TE). */
export interface PlannedElement extends TrialElementDefinition {
  /** TAETORD: the planned order within the arm, from 1. */
  readonly order: number;
  /** TATRANS: when a subject leaves the planned order here; null where none does. */
  readonly transition: string | null;
}

/** An element as a subject went through it; `endDay` is null while it lasts. */
export interface SubjectElement {
  readonly code: string;
  readonly name: string;
  readonly epoch: PlannedElement['epoch'];
  readonly order: number;
  readonly startDay: string;
  readonly endDay: string | null;
}

/** Returns the one arm of the protocol. Throws where there is none, which no checked protocol allows. */
export function getArm({ arms }: Protocol): ArmDefinition {
  const [arm] = arms;
  if (arm === undefined) throw new Error('The protocol has no arm.');
  return arm;
}

/** Lists the elements of the arm in their planned order. */
export function listPlannedElements(protocol: Protocol): readonly PlannedElement[] {
  const elements = new Map(protocol.elements.map((element) => [element.code, element]));
  return getArm(protocol).elements.flatMap(({ code, transition }, i) => {
    const element = elements.get(code);
    return element === undefined ? [] : [{ ...element, order: i + 1, transition }];
  });
}

/** The derivation of the start of an element, by the event that begins it, as text for Define-XML. */
const START_DERIVATIONS: Readonly<Record<TrialElementDefinition['begins'], string>> = {
  screening: 'from consent or enrolment, whichever is first',
  'first-infusion': 'from the first infusion',
  continuation: 'from the first infusion after the planned days of the first course and their tolerance',
  'follow-up': 'from the day after the last infusion of a course whose planned days have passed',
};

/** Describes how the start dates of the elements are derived (SESTDTC). */
export function describeElementStarts(protocol: Protocol): string {
  return listPlannedElements(protocol)
    .map(({ label, begins }) => `${label}: ${START_DERIVATIONS[begins]}.`)
    .join(' ');
}

interface CourseDays {
  readonly subject: Subject;
  readonly dayZero: string | null;
  /** Days of given infusions, earliest first. */
  readonly infusionDays: readonly string[];
  readonly death: string | null;
}

interface ElementStart {
  readonly begins: TrialElementDefinition['begins'];
  readonly startDay: string;
}

/** Returns the day on which follow-up begins after a course; null while planned days are still to come. */
function deriveFollowUpStart(
  lastInfusion: string,
  plannedEnd: string,
  death: string | null,
  asOf: string,
): string | null {
  const from = addDays(lastInfusion, 1);
  if (plannedEnd >= asOf || (death !== null && death < from)) return null;
  return from;
}

function deriveElementStarts(course: CourseDays, protocol: Protocol, asOf: string): readonly ElementStart[] {
  const { subject, dayZero, infusionDays, death } = course;
  const screened = [subject.consentedOn, subject.enrolledOn].sort()[0] ?? subject.consentedOn;
  if (dayZero === null) return [{ begins: 'screening', startDay: screened }];
  const { days, toleranceDays, continuation } = protocol.dosing;
  const firstEnd = addDays(dayZero, (days.at(-1) ?? 0) + toleranceDays);
  const continuedOn = infusionDays.find((day) => day > firstEnd);
  const starts: ElementStart[] = screened <= dayZero ? [{ begins: 'screening', startDay: screened }] : [];
  starts.push({ begins: 'first-infusion', startDay: dayZero });
  if (continuedOn !== undefined) starts.push({ begins: 'continuation', startDay: continuedOn });
  const continuationDays = (continuation.infusions.length - 1) * continuation.everyDays + toleranceDays;
  const plannedEnd = continuedOn === undefined ? firstEnd : addDays(continuedOn, continuationDays);
  const followedFrom = deriveFollowUpStart(infusionDays.at(-1) ?? dayZero, plannedEnd, death, asOf);
  if (followedFrom !== null) starts.push({ begins: 'follow-up', startDay: followedFrom });
  return starts;
}

/**
 * Derives the elements that a subject went through (SE). An element ends where the next begins, the last one at death or
 * not at all. An event that begins no element of the arm is left out.
 */
export function deriveSubjectElements(
  course: CourseDays,
  protocol: Protocol,
  asOf: string,
): readonly SubjectElement[] {
  const planned = new Map(listPlannedElements(protocol).map((element) => [element.begins, element]));
  const starts = deriveElementStarts(course, protocol, asOf).filter(({ begins }) => planned.has(begins));
  return starts.flatMap(({ begins, startDay }, i) => {
    const element = planned.get(begins);
    if (!element) return [];
    const { code, name, epoch, order } = element;
    return [{ code, name, epoch, order, startDay, endDay: starts[i + 1]?.startDay ?? course.death }];
  });
}
