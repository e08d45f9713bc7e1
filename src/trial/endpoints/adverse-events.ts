import type { AdverseEventFact, Fact } from '../facts.ts';

/** One adverse event term: how many subjects had it, how many had it as serious, and how many events there were. */
export interface AdverseEventRow {
  readonly term: string;
  readonly subjects: number;
  readonly serious: number;
  readonly events: number;
  /** How many of the events are cytopenias no worse than before the first infusion. */
  readonly atBaseline: number;
}

interface Tally {
  readonly term: string;
  readonly subjects: Set<string>;
  readonly serious: Set<string>;
  events: number;
  atBaseline: number;
}

/**
 * Adverse events by term, most frequent first. Terms are the same where they differ in case and blanks only: no
 * dictionary is at hand to tell that fever is pyrexia. An event that no one calls serious is not serious. `atBaseline`
 * are the events that eventsAtBaseline marks; they are counted and shown apart.
 */
export function adverseEventTable(
  facts: readonly Fact[],
  atBaseline: ReadonlySet<AdverseEventFact> = new Set(),
): readonly AdverseEventRow[] {
  const tallies = new Map<string, Tally>();
  for (const event of facts.filter((fact): fact is AdverseEventFact => fact.kind === 'adverse-event')) {
    const key = event.term.trim().toLowerCase();
    const empty = {
      term: event.term.trim(),
      subjects: new Set<string>(),
      serious: new Set<string>(),
      events: 0,
      atBaseline: 0,
    };
    const tally = tallies.get(key) ?? empty;
    tallies.set(key, tally);
    tally.subjects.add(event.subject);
    if (event.serious === true) tally.serious.add(event.subject);
    tally.events += 1;
    if (atBaseline.has(event)) tally.atBaseline += 1;
  }
  return [...tallies.values()]
    .map(({ term, subjects, serious, events, atBaseline: known }) => ({
      term,
      subjects: subjects.size,
      serious: serious.size,
      events,
      atBaseline: known,
    }))
    .sort((a, b) => b.subjects - a.subjects || (a.term < b.term ? -1 : 1));
}
