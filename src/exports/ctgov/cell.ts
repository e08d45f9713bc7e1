import type { Cell, Evidence } from './model.ts';
import type { Participant } from './participant.ts';

/** The number of subjects, and who they are. */
export function countOf(from: readonly Evidence[]): Cell {
  return { value: String(from.length), counts: 'participants', from };
}

/** A computed figure (a median, a limit) over these subjects. `NA` where there is none. */
export function figureOf(value: string | null, from: readonly Evidence[]): Cell {
  return { value: value ?? 'NA', counts: 'figure', from };
}

/** So many events in these subjects. */
export function eventsOf(events: number, from: readonly Evidence[]): Cell {
  return { value: String(events), counts: 'events', from };
}

/** Subjects who are counted because they are enrolled: the enrolment, and no resource, says so. */
export function enrolled(participants: readonly Participant[]): readonly Evidence[] {
  return participants.map(({ subject }) => ({ subject, resources: [] }));
}
