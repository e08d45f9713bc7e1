import type { AdverseEventFact, Fact } from '../facts.ts';

/** One adverse event term: the number of subjects with it, of subjects with it as serious, and of events. */
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
  /** The term as it was first written. */
  readonly term: string;
  readonly isSerious: boolean;
  readonly events: number;
  readonly atBaseline: number;
}

/** Normalises a term for comparison: terms that differ in case and outer blanks only are the same. */
export const normaliseTerm = (term: string): string => term.trim().toLowerCase();

/**
 * Counts one subject's adverse events by term. Terms are the same where they differ in case and blanks only: no
 * dictionary is available to show that fever is pyrexia. An event that no sender calls serious counts as not serious.
 * `atBaseline` are the events that `findEventsAtBaseline` marks; they are counted and shown separately.
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

/**
 * Builds the table of adverse events by term, most frequent first, from the events of each subject; a term is written
 * as it first occurred.
 */
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
