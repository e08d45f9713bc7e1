import type { Cell, Whom } from './model.ts';
import type { Participant } from './participant.ts';

type All = readonly Participant[];

/** How many of the subjects are behind a figure. */
export function numberOf(all: All, from: Whom): number {
  return all.reduce((sum, one) => (from(one) === null ? sum : sum + 1), 0);
}

/** The number of subjects, and who they are. */
export function countOf(all: All, from: Whom): Cell {
  const subjects = numberOf(all, from);
  return { value: String(subjects), counts: 'participants', subjects, from };
}

/** A computed figure (a median, a limit) over these subjects. `NA` where there is none. */
export function figureOf(value: string | null, all: All, from: Whom): Cell {
  return { value: value ?? 'NA', counts: 'figure', subjects: numberOf(all, from), from };
}

/** So many events in these subjects. */
export function eventsOf(events: number, all: All, from: Whom): Cell {
  return { value: String(events), counts: 'events', subjects: numberOf(all, from), from };
}

const BY_ENROLMENT: readonly string[] = [];

/** Subjects who are counted because they are enrolled: the enrolment, and no resource, says so. */
export const enrolled: Whom = () => BY_ENROLMENT;
