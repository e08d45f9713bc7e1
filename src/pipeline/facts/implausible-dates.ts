import type { MappingResult, WorkNeed } from '../../mapping/mapping-result.ts';
import { addDays } from '../../trial/calendar-days.ts';
import type { Fact } from '../../trial/facts.ts';

/** No living subject was treated before this day: an earlier date is a default value or a typing error. */
const EARLIEST_DAY = '1900-01-01';

/**
 * Holds facts with an impossible date: an infusion in the year 1 or in the next century would become day 0, or move every
 * visit. `today` is the site's calendar day; one day more is allowed for clocks and time zones. A fact about the person has no date.
 */
export function holdImplausibleDates(mapped: MappingResult, today: string): MappingResult {
  const latestDay = addDays(today, 1);
  const implausible = mapped.facts.filter(
    (fact) => fact.kind !== 'person' && fact.kind !== 'withdrawal' && hasImplausibleDate(fact, latestDay),
  );
  if (implausible.length === 0) return mapped;
  return {
    ...mapped,
    facts: mapped.facts.filter((fact) => !implausible.includes(fact)),
    work: [...mapped.work, ...implausible.map(buildImplausibleDateNeed)],
  };
}

function hasImplausibleDate({ at }: Fact, latestDay: string): boolean {
  return at.earliestDay > latestDay || at.latestDay < EARLIEST_DAY;
}

function buildImplausibleDateNeed(fact: Fact): WorkNeed {
  return {
    reason: 'implausible-value',
    element: fact.sources[0].element,
    group: `${fact.kind}:date`,
    detail: 'The date is in the future or before 1900.',
    fix: 'Send the resource again with the correct date.',
    waitsFor: null,
  };
}
