import type { Assessment, CriterionTrace, ReasonCode, ResponseClass } from '../assessment.ts';
import { formatUsableCount } from '../criteria/count-inputs.ts';
import { type CriteriaSet, resolveConfirmationDays } from '../criteria/criteria-set.ts';
import type { DiseaseSeverity } from '../protocol.ts';
import { buildCensoringTrace, formatCensoring, listCensoringSources } from './censoring.ts';
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

/** The set by which a subject's overall response is judged, and the severity that chose it. */
export interface OverallCriteria {
  readonly set: CriteriaSet;
  readonly severity: DiseaseSeverity;
  readonly severityTrace: readonly CriterionTrace[];
}

/** The response at one count with its confirmation; `place` is that of the class in the set's order. */
export interface DerivedResponse {
  readonly class: ResponseClass;
  readonly status: Assessment['status'];
  readonly classIndex: number;
  readonly confirmation: Confirmation | null;
  /** Days that were asked for between the two counts; null where no confirmation was. */
  readonly confirmationDays: number | null;
}

/**
 * The class of a point after confirmation. A class that is lost gives way to the next lower one that holds and is not
 * lost; where all are lost the class is NR, not confirmed. Sets without confirmation give the class of the count.
 */
export function deriveResponse(
  point: ClassifiedCount,
  points: readonly ClassifiedCount[],
  set: CriteriaSet,
  ended: boolean,
): DerivedResponse {
  let lost: Pick<DerivedResponse, 'classIndex' | 'confirmation' | 'confirmationDays'> | null = null;
  for (const [place, { rule }] of point.evaluations.entries()) {
    if (!reachesClass(point, place)) continue;
    const days = resolveConfirmationDays(set, rule);
    if (days === null)
      return {
        class: rule.class,
        status: 'final',
        classIndex: place,
        confirmation: null,
        confirmationDays: days,
      };
    const outcome = confirmClass(point, place, points, days, ended);
    const status = outcome.kind === 'confirmed' ? 'final' : 'preliminary';
    if (outcome.kind !== 'lost')
      return { class: rule.class, status, classIndex: place, confirmation: outcome, confirmationDays: days };
    lost = { classIndex: place, confirmation: outcome, confirmationDays: days };
  }
  if (lost !== null) return { class: 'NR', status: 'final', ...lost };
  return {
    class: deriveUnconfirmedClass(point),
    status: 'final',
    classIndex: point.evaluations.length - 1,
    confirmation: null,
    confirmationDays: null,
  };
}

/** The counts of a point in one sentence, and its baseline where that is confounded. */
function formatBloodCount({ bloodCount: picture, confoundedBaseline: flags }: ClassifiedCount): string {
  const baseline = flags.length > 0 ? ` Baseline: ${flags.join('; ')}.` : '';
  const counts = [...picture.counts.values()]
    .filter(({ fact }) => fact.analyte !== 'wbc')
    .map(formatUsableCount)
    .join('; ');
  const tie =
    picture.tiedDays.length > 0
      ? ` Equally near the target and earlier, so not taken: ${picture.tiedDays.join(', ')}.`
      : '';
  return `Counts: ${counts || 'none'}.${tie}${baseline}`;
}

/** What would decide a point that stays open. */
export function listMissing(point: ClassifiedCount): readonly string[] {
  return [...new Set(point.evaluations.flatMap((answer) => answer.trace.missing))];
}

const CLASS_NAMES = {
  CR: 'Complete response',
  PR: 'Partial response',
  NR: 'No response',
  NE: 'Not evaluable',
} as const;

/** `Partial response by bsh-saa 1.0.0`. */
export function formatHeadline(given: ResponseClass, set: CriteriaSet): string {
  return `${CLASS_NAMES[given]} by ${set.id} ${set.version}`;
}

function formatNonResponse(point: ClassifiedCount, settled: DerivedResponse): string {
  if (settled.confirmation !== null)
    return formatConfirmationOutcome(settled.confirmation, settled.confirmationDays ?? 0);
  const last = point.evaluations.at(-1);
  return last ? `Not met: ${formatFailedParts(last.trace)}.` : 'Nothing to judge by.';
}

/** A reader in the EHR wants the first few; the trace holds all. */
function abbreviateMissing(missing: readonly string[]): string {
  const more = missing.length > 3 ? `; and ${missing.length - 3} more of the kind` : '';
  return `${missing.slice(0, 3).join('; ')}${more}`;
}

const CONFIRMATION_REASONS = {
  confirmed: 'confirmed',
  pending: 'confirmation-pending',
} as const;

/** Returns why a point has its class. */
export function deriveReasonCode({ class: derived, confirmation }: DerivedResponse): ReasonCode {
  if (derived === 'NE') return 'data-missing';
  if (confirmation === null) return derived === 'NR' ? 'criterion-not-met' : 'criterion-met';
  if (confirmation.kind !== 'lost') return CONFIRMATION_REASONS[confirmation.kind];
  return confirmation.by === null ? 'confirmation-impossible' : 'not-confirmed';
}

/** One or two sentences that give the ground of a class. */
export function formatReasons(
  point: ClassifiedCount,
  settled: DerivedResponse,
  set: CriteriaSet,
): readonly string[] {
  const head = formatHeadline(settled.class, set);
  const counts = formatBloodCount(point);
  if (settled.class === 'NE') return [`${head}: missing ${abbreviateMissing(listMissing(point))}.`, counts];
  if (settled.class === 'NR') return [`${head}. ${formatNonResponse(point, settled)}`, counts];
  const rule = point.evaluations[settled.classIndex]?.rule;
  const open = point.evaluations
    .slice(0, settled.classIndex)
    .filter((answer) => answer.verdict === 'unknown');
  const better = open
    .map((a) => ` ${a.rule.class} cannot be told: missing ${a.trace.missing.join('; ')}.`)
    .join('');
  const confirmed = settled.confirmation
    ? ` ${formatConfirmationOutcome(settled.confirmation, settled.confirmationDays ?? 0)}`
    : '';
  return [`${head}: ${rule?.paragraph ?? ''}.${confirmed}${better}`, counts];
}

/** The traces behind a class: those of the scope's classes, and the confirmation. */
export function buildClassTraces(
  point: ClassifiedCount,
  settled: DerivedResponse,
): readonly CriterionTrace[] {
  const own = point.evaluations.map(({ rule, trace }) => ({
    criterion: `${rule.class}: ${rule.paragraph}`,
    role: { kind: 'class' as const, class: rule.class },
    verdict: trace.verdict,
    inputs: [],
    missing: trace.missing,
    of: [trace],
  }));
  if (settled.confirmation === null) return own;
  return [
    ...own,
    buildConfirmationTrace(settled.confirmation, settled.classIndex, settled.confirmationDays ?? 0),
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
    trace: [],
    evidence: [],
    supporting: [],
  };
}

/** Why nothing can be said, whatever the counts; null where something can. */
export function findNotEvaluableReason(
  judging: OverallCriteria,
): { readonly code: ReasonCode; readonly reason: string; readonly trace: readonly CriterionTrace[] } | null {
  const { set, severity, severityTrace } = judging;
  if (set.status === 'undefined') {
    const reason = `criteria-set-undefined: the text of ${set.id} is not at hand, so it gives no class.`;
    return { code: 'criteria-set-undefined', reason, trace: [] };
  }
  if (severity !== 'unknown') return null;
  const missing = severityTrace.flatMap((trace) => trace.missing);
  const reason = `severity-unknown: the severity before the first infusion is open, missing ${[...new Set(missing)].join('; ')}.`;
  return { code: 'severity-unknown', reason, trace: severityTrace };
}

/**
 * A visit without a count: missed, or after an event that ended the observation, where the protocol's censoring rule
 * gives the class.
 */
export function assessVisitWithoutCount(
  course: ClinicalCourse,
  due: DueVisit,
  set: CriteriaSet,
): Pick<Assessment, 'value' | 'reasonCode' | 'reasons' | 'trace' | 'supporting'> {
  const { censoring: censored } = course;
  if (censored === null || censored.day >= due.to) {
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
  const given = course.protocol.censoring.laterVisits;
  const why = `censored: the ${formatCensoring(censored)} ended the observation, and no count between ${due.from} and ${due.to} was made before it.`;
  return {
    value: { kind: 'class', class: given },
    reasonCode: 'censored',
    reasons: [`${formatHeadline(given, set)}: ${why}`],
    trace: [buildCensoringTrace(censored)],
    supporting: listCensoringSources(censored),
  };
}

/**
 * The overall response at one visit, or null while the window is open and holds no count. NE where no count is in the
 * window, the set is undefined, the severity is unknown, or what is missing could change the class.
 */
export function assessOverallAtVisit(
  course: ClinicalCourse,
  due: DueVisit,
  judging: OverallCriteria,
  point: ClassifiedCount,
  points: readonly ClassifiedCount[],
): Assessment | null {
  const { set } = judging;
  const base = buildVisitAssessmentBase(course, due, set);
  const isEmpty = due.bloodCount.counts.size === 0;
  if (isEmpty && !due.isOver) return null;
  const stop = findNotEvaluableReason(judging);
  if (stop) {
    const sources = splitSourcesByKind(listTraceSources(stop.trace), course.factKinds);
    return {
      ...base,
      ...sources,
      trace: stop.trace,
      reasonCode: stop.code,
      reasons: [`${formatHeadline('NE', set)}: ${stop.reason}`],
    };
  }
  if (isEmpty) return { ...base, ...assessVisitWithoutCount(course, due, set) };
  const settled = deriveResponse(point, points, set, course.hasEnded);
  const trace = buildClassTraces(point, settled);
  return {
    ...base,
    value: { kind: 'class', class: settled.class },
    status: settled.status,
    effective: settled.class === 'NE' ? due.targetDay : point.bloodCount.day,
    reasonCode: deriveReasonCode(settled),
    reasons: formatReasons(point, settled, set),
    trace,
    ...splitSourcesByKind(listTraceSources(trace), course.factKinds),
  };
}
