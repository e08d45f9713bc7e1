import type { Registry } from '../registry-json.ts';
import type { Participant, ParticipantAdverseEvent } from './participant.ts';
import { countParticipants } from './result-cells.ts';
import type { EvidenceSelector } from './results-model.ts';

/** One term with the subjects who had it, in the table in which it belongs. */
export interface AdverseEventSummary {
  readonly term: string;
  readonly events: number;
  readonly subjects: number;
  readonly evidenceFor: EvidenceSelector;
  /** Events among them of which no one said whether they were serious. */
  readonly unknownSeriousness: number;
  /** Every event of this term came with a code. */
  readonly coded: boolean;
}

export interface AdverseEventsBySeriousness {
  readonly serious: readonly AdverseEventSummary[];
  readonly other: readonly AdverseEventSummary[];
  readonly unknownSeriousness: number;
}

interface TermTally {
  readonly term: string;
  events: number;
  unknownSeriousness: number;
  coded: boolean;
}

const buildTermKey = ({ term }: Pick<ParticipantAdverseEvent, 'term'>): string => term.toLowerCase();

function addToTally(tallies: Map<string, TermTally>, harm: ParticipantAdverseEvent): void {
  const key = buildTermKey(harm);
  const tally = tallies.get(key) ?? { term: harm.term, events: 0, unknownSeriousness: 0, coded: true };
  tallies.set(key, tally);
  tally.events += 1;
  if (harm.serious === null) tally.unknownSeriousness += 1;
  tally.coded &&= harm.coded;
}

/** Those who had an event that passes, by its resources. */
function selectWithEvent(passes: (harm: ParticipantAdverseEvent) => boolean): EvidenceSelector {
  return ({ adverseEvents: harms }) => {
    const found = harms.filter(passes);
    return found.length === 0
      ? null
      : [...new Set(found.flatMap(({ evidence: resources }) => resources))].sort();
  };
}

/**
 * The adverse events of all subjects by term, serious ones apart, most frequent first. Terms are the same where they
 * differ in case only, as in the report. What nobody called serious or not serious goes where registry.json says, else
 * to the others, counted as unsaid.
 */
export function summariseAdverseEvents(
  participants: readonly Participant[],
  unknownSeriousness: NonNullable<NonNullable<Registry['results']>['events']>['unknownSeriousness'],
): AdverseEventsBySeriousness {
  const isSerious = (harm: ParticipantAdverseEvent): boolean =>
    harm.serious ?? unknownSeriousness === 'serious';
  const tallies = { serious: new Map<string, TermTally>(), other: new Map<string, TermTally>() };
  for (const { adverseEvents: harms } of participants)
    for (const harm of harms) addToTally(isSerious(harm) ? tallies.serious : tallies.other, harm);
  const harmsIn = (of: ReadonlyMap<string, TermTally>, serious: boolean): readonly AdverseEventSummary[] =>
    [...of]
      .map(([key, tally]) => {
        const from = selectWithEvent((harm) => buildTermKey(harm) === key && isSerious(harm) === serious);
        return { ...tally, subjects: countParticipants(participants, from), evidenceFor: from };
      })
      .sort((a, b) => b.subjects - a.subjects || (a.term < b.term ? -1 : 1));
  const unsaid = participants.reduce(
    (sum, { adverseEvents: harms }) => sum + harms.filter(({ serious }) => serious === null).length,
    0,
  );
  return {
    serious: harmsIn(tallies.serious, true),
    other: harmsIn(tallies.other, false),
    unknownSeriousness: unsaid,
  };
}

/** The subjects of several terms, with the resources of all of them. */
export function selectAffected(harms: readonly AdverseEventSummary[]): EvidenceSelector {
  return (one) => {
    const found = harms.map(({ evidenceFor: from }) => from(one)).filter((resources) => resources !== null);
    return found.length === 0 ? null : [...new Set(found.flat())].sort();
  };
}
