import type { Participant } from './participant.ts';
import type { EvidenceSelector, ResultCell } from './results-model.ts';

type Participants = readonly Participant[];

/** How many of the subjects are behind a figure. */
export function countParticipants(all: Participants, from: EvidenceSelector): number {
  return all.reduce((sum, one) => (from(one) === null ? sum : sum + 1), 0);
}

/** The number of subjects, and who they are. */
export function buildCountCell(all: Participants, from: EvidenceSelector): ResultCell {
  const subjects = countParticipants(all, from);
  return { value: String(subjects), counts: 'participants', subjects, from };
}

/** A computed figure (a median, a limit) over these subjects. `NA` where there is none. */
export function buildFigureCell(value: string | null, all: Participants, from: EvidenceSelector): ResultCell {
  return { value: value ?? 'NA', counts: 'figure', subjects: countParticipants(all, from), from };
}

/** So many events in these subjects. */
export function buildEventCell(events: number, all: Participants, from: EvidenceSelector): ResultCell {
  return { value: String(events), counts: 'events', subjects: countParticipants(all, from), from };
}

const BY_ENROLMENT: readonly string[] = [];

/** Subjects who are counted because they are enrolled: the enrolment, and no resource, says so. */
export const selectEnrolled: EvidenceSelector = () => BY_ENROLMENT;
