import type { MappingResult, WorkNeed } from '../../mapping/mapping-result.ts';
import { addDays } from '../../trial/calendar-days.ts';
import type { Fact } from '../../trial/facts.ts';

/** Nobody now alive was treated before this day: such a date is a default or a slip. */
const EARLIEST_DAY = '1900-01-01';

/**
 * Holds facts whose date cannot be: an infusion in the year 1 or in the next century would become day 0, or move every
 * visit. `today` is the site's day; one day more is allowed for clocks and zones.
 */
export function holdImplausibleDates(mapped: MappingResult, today: string): MappingResult {
  const latest = addDays(today, 1);
  const odd = mapped.facts.filter((fact) => fact.kind !== 'person' && hasImplausibleDate(fact, latest));
  if (odd.length === 0) return mapped;
  return {
    ...mapped,
    facts: mapped.facts.filter((fact) => !odd.includes(fact)),
    work: [...mapped.work, ...odd.map(buildImplausibleDateNeed)],
  };
}

function hasImplausibleDate({ at }: Fact, latest: string): boolean {
  return at.earliestDay > latest || at.latestDay < EARLIEST_DAY;
}

function buildImplausibleDateNeed(fact: Fact): WorkNeed {
  return {
    reason: 'implausible-value',
    element: fact.sources[0].element,
    group: `${fact.kind}:date`,
    detail: 'Its date lies in the future, or before 1900.',
    fix: 'Send the resource again with the right date.',
    waitsFor: null,
  };
}
