import type { Moment } from '../../trial/facts.ts';
import type { WorkNeed } from '../mapping-result.ts';
import type { ViewRow } from '../view/compile-view.ts';
import { createMissingTimeNeed } from '../work-item-texts.ts';
import type { ReaderInput } from './reader-input.ts';
import { listRowsOfKind, resolveReference } from './resolve-reference.ts';
import { readMoment, readText, readTexts, readTiming } from './row-columns.ts';

/**
 * When the specimen of an Observation row was taken: its effective[x], else the specimen's collection; else the need for
 * a time, which names the specimen that has not arrived. Never `issued`, which is when the result was released.
 * Source: FHIR R4 Observation.effective[x], Specimen.collection; domain section 4.4.
 */
export function readCollectionTime(row: ViewRow, reading: ReaderInput): Moment | WorkNeed {
  const { timeZone } = reading.context;
  const own = readMoment(row, 'effective', timeZone);
  const effective = own ?? readTiming(row, 'effective', timeZone);
  if (effective) return effective;
  const element = `${reading.at}.effective[x]`;
  const reference = readText(row, 'specimen');
  const sent = own === null || readTexts(row, 'effective_timing').length > 0;
  if (sent) return createMissingTimeNeed(element, true);
  if (reference === null) return waitForReport(createMissingTimeNeed(element, false));
  const specimen = resolveReference(reading, reference);
  if ('waitsFor' in specimen)
    return waitForSpecimen(specimen.waitsFor, createMissingTimeNeed(element, false));
  const [collected] = listRowsOfKind(reading.mappings, specimen.resource, 'specimen');
  const withdrawn = !collected || readText(collected, 'status') === 'entered-in-error';
  return (
    (withdrawn ? null : readMoment(collected, 'collected', timeZone)) ?? createMissingTimeNeed(element, false)
  );
}

/** A report that lists the result may bring the time; the pipeline reads it from there. */
function waitForReport(need: WorkNeed): WorkNeed {
  const fix = 'Send effective[x], or one report with a time that lists the result.';
  return { ...need, waitsFor: 'DiagnosticReport.result', fix };
}

/** One work item a specimen: they arrive one by one. */
function waitForSpecimen(waitsFor: string | null, need: WorkNeed): WorkNeed {
  return waitsFor === null
    ? need
    : { ...need, waitsFor, group: waitsFor, fix: `Send ${waitsFor}, or effective[x].` };
}
