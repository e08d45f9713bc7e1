import { countDaysBetween } from '../../trial/calendar-days.ts';
import type { Fact, Moment, Source } from '../../trial/facts.ts';
import type { SubjectRecord } from '../export-format.ts';

/**
 * Counts the days from the first infusion, whose day is 0 (unlike SDTM's study day). Null before the first infusion and
 * where the day is not exact.
 */
export function countDaysSinceFirstInfusion(moment: Moment, { judgement }: SubjectRecord): number | null {
  const isExact = moment.earliestDay === moment.latestDay;
  return judgement.dayZero === null || !isExact
    ? null
    : countDaysBetween(judgement.dayZero, moment.earliestDay);
}

/**
 * Formats the sources of a fact, separated by blanks: `Type/id/_history/version` where the EHR numbers versions, else
 * `Type/id`. A Patient's id is left out, because it identifies the patient in the hospital.
 */
export function formatSources(sources: readonly Source[]): string {
  const names = sources.map(({ resourceType, id, version }) => {
    if (resourceType === 'Patient') return resourceType;
    const history = version === null ? '' : `/_history/${version}`;
    return `${resourceType}/${id}${history}`;
  });
  return [...new Set(names)].sort().join(' ');
}

/** Lists a subject's facts of one kind by day, then key, so that the order of arrival does not matter. */
export function listFactsInOrder<K extends Fact['kind']>(
  record: SubjectRecord,
  kind: K,
): readonly Extract<Fact, { kind: K }>[] {
  return record.facts
    .filter((fact): fact is Extract<Fact, { kind: K }> => fact.kind === kind)
    .sort((a, b) => compareCodeUnits(a.at.earliestDay, b.at.earliestDay) || compareCodeUnits(a.key, b.key));
}

/** Compares by code unit, which does not depend on the locale. */
export function compareCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
