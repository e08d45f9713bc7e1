import { countDaysBetween } from '../../trial/calendar-days.ts';
import type { Fact, Moment, Source } from '../../trial/facts.ts';
import type { SubjectRecord } from '../export-format.ts';

/** Days after the first infusion (0 is its day); null before there is one, or where the day is not exact. */
export function countDaysSinceFirstInfusion(moment: Moment, { judgement }: SubjectRecord): number | null {
  const exact = moment.earliestDay === moment.latestDay;
  return judgement.dayZero === null || !exact
    ? null
    : countDaysBetween(judgement.dayZero, moment.earliestDay);
}

/**
 * Every source of a fact, `Type/id/_history/version` where the EHR numbers its versions, parted by blanks. A Patient's
 * id is the patient's number in the hospital: it is left out.
 */
export function formatSources(sources: readonly Source[]): string {
  const names = sources.map(({ resourceType, id, version }) => {
    if (resourceType === 'Patient') return resourceType;
    const history = version === null ? '' : `/_history/${version}`;
    return `${resourceType}/${id}${history}`;
  });
  return [...new Set(names)].sort().join(' ');
}

/** A subject's facts of one kind, by day, then key: the same order whatever order they arrived in. */
export function listFactsInOrder<K extends Fact['kind']>(
  record: SubjectRecord,
  kind: K,
): readonly Extract<Fact, { kind: K }>[] {
  return record.facts
    .filter((fact): fact is Extract<Fact, { kind: K }> => fact.kind === kind)
    .sort((a, b) => compareCodeUnits(a.at.earliestDay, b.at.earliestDay) || compareCodeUnits(a.key, b.key));
}

/** By code unit: no locale, so the same everywhere. */
export function compareCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
