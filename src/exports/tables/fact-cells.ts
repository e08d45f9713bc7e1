import { countDaysBetween } from '../../trial/calendar-days.ts';
import type { Fact, Moment, Source } from '../../trial/facts.ts';
import type { SubjectRecord } from '../export-format.ts';
import { formatPseudonymousSource } from '../pseudonyms.ts';

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

/** Formats the sources of a fact under their pseudonyms, separated by blanks. */
export function formatSources(sources: readonly Source[], { pseudonymise }: SubjectRecord): string {
  const names = sources.map((source) => formatPseudonymousSource(source, pseudonymise));
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
