import type { DifferentialFact, Fact, FindingFact, LabFact, Moment } from '../facts.ts';

/** A laboratory statement about a specimen. */
export type LaboratoryFact = LabFact | DifferentialFact | FindingFact;

export function isLaboratoryFact(fact: Fact): fact is LaboratoryFact {
  return fact.kind === 'lab' || fact.kind === 'differential' || fact.kind === 'finding';
}

/** Selects what is no laboratory statement; of the facts of a subject these are few. */
export const selectCircumstances = (facts: readonly Fact[]): readonly Fact[] =>
  facts.filter((fact) => !isLaboratoryFact(fact));

/** Formats a moment as the same text for every zone it can be sent in; a date without a time as it was sent. */
function formatCollectionTimeKey(at: Moment): string {
  if (at.instant !== null) return String(at.instant);
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
export function createCollectionResolver(facts: readonly LaboratoryFact[]): (fact: LaboratoryFact) => string {
  const specimens = new Map<string, Set<string>>();
  for (const fact of facts) {
    if (fact.specimen === undefined) continue;
    const time = formatCollectionTimeKey(fact.at);
    specimens.set(time, (specimens.get(time) ?? new Set()).add(formatSpecimenKey(fact)));
  }
  return (fact) => {
    if (fact.specimen !== undefined) return formatSpecimenKey(fact);
    const [only, ...more] = specimens.get(formatCollectionTimeKey(fact.at)) ?? [];
    return only !== undefined && more.length === 0 ? only : formatCollectionTimeKey(fact.at);
  };
}
