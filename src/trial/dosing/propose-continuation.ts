import type { InfusionProposal } from '../assessment.ts';
import { addDays } from '../calendar-days.ts';
import { type ClassifiedCount, deriveUnconfirmedClass, listTraceSources } from '../visits/classify-count.ts';
import { type ClinicalCourse, splitSourcesByKind } from '../visits/clinical-course.ts';
import { findNotEvaluableReason, formatHeadline, type OverallCriteria } from '../visits/overall-response.ts';

/** Whether the subject died, or another treatment began, before the proposed infusions and their tolerance were over. */
function isCutShort({ deathDay, censoring: censored, protocol }: ClinicalCourse, from: string): boolean {
  const { continuation, toleranceDays } = protocol.dosing;
  const over = addDays(from, continuation.infusions.length * continuation.everyDays + toleranceDays);
  return [deathDay, censored?.day ?? null].some((day) => day !== null && day <= over);
}

/**
 * The protocol's proposal after the continuation visit: a response at its count, taken by itself, earns the further
 * infusions. No later count takes it back, so what was proposed can be told again from what was known then; a death, a
 * transplant or another treatment within the proposed course does. No response, NE, or no count: no proposal.
 */
export function proposeContinuation(
  course: ClinicalCourse,
  judging: OverallCriteria,
  point: ClassifiedCount | undefined,
): InfusionProposal | null {
  if (point === undefined || point.bloodCount.counts.size === 0 || findNotEvaluableReason(judging))
    return null;
  const given = deriveUnconfirmedClass(point);
  if (given !== 'CR' && given !== 'PR') return null;
  if (isCutShort(course, point.bloodCount.day)) return null;
  const { continuation } = course.protocol.dosing;
  const { study, subject } = course.subject;
  const traces = point.evaluations.map((answer) => answer.trace);
  const range = `${continuation.infusions[0] ?? ''}-${continuation.infusions.at(-1) ?? ''}`;
  return {
    study,
    subject,
    kind: 'continue-infusions',
    visit: continuation.visit,
    infusions: continuation.infusions,
    day: point.bloodCount.day,
    reason: `${formatHeadline(given, judging.set)} at ${continuation.visit}, not yet confirmed: infusions ${range}, one every ${continuation.everyDays} days.`,
    evidence: splitSourcesByKind(listTraceSources(traces), course.factKinds).evidence,
  };
}
