import type { Registry } from '../registry-json.ts';
import type { Participant, ParticipantAdverseEvent } from './participant.ts';
import { countParticipants } from './result-cells.ts';
import type { EvidenceSelector } from './results-model.ts';

/** One term with the subjects who had it, in one of the two tables (serious or other events). */
export interface AdverseEventSummary {
  readonly term: string;
  readonly events: number;
  readonly subjects: number;
  readonly evidenceFor: EvidenceSelector;
  /** How many of the events were sent without a statement of seriousness. */
  readonly unknownSeriousness: number;
  /** Whether every event of this term was sent with a code. */
  readonly coded: boolean;
}

export interface AdverseEventsBySeriousness {
  readonly serious: readonly AdverseEventSummary[];
  readonly other: readonly AdverseEventSummary[];
  /** Events of all subjects that were sent without a statement of seriousness. */
  readonly unknownSeriousness: number;
}

interface TermTally {
  readonly term: string;
  events: number;
  unknownSeriousness: number;
  coded: boolean;
}

const buildTermKey = ({ term }: Pick<ParticipantAdverseEvent, 'term'>): string => term.toLowerCase();

function addToTally(tallies: Map<string, TermTally>, event: ParticipantAdverseEvent): void {
  const key = buildTermKey(event);
  const tally = tallies.get(key) ?? { term: event.term, events: 0, unknownSeriousness: 0, coded: true };
  tallies.set(key, tally);
  tally.events += 1;
  if (event.serious === null) tally.unknownSeriousness += 1;
  tally.coded &&= event.coded;
}

/** Selects the participants who had an event that passes, by the resources of these events. */
function selectWithEvent(passes: (event: ParticipantAdverseEvent) => boolean): EvidenceSelector {
  return ({ adverseEvents }) => {
    const events = adverseEvents.filter(passes);
    return events.length === 0 ? null : [...new Set(events.flatMap(({ evidence }) => evidence))].sort();
  };
}

/**
 * Summarises the adverse events of all subjects by term, serious ones apart, the most frequent first. Terms that differ
 * only in case are the same, as in the report. Events without a statement of seriousness are counted as registry.json
 * specifies, by default with the others; they are counted as unknown in addition.
 */
export function summariseAdverseEvents(
  participants: readonly Participant[],
  unknownSeriousness: NonNullable<NonNullable<Registry['results']>['events']>['unknownSeriousness'],
): AdverseEventsBySeriousness {
  const isSerious = (event: ParticipantAdverseEvent): boolean =>
    event.serious ?? unknownSeriousness === 'serious';
  const tallies = { serious: new Map<string, TermTally>(), other: new Map<string, TermTally>() };
  const allEvents = participants.flatMap(({ adverseEvents }) => adverseEvents);
  for (const event of allEvents) addToTally(isSerious(event) ? tallies.serious : tallies.other, event);
  const summarise = (
    byTerm: ReadonlyMap<string, TermTally>,
    serious: boolean,
  ): readonly AdverseEventSummary[] =>
    [...byTerm]
      .map(([key, tally]) => {
        const evidenceFor = selectWithEvent(
          (event) => buildTermKey(event) === key && isSerious(event) === serious,
        );
        return { ...tally, subjects: countParticipants(participants, evidenceFor), evidenceFor };
      })
      .sort((a, b) => b.subjects - a.subjects || (a.term < b.term ? -1 : 1));
  return {
    serious: summarise(tallies.serious, true),
    other: summarise(tallies.other, false),
    unknownSeriousness: allEvents.filter(({ serious }) => serious === null).length,
  };
}

/** Selects the subjects of any of several terms, by the resources of all these terms. */
export function selectAffected(summaries: readonly AdverseEventSummary[]): EvidenceSelector {
  return (participant) => {
    const evidence = summaries
      .map(({ evidenceFor }) => evidenceFor(participant))
      .filter((resources) => resources !== null);
    return evidence.length === 0 ? null : [...new Set(evidence.flat())].sort();
  };
}
