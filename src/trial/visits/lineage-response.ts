import type { Assessment } from '../assessment.ts';
import { countDaysBetween } from '../calendar-days.ts';
import type { CriteriaSet } from '../criteria/criteria-set.ts';
import type { BloodCount } from '../criteria/situation.ts';
import type { Analyte, Lineage } from '../facts.ts';
import { type ClassifiedCount, classifyCount, listTraceSources, reachesClass } from './classify-count.ts';
import { type ClinicalCourse, splitSourcesByKind } from './clinical-course.ts';
import type { DueVisit } from './due-visits.ts';
import {
  assessVisitWithoutCount,
  buildClassTraces,
  deriveReasonCode,
  deriveResponse,
  formatHeadline,
  formatReasons,
} from './overall-response.ts';

const LINEAGE_ANALYTES: Readonly<Record<Lineage, Analyte>> = {
  erythroid: 'hemoglobin',
  neutrophil: 'anc',
  platelet: 'platelets',
};

/** The set without its confirming counts: a lineage's response is dated by the count that first meets it. */
export function removeConfirmation(set: CriteriaSet): CriteriaSet {
  return {
    ...set,
    confirmationDays: null,
    classes: set.classes.map((rule) => ({ ...rule, confirmationDays: null })),
  };
}

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

/** The first count after the first infusion, scheduled or not, that meets a class of the lineage; undefined if none. */
export function findFirstResponse(
  course: ClinicalCourse,
  set: CriteriaSet,
  lineage: Lineage,
  pictures: readonly BloodCount[],
): ClassifiedCount | undefined {
  for (const picture of pictures) {
    if (!picture.counts.has(LINEAGE_ANALYTES[lineage])) continue;
    const point = classifyCount(course, picture, set, lineage);
    if (reachesClass(point, point.evaluations.length - 1)) return point;
  }
  return undefined;
}

/**
 * A lineage's response at one visit, judged on that line's count: PR where its criterion holds, NR where it fails for
 * certain, else NE. Null while the window is open and the line was not counted in it.
 */
export function assessLineageAtVisit(
  course: ClinicalCourse,
  due: DueVisit,
  set: CriteriaSet,
  lineage: Lineage,
  met: ClassifiedCount | undefined,
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
  const picture = { ...due.bloodCount, day: count?.day ?? due.bloodCount.day };
  const point = classifyCount(course, picture, set, lineage);
  const settled = deriveResponse(point, [], set, course.hasEnded);
  const trace = buildClassTraces(point, settled);
  const isResponse = settled.class === 'CR' || settled.class === 'PR';
  const first = isResponse && met && met.bloodCount.day < picture.day ? met.bloodCount.day : picture.day;
  return {
    ...base,
    value: { kind: 'class', class: settled.class },
    effective: settled.class === 'NE' ? due.targetDay : first,
    reasonCode: deriveReasonCode(settled),
    reasons: formatReasons(keepOwnCount(point, lineage), settled, set),
    trace,
    ...splitSourcesByKind(listTraceSources(trace), course.factKinds),
  };
}

/** The point with its own line's count alone, for reasons that are to the point. */
function keepOwnCount(point: ClassifiedCount, lineage: Lineage): ClassifiedCount {
  const own = [...point.bloodCount.counts].filter(([analyte]) => analyte === LINEAGE_ANALYTES[lineage]);
  return { ...point, bloodCount: { ...point.bloodCount, counts: new Map(own) } };
}

/** Days from the first infusion to the first count that meets the lineage's criterion; null where none does. */
export function deriveTimeToLineageResponse(
  course: ClinicalCourse,
  set: CriteriaSet,
  lineage: Lineage,
  met: ClassifiedCount | undefined,
): Assessment | null {
  if (met === undefined) return null;
  const settled = deriveResponse(met, [], set, course.hasEnded);
  const trace = buildClassTraces(met, settled);
  const days = countDaysBetween(course.dayZero, met.bloodCount.day);
  const ground = formatReasons(keepOwnCount(met, lineage), settled, set);
  return {
    ...buildLineageAssessmentBase(course, set, lineage),
    visit: 'all',
    kind: 'time-to-lineage-response',
    value: { kind: 'days', days },
    effective: met.bloodCount.day,
    reasonCode: deriveReasonCode(settled),
    reasons: [`First met ${days} days after the first infusion of ${course.dayZero}.`, ...ground],
    trace,
    ...splitSourcesByKind(listTraceSources(trace), course.factKinds),
  };
}
