import { isObject } from '../../fhir/resource.ts';
import type { MeasuredValue, Moment, OriginalValue, Source } from '../../trial/facts.ts';
import { ExactDecimal } from '../units/ucum.ts';
import type { ReaderInput } from './reader-input.ts';

/* What every fact has, whatever its kind: its key, its sources, and the original as sent. */

/** The results of one blood sample have one instant. */
let lastInstant: { readonly instant: number; readonly text: string } | null = null;

function formatInstant(instant: number): string {
  if (lastInstant?.instant !== instant) lastInstant = { instant, text: new Date(instant).toISOString() };
  return lastInstant.text;
}

/**
 * Formats a moment as part of a key. The same instant has the same key in every time zone. Without a time the key is the
 * day, or the partial date or period as sent. A period with a time is identified by its start.
 */
export function formatTimeKey(at: Moment): string {
  if (at.instant !== null) return formatInstant(at.instant);
  return at.earliestDay === at.latestDay ? at.earliestDay : at.text;
}

/** Formats the site-local day on which something began as part of a key; a partial date as sent. */
export function formatDayKey(at: Moment): string {
  return at.instant !== null || at.earliestDay === at.latestDay ? at.earliestDay : at.text;
}

/** Formats a value in the trial unit, with its comparator and without trailing zeros; `absent` if there is none. */
export function formatValueKey(measured: MeasuredValue | null): string {
  if (measured === null) return 'absent';
  return `${measured.comparator ?? ''}${new ExactDecimal(measured.value).toFixed()}`;
}

/** Formats the resource that is being read as part of a key. */
export const formatResourceKey = (input: ReaderInput): string =>
  `${input.context.site}|${input.resource.resourceType}/${input.resource.id ?? ''}`;

/**
 * Builds the key of a fact from its parts. Facts with equal keys are one fact with several sources (contract section 2,
 * idempotency), so a key contains exactly the characteristics that identify a fact:
 * - lab and weight: time and value (a preliminary lab result has its own key: it must not hide a final one);
 * - infusion: day and product, as a MedicationAdministration and a Procedure may report one infusion; not-done separately;
 * - transfusion: the instant, else the day, and the resource (two bags are two transfusions, also at one instant);
 * - medication: the instant, else the day and the resource;
 * - transplant and death: the day;
 * - adverse event and condition: the resource;
 * - person: all stated characteristics.
 */
export const buildFactKey = (...parts: readonly string[]): string => parts.join('|');

/** Builds the source of a fact: one element of this resource version. */
export function buildSource(input: ReaderInput, element: string): Source {
  const { resource, context } = input;
  const { meta } = resource;
  const version = isObject(meta) && typeof meta.versionId === 'string' ? meta.versionId : null;
  return {
    site: context.site,
    resourceType: resource.resourceType,
    id: resource.id ?? '',
    version,
    element: element || input.at,
  };
}

/** Builds the source of a fact, followed by the reports and panels that supplied its subject or time. */
export function buildSources(input: ReaderInput, element: string): readonly [Source, ...Source[]] {
  return [buildSource(input, element), ...(input.context.inheritedFrom ?? [])];
}

/** Builds the original of a fact as sent: the code, and the value if there is one (an infusion may have no dose). */
export function buildOriginal(code: string, sentValue?: Omit<OriginalValue, 'code'>): OriginalValue {
  return { code, ...(sentValue ?? { value: null, unit: null, conversion: null }) };
}
