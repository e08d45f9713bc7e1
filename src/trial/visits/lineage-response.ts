import type { Assessment } from '../assessment.ts';
import { countDaysBetween } from '../calendar-days.ts';
import type { CriteriaSet } from '../criteria/criteria-set.ts';
import type { BloodCount } from '../criteria/situation.ts';
import type { Analyte, Lineage } from '../facts.ts';
import { rememberByMembers } from '../remember-by-members.ts';
import { deriveReasonCode, formatHeadline, formatReasons } from './class-reasons.ts';
import { type ClassifiedCount, classifyCount, reachesClass } from './classify-count.ts';
import { type ClinicalCourse, splitSourcesByKind } from './clinical-course.ts';
import { deriveResponse } from './derive-response.ts';
import type { DueVisit } from './due-visits.ts';
import { assessVisitWithoutCount, buildClassTraces } from './overall-response.ts';
import { listPossibleDays } from './select-counts.ts';

const LINEAGE_ANALYTES: Readonly<Record<Lineage, Analyte>> = {
  erythroid: 'hemoglobin',
  neutrophil: 'anc',
  platelet: 'platelets',
};

/** Returns the set without its confirming counts: a lineage's response is dated by the count that first meets it. */
export const removeConfirmation = (set: CriteriaSet): CriteriaSet => removeConfirmationOnce([set]);

const removeConfirmationOnce = rememberByMembers(([set]: readonly CriteriaSet[]): CriteriaSet => {
  if (!set) throw new Error('A set is assessed without confirmation where there is none.');
  const classes = set.classes.map((rule) => ({ ...rule, confirmationDays: null }));
  return { ...set, confirmationDays: null, classes };
});

/** Selects the count of a lineage from those of a visit: its own day counts, and the transfusions of that day. */
const createCountSelector = (): ((
  bloodCounts: readonly BloodCount[],
  day: string,
  ...transfusionDays: readonly string[]
) => BloodCount) =>
  rememberByMembers(
    ([bloodCount]: readonly BloodCount[], day: string, ...transfusionDays: readonly string[]) => {
      if (!bloodCount) throw new Error('A lineage is assessed by the counts of a visit.');
      return { ...bloodCount, day, transfusionDays };
    },
  );

/** The counts of each lineage are remembered by themselves: several are of one visit. */
const OWN_COUNTS: Readonly<Record<Lineage, ReturnType<typeof createCountSelector>>> = {
  erythroid: createCountSelector(),
  neutrophil: createCountSelector(),
  platelet: createCountSelector(),
};

function buildLineageAssessmentBase(course: ClinicalCourse, set: CriteriaSet, scope: Lineage) {
  const { study, subject } = course.subject;
  const criteria = { id: set.id, version: set.version };
  return {
    study,
    subject,
    scope,
    criteria,
    status: 'final',
    evidence: [],
    supporting: [],
    trace: [],
  } as const;
}

/**
 * Finds the first count after the first infusion, scheduled or not, that meets a class of the lineage; undefined if
 * none does.
 */
export function findFirstResponse(
  course: ClinicalCourse,
  set: CriteriaSet,
  lineage: Lineage,
  bloodCounts: readonly BloodCount[],
): ClassifiedCount | undefined {
  for (const bloodCount of bloodCounts) {
    if (!bloodCount.counts.has(LINEAGE_ANALYTES[lineage])) continue;
    const point = classifyCount(course, bloodCount, set, lineage);
    if (reachesClass(point, point.evaluations.length - 1)) return point;
  }
  return undefined;
}

/**
 * Assesses a lineage's response at one visit by the count of that lineage: PR where its criterion is met, NR where it
 * is surely not met, else NE. Null while the window is open and the lineage was not counted in it.
 */
export function assessLineageAtVisit(
  course: ClinicalCourse,
  due: DueVisit,
  set: CriteriaSet,
  lineage: Lineage,
  firstResponse: ClassifiedCount | undefined,
): Assessment | null {
  const count = due.bloodCount.counts.get(LINEAGE_ANALYTES[lineage]);
  if (count === undefined && !due.isOver) return null;
  const base = {
    ...buildLineageAssessmentBase(course, set, lineage),
    visit: due.visit.id,
    kind: 'lineage-response-at-visit',
    effective: due.targetDay,
  } as const;
  const notEvaluable = { ...base, value: { kind: 'class', class: 'NE' } } as const;
  if (set.status === 'undefined') {
    return {
      ...notEvaluable,
      reasonCode: 'criteria-set-undefined',
      reasons: [`${formatHeadline('NE', set)}: criteria-set-undefined.`],
    };
  }
  if (due.bloodCount.counts.size === 0)
    return { ...notEvaluable, ...assessVisitWithoutCount(course, due, set) };
  const day = count?.day ?? due.bloodCount.day;
  const own = count ? listPossibleDays(count) : due.bloodCount.transfusionDays;
  const bloodCount = OWN_COUNTS[lineage]([due.bloodCount], day, ...own);
  const point = classifyCount(course, bloodCount, set, lineage);
  const response = deriveResponse(point, [], set, course.hasEnded);
  const trace = buildClassTraces(point, response);
  const isResponse = response.class === 'CR' || response.class === 'PR';
  const effectiveDay =
    isResponse && firstResponse && firstResponse.bloodCount.day < bloodCount.day
      ? firstResponse.bloodCount.day
      : bloodCount.day;
  return {
    ...base,
    value: { kind: 'class', class: response.class },
    effective: response.class === 'NE' ? due.targetDay : effectiveDay,
    reasonCode: deriveReasonCode(response),
    reasons: formatReasons(keepOwnCount(point, lineage), response, set),
    trace,
    ...splitSourcesByKind(trace),
  };
}

/** Returns the point with the count of its own lineage alone, for reasons that name nothing else. */
function keepOwnCount(point: ClassifiedCount, lineage: Lineage): ClassifiedCount {
  const lineageCounts = [...point.bloodCount.counts].filter(
    ([analyte]) => analyte === LINEAGE_ANALYTES[lineage],
  );
  return { ...point, bloodCount: { ...point.bloodCount, counts: new Map(lineageCounts) } };
}

/**
 * Derives the days from the first infusion to the first count that meets the lineage's criterion; null where none
 * does.
 */
export function deriveTimeToLineageResponse(
  course: ClinicalCourse,
  set: CriteriaSet,
  lineage: Lineage,
  firstResponse: ClassifiedCount | undefined,
): Assessment | null {
  if (firstResponse === undefined) return null;
  const response = deriveResponse(firstResponse, [], set, course.hasEnded);
  const trace = buildClassTraces(firstResponse, response);
  const days = countDaysBetween(course.dayZero, firstResponse.bloodCount.day);
  const classReasons = formatReasons(keepOwnCount(firstResponse, lineage), response, set);
  return {
    ...buildLineageAssessmentBase(course, set, lineage),
    visit: 'all',
    kind: 'time-to-lineage-response',
    value: { kind: 'days', days },
    effective: firstResponse.bloodCount.day,
    reasonCode: deriveReasonCode(response),
    reasons: [`First met ${days} days after the first infusion of ${course.dayZero}.`, ...classReasons],
    trace,
    ...splitSourcesByKind(trace),
  };
}
