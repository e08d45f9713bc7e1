import type { Proposal } from '../assessment.ts';
import { addDays } from '../days.ts';
import { type Course, splitSources } from '../visits/course.ts';
import { headline, type Judging, obstacle } from '../visits/overall.ts';
import { classOf, type Point, sourcesOf } from '../visits/points.ts';

/** Whether the subject died, or another treatment began, before the proposed infusions and their tolerance were over. */
function isOvertaken({ deathDay, censored, protocol }: Course, from: string): boolean {
  const { continuation, toleranceDays } = protocol.dosing;
  const over = addDays(from, continuation.infusions.length * continuation.everyDays + toleranceDays);
  return [deathDay, censored?.day ?? null].some((day) => day !== null && day <= over);
}

/**
 * The protocol's proposal after the continuation visit: a response at its count, taken by itself, earns the further
 * infusions. No later count takes it back, so what was proposed can be told again from what was known then; a death, a
 * transplant or another treatment within the proposed course does. No response, NE, or no count: no proposal.
 */
export function proposalOf(course: Course, judging: Judging, point: Point | undefined): Proposal | null {
  if (point === undefined || point.picture.counts.size === 0 || obstacle(judging)) return null;
  const given = classOf(point);
  if (given !== 'CR' && given !== 'PR') return null;
  if (isOvertaken(course, point.picture.day)) return null;
  const { continuation } = course.protocol.dosing;
  const { study, subject } = course.subject;
  const traces = point.answers.map((answer) => answer.trace);
  const range = `${continuation.infusions[0] ?? ''}-${continuation.infusions.at(-1) ?? ''}`;
  return {
    study,
    subject,
    kind: 'continue-infusions',
    visit: continuation.visit,
    infusions: continuation.infusions,
    day: point.picture.day,
    reason: `${headline(given, judging.set)} at ${continuation.visit}, not yet confirmed: infusions ${range}, one every ${continuation.everyDays} days.`,
    evidence: splitSources(sourcesOf(traces), course.kinds).evidence,
  };
}
