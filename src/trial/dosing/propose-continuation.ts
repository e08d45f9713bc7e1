import type { InfusionProposal } from '../assessment.ts';
import { addDays } from '../calendar-days.ts';
import type { CriteriaSet } from '../criteria/criteria-set.ts';
import { formatHeadline } from '../visits/class-reasons.ts';
import { type ClassifiedCount, deriveUnconfirmedClass } from '../visits/classify-count.ts';
import { type ClinicalCourse, splitSourcesByKind } from '../visits/clinical-course.ts';
import { findNotEvaluableReason } from '../visits/overall-response.ts';

/**
 * Whether the subject died, or another treatment began, before the proposed infusions and their tolerance were over.
 */
function isCutShort({ deathDay, censoring, protocol }: ClinicalCourse, from: string): boolean {
  const { continuation, toleranceDays } = protocol.dosing;
  const courseEnd = addDays(from, continuation.infusions.length * continuation.everyDays + toleranceDays);
  return [deathDay, censoring?.day ?? null].some((day) => day !== null && day <= courseEnd);
}

/**
 * Derives the protocol's proposal after the continuation visit: a response at its count, taken by itself, earns the
 * further infusions. No later count withdraws it, so the proposal can be repeated from the data known then; a death, a
 * transplant or another treatment within the proposed course does withdraw it. Null without a response, with NE, and
 * without a count.
 */
export function proposeContinuation(
  course: ClinicalCourse,
  set: CriteriaSet,
  point: ClassifiedCount | undefined,
): InfusionProposal | null {
  if (point === undefined || point.bloodCount.counts.size === 0 || findNotEvaluableReason(set)) return null;
  const responseClass = deriveUnconfirmedClass(point);
  if (responseClass !== 'CR' && responseClass !== 'PR') return null;
  if (isCutShort(course, point.bloodCount.day)) return null;
  const { continuation } = course.protocol.dosing;
  const { study, subject } = course.subject;
  const traces = point.evaluations.map(({ trace }) => trace);
  const range = `${continuation.infusions[0] ?? ''}-${continuation.infusions.at(-1) ?? ''}`;
  return {
    study,
    subject,
    kind: 'continue-infusions',
    visit: continuation.visit,
    infusions: continuation.infusions,
    day: point.bloodCount.day,
    reason: `${formatHeadline(responseClass, set)} at ${continuation.visit}, not yet confirmed: infusions ${range}, one every ${continuation.everyDays} days.`,
    evidence: splitSourcesByKind(traces).evidence,
  };
}
