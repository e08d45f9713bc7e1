import type { Assessment, CriterionTrace, ReasonCode, ResponseClass } from '../assessment.ts';
import { formatUsableCount } from '../criteria/count-inputs.ts';
import { type CriteriaSet, resolveConfirmationDays } from '../criteria/criteria-set.ts';
import {
  buildCensoringTrace,
  formatCensoring,
  formatUnsureCensoring,
  listCensoringSources,
} from './censoring.ts';
import {
  type ClassifiedCount,
  deriveUnconfirmedClass,
  formatFailedParts,
  listTraceSources,
  reachesClass,
} from './classify-count.ts';
import { type ClinicalCourse, splitSourcesByKind } from './clinical-course.ts';
import {
  buildConfirmationTrace,
  type Confirmation,
  confirmClass,
  formatConfirmationOutcome,
} from './confirmation.ts';
import type { DueVisit } from './due-visits.ts';
import { describeVisitCounts } from './visit-counts.ts';

/** The response at one count with its confirmation; `classIndex` is that of the class in the set's order. */
export interface DerivedResponse {
  readonly class: ResponseClass;
  readonly status: Assessment['status'];
  readonly classIndex: number;
  readonly confirmation: Confirmation | null;
  /** Days required between the two counts; null where no confirmation is. */
  readonly confirmationDays: number | null;
}

/** Derives the response of a point that reaches the class at `classIndex`, by its confirmation. */
function deriveReachedResponse(
  point: ClassifiedCount,
  classIndex: number,
  points: readonly ClassifiedCount[],
  set: CriteriaSet,
  hasEnded: boolean,
): DerivedResponse {
  const rule = point.evaluations[classIndex]?.rule;
  const days = resolveConfirmationDays(set, rule);
  const reached = { class: rule?.class ?? 'NE', status: 'final', classIndex } as const;
  if (days === null) return { ...reached, confirmation: null, confirmationDays: days };
  const confirmation = confirmClass(point, classIndex, points, days, hasEnded);
  const confirmed = { ...reached, confirmation, confirmationDays: days } as const;
  switch (confirmation.kind) {
    case 'confirmed':
      return confirmed;
    case 'pending':
      return { ...confirmed, status: 'preliminary' };
    case 'open':
      return { ...confirmed, class: 'NE' };
    case 'lost':
      return { ...confirmed, class: 'NR' };
  }
}

/**
 * Derives the class of a point after confirmation. A class that is lost or open is replaced by the next lower one that is
 * met and confirmed or pending; without one the class is NE where a count with missing data could have confirmed a class,
 * else NR, not confirmed. Sets without confirmation yield the class of the count.
 */
export function deriveResponse(
  point: ClassifiedCount,
  points: readonly ClassifiedCount[],
  set: CriteriaSet,
  hasEnded: boolean,
): DerivedResponse {
  let unconfirmed: DerivedResponse | null = null;
  for (const classIndex of point.evaluations.keys()) {
    if (!reachesClass(point, classIndex)) continue;
    const response = deriveReachedResponse(point, classIndex, points, set, hasEnded);
    if (response.class !== 'NE' && response.class !== 'NR') return response;
    // A class that is surely lost does not replace one that is open.
    if (unconfirmed?.class !== 'NE') unconfirmed = response;
  }
  if (unconfirmed !== null) return unconfirmed;
  return {
    class: deriveUnconfirmedClass(point),
    status: 'final',
    classIndex: point.evaluations.length - 1,
    confirmation: null,
    confirmationDays: null,
  };
}

/** Formats the counts of a point in one sentence, and its baseline where that is confounded. */
function formatBloodCount({ bloodCount, confoundedBaseline }: ClassifiedCount): string {
  const baseline = confoundedBaseline.length > 0 ? ` Baseline: ${confoundedBaseline.join('; ')}.` : '';
  const counts = [...bloodCount.counts.values()]
    .filter(({ fact }) => fact.analyte !== 'wbc')
    .map(formatUsableCount)
    .join('; ');
  const tie =
    bloodCount.tiedDays.length > 0
      ? ` Equally near the target and earlier, so not used: ${bloodCount.tiedDays.join(', ')}.`
      : '';
  return `Counts: ${counts || 'none'}.${tie}${baseline}`;
}

/** Lists the data that would decide an open point: its own, or those of the count that could confirm it. */
function listMissing(point: ClassifiedCount, { confirmation }: DerivedResponse): readonly string[] {
  const open = confirmation?.kind === 'open' ? confirmation.by : point;
  return [...new Set(open.evaluations.flatMap((evaluation) => evaluation.trace.missing))];
}

const CLASS_NAMES = {
  CR: 'Complete response',
  PR: 'Partial response',
  NR: 'No response',
  NE: 'Not evaluable',
} as const;

/** Formats `Partial response by bsh-saa 1.0.0`. */
export function formatHeadline(responseClass: ResponseClass, set: Assessment['criteria']): string {
  return `${CLASS_NAMES[responseClass]} by ${set.id} ${set.version}`;
}

function formatNonResponse(point: ClassifiedCount, response: DerivedResponse): string {
  if (response.confirmation !== null)
    return formatConfirmationOutcome(response.confirmation, response.confirmationDays ?? 0);
  const last = point.evaluations.at(-1);
  return last ? `Not met: ${formatFailedParts(last.trace)}.` : 'No criterion to assess by.';
}

/** Abbreviates missing data to three entries: a reader in the EHR wants the first few, and the trace lists all. */
export function abbreviateMissing(missing: readonly string[]): string {
  const more = missing.length > 3 ? `; and ${missing.length - 3} more of this kind` : '';
  return `${missing.slice(0, 3).join('; ')}${more}`;
}

const CONFIRMATION_REASONS = {
  confirmed: 'confirmed',
  pending: 'confirmation-pending',
} as const;

/** Derives the reason code of a point's class. */
export function deriveReasonCode({ class: responseClass, confirmation }: DerivedResponse): ReasonCode {
  if (responseClass === 'NE') return 'data-missing';
  if (confirmation === null) return responseClass === 'NR' ? 'criterion-not-met' : 'criterion-met';
  if (confirmation.kind === 'confirmed' || confirmation.kind === 'pending')
    return CONFIRMATION_REASONS[confirmation.kind];
  if (confirmation.kind === 'open') return 'data-missing';
  return confirmation.by === null ? 'confirmation-impossible' : 'not-confirmed';
}

/** Formats the reason for a class in one or two sentences. */
export function formatReasons(
  point: ClassifiedCount,
  response: DerivedResponse,
  set: CriteriaSet,
): readonly string[] {
  const head = formatHeadline(response.class, set);
  const counts = formatBloodCount(point);
  if (response.class === 'NE')
    return [`${head}: missing ${abbreviateMissing(listMissing(point, response))}.`, counts];
  if (response.class === 'NR') return [`${head}. ${formatNonResponse(point, response)}`, counts];
  const rule = point.evaluations[response.classIndex]?.rule;
  const undecided = point.evaluations
    .slice(0, response.classIndex)
    .filter((evaluation) => evaluation.verdict === 'unknown');
  const betterClasses = undecided
    .map(
      (evaluation) =>
        ` ${evaluation.rule.class} cannot be determined: missing ${evaluation.trace.missing.join('; ')}.`,
    )
    .join('');
  const confirmed = response.confirmation
    ? ` ${formatConfirmationOutcome(response.confirmation, response.confirmationDays ?? 0)}`
    : '';
  return [`${head}: ${rule?.paragraph ?? ''}.${confirmed}${betterClasses}`, counts];
}

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
    ...splitSourcesByKind(listTraceSources(trace), course.factKinds),
  };
}
