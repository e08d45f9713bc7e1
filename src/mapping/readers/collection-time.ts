import type { Moment } from '../../trial/facts.ts';
import { holdValue, type ValueOrResult } from '../mapping-result.ts';
import type { ViewRow } from '../view/view-row.ts';
import { createMissingTimeNeed } from '../work-item-texts.ts';
import type { ReaderInput } from './reader-input.ts';
import { listRowsOfKind, resolveReference } from './resolve-reference.ts';
import { readMoment, readText, readTexts, readTiming } from './row-columns.ts';

/** A report that lists the result may supply the time; the pipeline reads it from there. */
const WAIT_FOR_REPORT = {
  waitsFor: 'DiagnosticReport.result',
  fix: 'Send effective[x], or one report with a time that lists the result.',
} as const;

/**
 * Reads when the specimen of an Observation row was collected: its effective[x], else the collection time of its
 * specimen. Without either the row is held; the need names the specimen if it has not arrived. Never `issued`, which is
 * when the result was released. Source: FHIR R4 Observation.effective[x], Specimen.collection; domain section 4.4.
 */
export function readCollectionTime(row: ViewRow, input: ReaderInput): ValueOrResult<Moment> {
  const { timeZone } = input.context;
  const moment = readMoment(row, 'effective', timeZone);
  const effective = moment ?? readTiming(row, 'effective', timeZone);
  if (effective) return { value: effective };
  const element = `${input.at}.effective[x]`;
  const isUnreadable = moment === null || readTexts(row, 'effective_timing').length > 0;
  if (isUnreadable) return holdValue(createMissingTimeNeed(element, true));
  const missingTime = createMissingTimeNeed(element, false);
  const reference = readText(row, 'specimen');
  if (reference === null) return holdValue({ ...missingTime, ...WAIT_FOR_REPORT });
  const specimen = resolveReference(input, reference);
  if ('resource' in specimen) {
    const [specimenRow] = listRowsOfKind(input.mappings, specimen.resource, 'specimen');
    const collected = specimenRow && readSpecimenTime(specimenRow, timeZone);
    return collected ? { value: collected } : holdValue(missingTime);
  }
  const { waitsFor } = specimen;
  if (waitsFor === null) return holdValue(missingTime);
  // Specimens arrive one by one, so each is its own work item.
  return holdValue({ ...missingTime, waitsFor, group: waitsFor, fix: `Send ${waitsFor}, or effective[x].` });
}

function readSpecimenTime(row: ViewRow, timeZone: string): Moment | null {
  if (readText(row, 'status') === 'entered-in-error') return null;
  return readMoment(row, 'collected', timeZone) ?? null;
}
