import type { Assessment } from '../assessment.ts';
import type { CriteriaSet } from '../criteria/criteria-set.ts';
import type { Picture } from '../criteria/picture.ts';
import { daysBetween } from '../days.ts';
import type { Analyte, Lineage } from '../facts.ts';
import { type Course, splitSources } from './course.ts';
import { headline, reasonsOf, settle, tracesOf, withoutCount } from './overall.ts';
import { judgePoint, type Point, reachesClass, sourcesOf } from './points.ts';
import type { Due } from './schedule.ts';

const COUNTED: Readonly<Record<Lineage, Analyte>> = {
  erythroid: 'hemoglobin',
  neutrophil: 'anc',
  platelet: 'platelets',
};

/** The set without its confirming counts: a lineage's response is dated by the count that first meets it. */
export function unconfirmed(set: CriteriaSet): CriteriaSet {
  return {
    ...set,
    confirmationDays: null,
    classes: set.classes.map((rule) => ({ ...rule, confirmationDays: null })),
  };
}

function blank(course: Course, set: CriteriaSet, scope: Lineage) {
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
export function firstMet(
  course: Course,
  set: CriteriaSet,
  lineage: Lineage,
  pictures: readonly Picture[],
): Point | undefined {
  for (const picture of pictures) {
    if (!picture.counts.has(COUNTED[lineage])) continue;
    const point = judgePoint(course, picture, set, lineage);
    if (reachesClass(point, point.answers.length - 1)) return point;
  }
  return undefined;
}

/**
 * A lineage's response at one visit, judged on that line's count: PR where its criterion holds, NR where it fails for
 * certain, else NE. Null while the window is open and the line was not counted in it.
 */
export function lineageAtVisit(
  course: Course,
  due: Due,
  set: CriteriaSet,
  lineage: Lineage,
  met: Point | undefined,
): Assessment | null {
  const count = due.picture.counts.get(COUNTED[lineage]);
  if (count === undefined && !due.over) return null;
  const base = {
    ...blank(course, set, lineage),
    visit: due.visit.id,
    kind: 'lineage-response-at-visit',
    effective: due.targetDay,
  } as const;
  const notEvaluable = { ...base, value: { kind: 'class', class: 'NE' } } as const;
  if (set.status === 'undefined') {
    return { ...notEvaluable, reasons: [`${headline('NE', set)}: criteria-set-undefined.`] };
  }
  if (due.picture.counts.size === 0) return { ...notEvaluable, ...withoutCount(course, due, set) };
  const picture = { ...due.picture, day: count?.day ?? due.picture.day };
  const point = judgePoint(course, picture, set, lineage);
  const settled = settle(point, [], set, course.ended);
  const trace = tracesOf(point, settled);
  const isResponse = settled.class === 'CR' || settled.class === 'PR';
  const first = isResponse && met && met.picture.day < picture.day ? met.picture.day : picture.day;
  return {
    ...base,
    value: { kind: 'class', class: settled.class },
    effective: settled.class === 'NE' ? due.targetDay : first,
    reasons: reasonsOf(ownCountOnly(point, lineage), settled, set),
    trace,
    ...splitSources(sourcesOf(trace), course.kinds),
  };
}

/** The point with its own line's count alone, for reasons that are to the point. */
function ownCountOnly(point: Point, lineage: Lineage): Point {
  const own = [...point.picture.counts].filter(([analyte]) => analyte === COUNTED[lineage]);
  return { ...point, picture: { ...point.picture, counts: new Map(own) } };
}

/** Days from the first infusion to the first count that meets the lineage's criterion; null where none does. */
export function timeToLineage(
  course: Course,
  set: CriteriaSet,
  lineage: Lineage,
  met: Point | undefined,
): Assessment | null {
  if (met === undefined) return null;
  const settled = settle(met, [], set, course.ended);
  const trace = tracesOf(met, settled);
  const days = daysBetween(course.dayZero, met.picture.day);
  const ground = reasonsOf(ownCountOnly(met, lineage), settled, set);
  return {
    ...blank(course, set, lineage),
    visit: 'all',
    kind: 'time-to-lineage-response',
    value: { kind: 'days', days },
    effective: met.picture.day,
    reasons: [`First met ${days} days after the first infusion of ${course.dayZero}.`, ...ground],
    trace,
    ...splitSources(sourcesOf(trace), course.kinds),
  };
}
