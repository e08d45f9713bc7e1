import type { Moment } from '../trial/facts.ts';
import type { WorkNeed } from './mapped.ts';
import { momentIn, needsTime, type Reading, resolve, rowsOf, timingIn } from './reading.ts';
import { text, texts } from './row.ts';
import type { Row } from './view/compile.ts';

/**
 * When the specimen of an Observation row was taken: its effective[x], else the specimen's collection; else the need for
 * a time, which names the specimen that has not arrived. Never `issued`, which is when the result was released.
 * Source: FHIR R4 Observation.effective[x], Specimen.collection; domain section 4.4.
 */
export function takenAt(row: Row, reading: Reading): Moment | WorkNeed {
  const { timeZone } = reading.context;
  const own = momentIn(row, 'effective', timeZone);
  const effective = own ?? timingIn(row, 'effective', timeZone);
  if (effective) return effective;
  const element = `${reading.at}.effective[x]`;
  const reference = text(row, 'specimen');
  const sent = own === null || texts(row, 'effective_timing').length > 0;
  if (sent) return needsTime(element, true);
  if (reference === null) return fromReport(needsTime(element, false));
  const specimen = resolve(reading, reference);
  if ('waitsFor' in specimen) return waitingFor(specimen.waitsFor, needsTime(element, false));
  const [collected] = rowsOf(reading.tools, specimen.resource, 'specimen');
  const withdrawn = !collected || text(collected, 'status') === 'entered-in-error';
  return (withdrawn ? null : momentIn(collected, 'collected', timeZone)) ?? needsTime(element, false);
}

/** A report that lists the result may bring the time; the pipeline reads it from there. */
function fromReport(need: WorkNeed): WorkNeed {
  const fix = 'Send effective[x], or one report with a time that lists the result.';
  return { ...need, waitsFor: 'DiagnosticReport.result', fix };
}

/** One work item a specimen: they arrive one by one. */
function waitingFor(waitsFor: string | null, need: WorkNeed): WorkNeed {
  return waitsFor === null
    ? need
    : { ...need, waitsFor, group: waitsFor, fix: `Send ${waitsFor}, or effective[x].` };
}
