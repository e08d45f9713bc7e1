import type { Assessment } from '../assessment.ts';
import { addDays } from '../calendar-days.ts';
import { type CriteriaSet, resolveConfirmationDays } from '../criteria/criteria-set.ts';
import { abbreviateMissing, deriveReasonCode, formatHeadline, formatReasons } from './class-reasons.ts';
import { type ClassifiedCount, failsClass, reachesClass } from './classify-count.ts';
import { type ClinicalCourse, splitSourcesByKind } from './clinical-course.ts';
import { confirmClass, findOpenPair } from './confirmation.ts';
import type { DerivedResponse } from './derive-response.ts';
import { buildClassTraces, findNotEvaluableReason } from './overall-response.ts';

interface ConfirmedResponse {
  readonly point: ClassifiedCount;
  readonly response: DerivedResponse;
}

/** Finds the first point at which the class at this index is reached and confirmed; null where there is none. */
function findConfirmed(
  points: readonly ClassifiedCount[],
  set: CriteriaSet,
  classIndex: number,
): ConfirmedResponse | null {
  const rule = set.classes.filter(({ scope }) => scope === 'overall')[classIndex];
  if (rule === undefined) return null;
  const confirmationDays = resolveConfirmationDays(set, rule);
  const base = { class: rule.class, status: 'final', classIndex, confirmationDays } as const;
  for (const point of points) {
    if (!reachesClass(point, classIndex)) continue;
    if (confirmationDays === null) return { point, response: { ...base, confirmation: null } };
    const confirmation = confirmClass(point, classIndex, points, confirmationDays, true);
    if (confirmation.kind === 'confirmed') return { point, response: { ...base, confirmation } };
  }
  return null;
}

/** Finds the best class that is confirmed, and the first point at which it is reached; null where none is. */
function findBestConfirmed(points: readonly ClassifiedCount[], set: CriteriaSet): ConfirmedResponse | null {
  const classCount = set.classes.filter(({ scope }) => scope === 'overall').length;
  for (let classIndex = 0; classIndex < classCount; classIndex += 1) {
    const found = findConfirmed(points, set, classIndex);
    if (found) return found;
  }
  return null;
}

/** The counts that would decide a best response if their missing data were known. */
interface OpenResponse {
  readonly points: readonly ClassifiedCount[];
  readonly missing: readonly string[];
}

/** Finds the best class that counts with missing data leave open: no pair surely reaches it, and one could. */
function findOpenResponse(points: readonly ClassifiedCount[], set: CriteriaSet): OpenResponse | null {
  const rules = set.classes.filter(({ scope }) => scope === 'overall');
  for (const [classIndex, rule] of rules.entries()) {
    const days = resolveConfirmationDays(set, rule);
    const pair =
      days === null
        ? points.filter((point) => !failsClass(point, classIndex)).slice(0, 1)
        : findOpenPair(points, classIndex, days);
    if (pair === null || pair.length === 0) continue;
    const traces = pair.flatMap(({ evaluations }) =>
      evaluations.slice(0, classIndex + 1).map((evaluation) => evaluation.trace),
    );
    return { points: pair, missing: [...new Set(traces.flatMap(({ missing }) => missing))] };
  }
  return null;
}

/** Derives the last day of the window up to which a best response counts. */
export function deriveBestResponseDeadline(course: ClinicalCourse): string {
  const visit = course.protocol.visits.find(({ id }) => id === course.protocol.bestResponseBy);
  return addDays(course.dayZero, visit?.to ?? 0);
}

type BestResponseValue = Pick<
  Assessment,
  'value' | 'effective' | 'reasonCode' | 'reasons' | 'trace' | 'evidence' | 'supporting'
>;

function buildConfirmedValue({ point, response }: ConfirmedResponse, set: CriteriaSet): BestResponseValue {
  const trace = buildClassTraces(point, response);
  return {
    value: { kind: 'class', class: response.class },
    effective: point.bloodCount.day,
    reasonCode: deriveReasonCode(response),
    reasons: formatReasons(point, response, set),
    trace,
    ...splitSourcesByKind(trace),
  };
}

function formatVisitClass({ visit, value }: Assessment): string {
  return value.kind === 'class' ? `${visit} ${value.class}` : visit;
}

/** Builds a best response that counts with missing data leave open: NE, never a final NR. */
function buildOpenValue(
  { points, missing }: OpenResponse,
  course: ClinicalCourse,
  set: CriteriaSet,
): BestResponseValue {
  const days = points.map(({ bloodCount }) => bloodCount.day);
  const trace = points.flatMap(({ evaluations }) => evaluations.map((evaluation) => evaluation.trace));
  return {
    value: { kind: 'class', class: 'NE' },
    effective: days.at(-1) ?? course.today,
    reasonCode: 'data-missing',
    reasons: [
      `${formatHeadline('NE', set)}: no class is confirmed, and the counts of ${days.join(' and ')} leave one open.`,
      `Missing: ${abbreviateMissing(missing)}.`,
    ],
    trace,
    ...splitSourcesByKind(trace),
  };
}

/**
 * Builds a best response that no count confirms: NR where any visit could be assessed, else NE as at the latest visit.
 */
function buildUnconfirmedValue(
  course: ClinicalCourse,
  set: CriteriaSet,
  atVisits: readonly Assessment[],
  latest: Assessment,
): BestResponseValue {
  const assessed = atVisits.filter(({ value }) => value.kind === 'class' && value.class !== 'NE');
  const shown = assessed.at(-1) ?? latest;
  const { trace, evidence, supporting } = shown;
  const effective = shown.effective < course.today ? shown.effective : course.today;
  if (assessed.length === 0)
    return {
      value: { kind: 'class', class: 'NE' },
      effective,
      reasonCode: latest.reasonCode ?? 'data-missing',
      reasons: latest.reasons.slice(0, 1),
      trace,
      evidence,
      supporting,
    };
  const deadline = deriveBestResponseDeadline(course);
  const classes = atVisits.map(formatVisitClass).join(', ');
  const why = `no class is confirmed by ${deadline} (at the visits: ${classes})`;
  return {
    value: { kind: 'class', class: 'NR' },
    effective,
    reasonCode: 'no-class-confirmed',
    reasons: [`${formatHeadline('NR', set)}: ${why}.`],
    trace,
    evidence,
    supporting,
  };
}

/**
 * Derives the best overall response that a second count confirms, both counts after the first infusion and up to the end
 * of the protocol's last visit window. Without one: NE while missing or inexact data of two counts leave a class open; NR
 * where any visit could be assessed; else NE. Preliminary until that window is over, or no further count can come. Null
 * before the first visit can be assessed.
 */
export function deriveBestResponse(
  course: ClinicalCourse,
  set: CriteriaSet,
  points: readonly ClassifiedCount[],
  atVisits: readonly Assessment[],
): Assessment | null {
  const latest = atVisits.at(-1);
  if (latest === undefined) return null;
  const deadline = deriveBestResponseDeadline(course);
  const inTime = points.filter((point) => point.bloodCount.day <= deadline);
  const isEvaluable = findNotEvaluableReason(set) === null;
  const best = isEvaluable ? findBestConfirmed(inTime, set) : null;
  const open = isEvaluable && best === null ? findOpenResponse(inTime, set) : null;
  const unconfirmed = () =>
    open ? buildOpenValue(open, course, set) : buildUnconfirmedValue(course, set, atVisits, latest);
  return {
    study: course.subject.study,
    subject: course.subject.subject,
    visit: 'all',
    scope: 'overall',
    kind: 'best-response',
    criteria: { id: set.id, version: set.version },
    status: course.today > deadline || course.hasEnded ? 'final' : 'preliminary',
    ...(best ? buildConfirmedValue(best, set) : unconfirmed()),
  };
}
