import type { Proposal } from '../assessment.ts';
import { type Course, splitSources } from '../visits/course.ts';
import { headline, type Judging, obstacle } from '../visits/overall.ts';
import { classOf, type Point, sourcesOf } from '../visits/points.ts';

/**
 * The protocol's proposal after the continuation visit: a response at its count, taken by itself, earns the further
 * infusions. Only counts up to that count are looked at, so what was proposed can be told again from what was known
 * then. No response, NE, or no count: no proposal.
 */
export function proposalOf(course: Course, judging: Judging, point: Point | undefined): Proposal | null {
  if (point === undefined || point.picture.counts.size === 0 || obstacle(judging)) return null;
  const given = classOf(point);
  if (given !== 'CR' && given !== 'PR') return null;
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
