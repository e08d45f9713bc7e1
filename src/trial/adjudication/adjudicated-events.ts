import type { AdverseEventFact, Fact } from '../facts.ts';
import { formatStatingResource } from '../source-key.ts';
import { type AdjudicationOf, listSettled } from './select-adjudications.ts';

/** Applies an adjudication to an event: what was adjudicated counts, and what was sent is kept beside it. */
function applyAdjudication(
  event: AdverseEventFact,
  { statement, sources }: AdjudicationOf<'event-adjudication'>,
): AdverseEventFact {
  const { grade, serious, relation, isOfStudy } = statement;
  const { causality, ...sent } = event;
  const resolvedCausality = relation ?? causality;
  return {
    ...sent,
    grade: grade ?? event.grade,
    serious: serious ?? event.serious,
    ...(resolvedCausality === undefined ? {} : { causality: resolvedCausality }),
    ...(isOfStudy === null ? {} : { isOfStudy }),
    asSent: {
      grade: event.grade,
      serious: event.serious,
      ...(causality === undefined ? {} : { causality }),
    },
    sources: [...event.sources, ...sources],
  };
}

/**
 * Replaces relation, grade and seriousness of adverse events by what a person has adjudicated; a part that was not adjudicated
 * stays as it was sent. The sender's values are kept in `asSent`. Contradictory adjudications change nothing.
 */
export function applyEventAdjudications(facts: readonly Fact[]): readonly Fact[] {
  const byEvent = new Map(
    listSettled(facts, 'event-adjudication').map((entry) => [entry.statement.about, entry]),
  );
  if (byEvent.size === 0) return facts;
  return facts.map((fact) => {
    const adjudication = fact.kind === 'adverse-event' ? byEvent.get(formatStatingResource(fact)) : undefined;
    return adjudication && fact.kind === 'adverse-event' ? applyAdjudication(fact, adjudication) : fact;
  });
}
