import type { DifferentialFact, Fact, FindingFact, LabFact, Moment } from '../facts.ts';

/** A laboratory statement about a specimen. */
export type LaboratoryFact = LabFact | DifferentialFact | FindingFact;

export function isLaboratoryFact(fact: Fact): fact is LaboratoryFact {
  return fact.kind === 'lab' || fact.kind === 'differential' || fact.kind === 'finding';
}

/** Selects what is no laboratory statement; of the facts of a subject these are few. */
export const selectCircumstances = (facts: readonly Fact[]): readonly Fact[] =>
  facts.filter((fact) => !isLaboratoryFact(fact));

/** What identifies a collection: its specimen, or its time. */
export type CollectionKey = string | number;

/** Returns the instant of a moment, the same for every zone it can be sent in; of a date without a time its text as sent. */
function getTimeKey(at: Moment): CollectionKey {
  if (at.instant !== null) return at.instant;
  return at.earliestDay === at.latestDay ? at.earliestDay : at.text;
}

/** One specimen on one day: some sites use one name for all specimens of a patient. */
const formatSpecimenKey = (fact: LaboratoryFact): string =>
  `${fact.sources[0].site}|${fact.specimen}|${fact.at.earliestDay}`;

/**
 * Returns a function that finds the collection of a statement: that of its specimen on that day where it names one,
 * else that of its time. A statement without a specimen joins the specimen that was taken at exactly that time, if
 * there is only one. Statements of one collection are about the same blood. Source: domain section 6, duplicates.
 */
export function createCollectionResolver(
  facts: readonly LaboratoryFact[],
): (fact: LaboratoryFact) => CollectionKey {
  const specimens = new Map<CollectionKey, Set<string>>();
  for (const fact of facts) {
    if (fact.specimen === undefined) continue;
    const time = getTimeKey(fact.at);
    specimens.set(time, (specimens.get(time) ?? new Set()).add(formatSpecimenKey(fact)));
  }
  if (specimens.size === 0) return (fact) => getTimeKey(fact.at);
  return (fact) => {
    if (fact.specimen !== undefined) return formatSpecimenKey(fact);
    const time = getTimeKey(fact.at);
    const [only, ...more] = specimens.get(time) ?? [];
    return only !== undefined && more.length === 0 ? only : time;
  };
}
