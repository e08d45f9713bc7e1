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

/** One subject's events of one term. */
export interface SubjectTermEvents {
  /** As it was first written. */
  readonly term: string;
  readonly isSerious: boolean;
  readonly events: number;
  readonly atBaseline: number;
}

const normaliseTerm = (term: string): string => term.trim().toLowerCase();

/**
 * One subject's adverse events by term. Terms are the same where they differ in case and blanks only: no dictionary is at
 * hand to tell that fever is pyrexia. An event that no one calls serious is not serious. `atBaseline` are the events that
 * eventsAtBaseline marks; they are counted and shown apart.
 */
export function countEventsByTerm(
  facts: readonly Fact[],
  atBaseline: ReadonlySet<AdverseEventFact> = new Set(),
): readonly SubjectTermEvents[] {
  const byTerm = new Map<string, SubjectTermEvents>();
  for (const event of facts.filter((fact): fact is AdverseEventFact => fact.kind === 'adverse-event')) {
    const key = normaliseTerm(event.term);
    const known = byTerm.get(key);
    byTerm.set(key, {
      term: known?.term ?? event.term.trim(),
      isSerious: known?.isSerious === true || event.serious === true,
      events: (known?.events ?? 0) + 1,
      atBaseline: (known?.atBaseline ?? 0) + (atBaseline.has(event) ? 1 : 0),
    });
  }
  return [...byTerm.values()];
}

/** Adverse events by term, most frequent first, from what each subject had; a term is written as it was first. */
export function buildAdverseEventTable(
  subjects: readonly (readonly SubjectTermEvents[])[],
): readonly AdverseEventRow[] {
  const byTerm = new Map<string, AdverseEventRow>();
  for (const { term, isSerious, events, atBaseline } of subjects.flat()) {
    const key = normaliseTerm(term);
    const row = byTerm.get(key) ?? { term, subjects: 0, serious: 0, events: 0, atBaseline: 0 };
    byTerm.set(key, {
      term: row.term,
      subjects: row.subjects + 1,
      serious: row.serious + (isSerious ? 1 : 0),
      events: row.events + events,
      atBaseline: row.atBaseline + atBaseline,
    });
  }
  return [...byTerm.values()].sort((a, b) => b.subjects - a.subjects || (a.term < b.term ? -1 : 1));
}
