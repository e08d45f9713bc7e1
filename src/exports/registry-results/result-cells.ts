import type { Participant } from './participant.ts';
import type { EvidenceSelector, ResultCell } from './results-model.ts';

type Participants = readonly Participant[];

/** Counts the participants who contribute to a figure. */
export function countParticipants(participants: Participants, from: EvidenceSelector): number {
  return participants.reduce((sum, participant) => (from(participant) === null ? sum : sum + 1), 0);
}

/** Builds a cell whose value is the number of participants who contribute to it. */
export function buildCountCell(participants: Participants, from: EvidenceSelector): ResultCell {
  const subjects = countParticipants(participants, from);
  return { value: String(subjects), counts: 'participants', subjects, from };
}

/** Builds a cell whose value (a median, a limit) is computed from these participants; `NA` where it is null. */
export function buildFigureCell(
  value: string | null,
  participants: Participants,
  from: EvidenceSelector,
): ResultCell {
  return { value: value ?? 'NA', counts: 'figure', subjects: countParticipants(participants, from), from };
}

/** Builds a cell whose value is a number of events in these participants. */
export function buildEventCell(
  events: number,
  participants: Participants,
  from: EvidenceSelector,
): ResultCell {
  return { value: String(events), counts: 'events', subjects: countParticipants(participants, from), from };
}

const BY_ENROLMENT: readonly string[] = [];

/** Selects every participant: they count because they are enrolled, which no resource states. */
export const selectEnrolled: EvidenceSelector = () => BY_ENROLMENT;
