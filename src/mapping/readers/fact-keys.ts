import type { MeasuredValue, Moment } from '../../trial/facts.ts';
import { ExactDecimal } from '../units/ucum.ts';
import type { ReaderInput } from './reader-input.ts';

/**
 * The moment as part of a key: the same instant is the same whatever zone it was written in. Without a time it is the
 * day, or the partial date or period as it was sent. A period that has a time counts by its start.
 */
export function formatTimeKey(at: Moment): string {
  if (at.instant !== null) return new Date(at.instant).toISOString();
  return at.earliestDay === at.latestDay ? at.earliestDay : at.text;
}

/** The site-local day on which it began; a partial date as it was sent. */
export function formatDayKey(at: Moment): string {
  return at.instant !== null || at.earliestDay === at.latestDay ? at.earliestDay : at.text;
}

/** The value in the trial's unit without meaningless zeros, with its comparator; `absent` where there is none. */
export function formatValueKey(measured: MeasuredValue | null): string {
  if (measured === null) return 'absent';
  return `${measured.comparator ?? ''}${new ExactDecimal(measured.value).toFixed()}`;
}

/**
 * A key from its parts. Equal keys are one fact with several sources (contract section 2, idempotency), so a key holds
 * exactly what makes two statements the same:
 * lab (with `preliminary` apart: a preliminary source must not hide a final one) and weight: time and value;
 * infusion: day and product (MedicationAdministration and Procedure of one infusion), not-done apart;
 * transfusion and medication: the instant, else the day and the resource (two units on one day are two);
 * transplant: the day; adverse event, condition: the resource; death: the day; person: all that is said of him.
 */
export const buildFactKey = (...parts: readonly string[]): string => parts.join('|');

/** A Source's resource as part of a key. */
export const formatResourceKey = (reading: ReaderInput): string =>
  `${reading.context.site}|${reading.resource.resourceType}/${reading.resource.id ?? ''}`;
