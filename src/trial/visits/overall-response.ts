import type { Assessment, CriterionTrace, ReasonCode } from '../assessment.ts';
import type { CriteriaSet } from '../criteria/criteria-set.ts';
import {
  buildCensoringTrace,
  formatCensoring,
  formatUnsureCensoring,
  listCensoringSources,
} from './censoring.ts';
import { deriveReasonCode, formatHeadline, formatReasons } from './class-reasons.ts';
import type { ClassifiedCount } from './classify-count.ts';
import { type ClinicalCourse, splitSourcesByKind } from './clinical-course.ts';
import { buildConfirmationTrace } from './confirmation.ts';
import { type DerivedResponse, deriveResponse } from './derive-response.ts';
import type { DueVisit } from './due-visits.ts';
import { describeVisitCounts } from './visit-counts.ts';

/** Builds the traces behind a class: those of the scope's classes, and the confirmation. */
export function buildClassTraces(
  point: ClassifiedCount,
  response: DerivedResponse,
): readonly CriterionTrace[] {
  const classTraces = point.evaluations.map(({ rule, trace }) => ({
    criterion: `${rule.class}: ${rule.paragraph}`,
    role: { kind: 'class' as const, class: rule.class },
    verdict: trace.verdict,
    inputs: [],
    missing: trace.missing,
    of: [trace],
  }));
  if (response.confirmation === null) return classTraces;
  return [
    ...classTraces,
    buildConfirmationTrace(response.confirmation, response.classIndex, response.confirmationDays ?? 0),
  ];
}

function buildVisitAssessmentBase(
  course: ClinicalCourse,
  due: DueVisit,
  set: CriteriaSet,
): Omit<Assessment, 'reasons'> {
  const { study, subject } = course.subject;
  return {
    study,
    subject,
    visit: due.visit.id,
    scope: 'overall',
    kind: 'response-at-visit',
    criteria: { id: set.id, version: set.version },
    value: { kind: 'class', class: 'NE' },
    status: 'final',
    effective: due.targetDay,
    counts: describeVisitCounts(course, due),
    trace: [],
    evidence: [],
    supporting: [],
  };
}

/** Finds why a subject cannot be assessed, independent of the counts; null where they can. */
export function findNotEvaluableReason(
  set: CriteriaSet,
): { readonly code: ReasonCode; readonly reason: string } | null {
  if (set.status !== 'undefined') return null;
  const reason = `criteria-set-undefined: the text of ${set.id} is not available, so it yields no class.`;
  return { code: 'criteria-set-undefined', reason };
}

/**
 * Assesses a visit without a count: missed, or after an event that ended the observation, where the protocol's
 * censoring rule defines the class.
 */
export function assessVisitWithoutCount(
  course: ClinicalCourse,
  due: DueVisit,
  set: CriteriaSet,
): Pick<Assessment, 'value' | 'reasonCode' | 'reasons' | 'trace' | 'supporting'> {
  const { censoring } = course;
  if (censoring === null || censoring.day >= due.to) {
    const window = `no count in window: the visit was missed, no signed blood count between ${due.from} and ${due.to}.`;
    const reasons = [`${formatHeadline('NE', set)}: ${window}`];
    return {
      value: { kind: 'class', class: 'NE' },
      reasonCode: 'no-count-in-window',
      reasons,
      trace: [],
      supporting: [],
    };
  }
  if (!censoring.isSure) {
    const reason = `missing ${formatUnsureCensoring(censoring)}`;
    return {
      value: { kind: 'class', class: 'NE' },
      reasonCode: 'data-missing',
      reasons: [`${formatHeadline('NE', set)}: ${reason}.`],
      trace: [buildCensoringTrace(censoring)],
      supporting: listCensoringSources(censoring),
    };
  }
  const laterClass = course.protocol.censoring.laterVisits;
  const why = `censored: the ${formatCensoring(censoring)} ended the observation, and no count between ${due.from} and ${due.to} was made before it.`;
  return {
    value: { kind: 'class', class: laterClass },
    reasonCode: 'censored',
    reasons: [`${formatHeadline(laterClass, set)}: ${why}`],
    trace: [buildCensoringTrace(censoring)],
    supporting: listCensoringSources(censoring),
  };
}

/**
 * Assesses the overall response at one visit; null while the window is open and has no count. NE where no count is in
 * the window, the set is undefined, or missing data could change the class.
 */
export function assessOverallAtVisit(
  course: ClinicalCourse,
  due: DueVisit,
  set: CriteriaSet,
  point: ClassifiedCount,
  points: readonly ClassifiedCount[],
): Assessment | null {
  const base = buildVisitAssessmentBase(course, due, set);
  const hasNoCount = due.bloodCount.counts.size === 0;
  if (hasNoCount && !due.isOver) return null;
  const notEvaluable = findNotEvaluableReason(set);
  if (notEvaluable) {
    return {
      ...base,
      reasonCode: notEvaluable.code,
      reasons: [`${formatHeadline('NE', set)}: ${notEvaluable.reason}`],
    };
  }
  if (hasNoCount) return { ...base, ...assessVisitWithoutCount(course, due, set) };
  const response = deriveResponse(point, points, set, course.hasEnded);
  const trace = buildClassTraces(point, response);
  return {
    ...base,
    value: { kind: 'class', class: response.class },
    status: response.status,
    effective: response.class === 'NE' ? due.targetDay : point.bloodCount.day,
    reasonCode: deriveReasonCode(response),
    reasons: formatReasons(point, response, set),
    trace,
    ...splitSourcesByKind(trace),
  };
}
