import { addDays } from '../../trial/calendar-days.ts';
import type { Subject } from '../../trial/facts.ts';
import type { Protocol } from '../../trial/protocol.ts';

export type ElementCode = 'SCRN' | 'MSC1' | 'MSC2' | 'FUP';

/** An element of the trial's design. */
export interface PlannedElement {
  readonly code: ElementCode;
  readonly name: string;
  readonly epoch: 'SCREENING' | 'TREATMENT' | 'FOLLOW-UP';
  /** Planned order within the arm. */
  readonly order: number;
  readonly startRule: string;
  readonly endRule: string | null;
}

/** An element as a subject went through it; `to` is null while it lasts. */
export interface SubjectElement {
  readonly code: ElementCode;
  readonly name: string;
  readonly epoch: PlannedElement['epoch'];
  readonly order: number;
  readonly startDay: string;
  readonly endDay: string | null;
}

/** The elements of the one arm, in their order: screening, first course, continuation course, follow-up. */
export function listPlannedElements({ dosing }: Protocol): readonly PlannedElement[] {
  const { continuation, days, toleranceDays } = dosing;
  const last = (days.at(-1) ?? 0) + toleranceDays;
  const first = `${days.length} infusions`;
  const more = `${continuation.infusions.length} infusions, ${continuation.everyDays} days apart`;
  const after = 'Day after the last infusion of a course whose planned days have passed';
  return [
    {
      code: 'SCRN',
      name: 'Screening',
      epoch: 'SCREENING',
      order: 1,
      startRule: 'Informed consent or enrolment',
      endRule: 'First infusion',
    },
    {
      code: 'MSC1',
      name: `First course: ${first}`,
      epoch: 'TREATMENT',
      order: 2,
      startRule: 'First infusion',
      endRule: after,
    },
    {
      code: 'MSC2',
      name: `Continuation course: ${more}`,
      epoch: 'TREATMENT',
      order: 3,
      startRule: `First infusion later than ${last} days after the first`,
      endRule: after,
    },
    { code: 'FUP', name: 'Follow-up', epoch: 'FOLLOW-UP', order: 4, startRule: after, endRule: null },
  ];
}

interface CourseDays {
  readonly subject: Subject;
  readonly dayZero: string | null;
  /** Days of given infusions, earliest first. */
  readonly infusionDays: readonly string[];
  readonly death: string | null;
}

interface ElementStart {
  readonly code: ElementCode;
  readonly startDay: string;
}

/** The day on which follow-up begins after a course; null while planned days are still to come. */
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
  if (dayZero === null) return [{ code: 'SCRN', startDay: screened }];
  const { days, toleranceDays, continuation } = protocol.dosing;
  const firstEnd = addDays(dayZero, (days.at(-1) ?? 0) + toleranceDays);
  const again = infusionDays.find((day) => day > firstEnd);
  const starts: ElementStart[] = screened <= dayZero ? [{ code: 'SCRN', startDay: screened }] : [];
  starts.push({ code: 'MSC1', startDay: dayZero });
  if (again !== undefined) starts.push({ code: 'MSC2', startDay: again });
  const more = (continuation.infusions.length - 1) * continuation.everyDays + toleranceDays;
  const plannedEnd = again === undefined ? firstEnd : addDays(again, more);
  const follows = deriveFollowUpStart(infusionDays.at(-1) ?? dayZero, plannedEnd, death, asOf);
  if (follows !== null) starts.push({ code: 'FUP', startDay: follows });
  return starts;
}

/** The elements that a subject went through. An element ends where the next begins; the last one at death, if at all. */
export function deriveSubjectElements(
  course: CourseDays,
  protocol: Protocol,
  asOf: string,
): readonly SubjectElement[] {
  const planned = new Map(listPlannedElements(protocol).map((element) => [element.code, element]));
  const starts = deriveElementStarts(course, protocol, asOf);
  return starts.flatMap(({ code, startDay: from }, i) => {
    const element = planned.get(code);
    if (!element) return [];
    const { name, epoch, order } = element;
    const ends = starts[i + 1]?.startDay ?? course.death;
    return [{ code, name, epoch, order, startDay: from, endDay: ends }];
  });
}
