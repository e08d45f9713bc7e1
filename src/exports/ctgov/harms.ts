import type { Registry } from '../registry.ts';
import type { Evidence } from './model.ts';
import type { HarmRow, Participant } from './participant.ts';

/** One term with the subjects who had it, in the table in which it belongs. */
export interface Harm {
  readonly term: string;
  readonly events: number;
  readonly from: readonly Evidence[];
  /** Events among them of which no one said whether they were serious. */
  readonly unsaid: number;
  /** Every event of this term came with a code. */
  readonly coded: boolean;
}

export interface Harms {
  readonly serious: readonly Harm[];
  readonly other: readonly Harm[];
  readonly unsaid: number;
}

interface Mutable {
  readonly term: string;
  events: number;
  unsaid: number;
  coded: boolean;
  readonly bySubject: Map<string, string[]>;
}

function add(tallies: Map<string, Mutable>, subject: string, harm: HarmRow): void {
  const key = harm.term.toLowerCase();
  const empty = { term: harm.term, events: 0, unsaid: 0, coded: true, bySubject: new Map() };
  const tally = tallies.get(key) ?? empty;
  tallies.set(key, tally);
  tally.events += 1;
  if (harm.serious === null) tally.unsaid += 1;
  tally.coded &&= harm.coded;
  tally.bySubject.set(subject, [...(tally.bySubject.get(subject) ?? []), harm.source]);
}

function harmsIn(tallies: ReadonlyMap<string, Mutable>): readonly Harm[] {
  return [...tallies.values()]
    .map(({ term, events, unsaid, coded, bySubject }) => ({
      term,
      events,
      unsaid,
      coded,
      from: [...bySubject].map(([subject, resources]) => ({ subject, resources: [...new Set(resources)] })),
    }))
    .sort((a, b) => b.from.length - a.from.length || (a.term < b.term ? -1 : 1));
}

/**
 * The adverse events of all subjects by term, serious ones apart, most frequent first. Terms are the same where they
 * differ in case only, as in the report. What nobody called serious or not serious goes where registry.json says, else
 * to the others, counted as unsaid.
 */
export function harmsByTerm(
  participants: readonly Participant[],
  unknownSeriousness: NonNullable<NonNullable<Registry['results']>['events']>['unknownSeriousness'],
): Harms {
  const serious = new Map<string, Mutable>();
  const other = new Map<string, Mutable>();
  let unsaid = 0;
  for (const { subject, harms } of participants) {
    for (const harm of harms) {
      if (harm.serious === null) unsaid += 1;
      const isSerious = harm.serious ?? unknownSeriousness === 'serious';
      add(isSerious ? serious : other, subject, harm);
    }
  }
  return { serious: harmsIn(serious), other: harmsIn(other), unsaid };
}

/** The subjects of several terms, each once, with all their resources, in order of their numbers. */
export function affectedBy(harms: readonly Harm[]): readonly Evidence[] {
  const bySubject = new Map<string, readonly string[]>();
  for (const { subject, resources } of harms.flatMap(({ from }) => from))
    bySubject.set(subject, [...new Set([...(bySubject.get(subject) ?? []), ...resources])].sort());
  return [...bySubject]
    .map(([subject, resources]) => ({ subject, resources }))
    .sort((a, b) => (a.subject < b.subject ? -1 : 1));
}
