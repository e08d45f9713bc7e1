import type { CriterionTrace, ResponseClass, ResponseScope, Verdict } from '../assessment.ts';
import { formatUsableCount } from '../criteria/count-inputs.ts';
import type { ClassRule, CriteriaSet } from '../criteria/criteria-set.ts';
import { evaluateCriterion } from '../criteria/evaluate-criterion.ts';
import { type BloodCount, getPrimarySource, type UsableCount } from '../criteria/situation.ts';
import type { Source } from '../facts.ts';
import { rememberByMembers } from '../remember-by-members.ts';
import { buildSituation, type ClinicalCourse } from './clinical-course.ts';
import { selectDayCount } from './select-counts.ts';

/**
 * One class evaluated for one blood count, when it is first needed. Of most counts only the verdict is needed, so the
 * trace is not kept for it: a year of counts would hold a year of traces.
 */
interface ClassEvaluation {
  readonly rule: ClassRule;
  readonly verdict: Verdict;
  readonly trace: CriterionTrace;
}

/** A blood count with the evaluation of every class of a scope, best class first. */
export interface ClassifiedCount {
  readonly bloodCount: BloodCount;
  readonly evaluations: readonly ClassEvaluation[];
  /** Baseline counts that were used and are confounded, in words. */
  readonly confoundedBaseline: readonly string[];
  /**
   * Returns the same count evaluated to confirm an earlier one: a criterion of independence then asks for independence from
   * that day on, so that no transfusion lies between the two.
   */
  requireIndependenceSince(day: string): ClassifiedCount;
}

function evaluateLazily(rule: ClassRule, evaluate: () => CriterionTrace): ClassEvaluation {
  let verdict: Verdict | undefined;
  let trace: CriterionTrace | undefined;
  return {
    rule,
    get verdict() {
      verdict ??= (trace ?? evaluate()).verdict;
      return verdict;
    },
    get trace() {
      trace ??= evaluate();
      return trace;
    },
  };
}

function listConfoundedBaseline(
  course: ClinicalCourse,
  evaluations: readonly ClassEvaluation[],
): readonly string[] {
  const confounded = [...course.baseline.counts.values()].filter((count) => count.confounders.length > 0);
  if (confounded.length === 0) return [];
  const used = new Set(listTraceSources(evaluations.map((evaluation) => evaluation.trace)));
  return confounded.filter((count) => used.has(getPrimarySource(count.fact))).map(formatUsableCount);
}

/** The points of one blood count in one situation, by set and then by scope and day of independence. */
interface KnownPoints {
  readonly situation: ClinicalCourse['situation'];
  readonly bySet: Map<CriteriaSet, Map<string, ClassifiedCount>>;
}

/** A blood count stays the same object as long as its results do; so does what it was found to be. */
const knownPoints = new WeakMap<BloodCount, KnownPoints>();

/** Finds the known points of a blood count by a set; those of another situation are forgotten. */
function findKnownPoints(
  { situation }: ClinicalCourse,
  bloodCount: BloodCount,
  set: CriteriaSet,
): Map<string, ClassifiedCount> {
  const known = knownPoints.get(bloodCount);
  const bySet: KnownPoints['bySet'] = known?.situation === situation ? known.bySet : new Map();
  if (known?.situation !== situation) knownPoints.set(bloodCount, { situation, bySet });
  const points = bySet.get(set) ?? new Map<string, ClassifiedCount>();
  bySet.set(set, points);
  return points;
}

/** Evaluates each class of the scope for these counts. An undefined set has no classes and yields no evaluations. */
export function classifyCount(
  course: ClinicalCourse,
  bloodCount: BloodCount,
  set: CriteriaSet,
  scope: ResponseScope,
  independentSince: string | null = null,
): ClassifiedCount {
  const known = findKnownPoints(course, bloodCount, set);
  const key = independentSince === null ? scope : `${scope} ${independentSince}`;
  const found = known.get(key);
  if (found) return found;
  const point = evaluateClasses(course, bloodCount, set, scope, independentSince);
  known.set(key, point);
  return point;
}

function evaluateClasses(
  course: ClinicalCourse,
  bloodCount: BloodCount,
  set: CriteriaSet,
  scope: ResponseScope,
  independentSince: string | null,
): ClassifiedCount {
  const situation = buildSituation(course, bloodCount, independentSince);
  const home = { ownSet: set, sets: course.criteria };
  const rules = set.classes.filter((rule) => rule.scope === scope);
  const evaluations = rules.map((rule) =>
    evaluateLazily(rule, () => evaluateCriterion(rule.when, situation, home)),
  );
  const point: ClassifiedCount = {
    bloodCount,
    evaluations,
    get confoundedBaseline() {
      return listConfoundedBaseline(course, evaluations);
    },
    requireIndependenceSince(day) {
      const isUntransfused = Object.values(course.transfusions).every(
        (index) => !index.some(day, bloodCount.day, () => true),
      );
      return isUntransfused ? point : classifyCount(course, bloodCount, set, scope, day);
    },
  };
  return point;
}

const selectDayCountOnce = rememberByMembers((ofDay: readonly UsableCount[], day: string) =>
  selectDayCount(ofDay, [], day),
);

/**
 * Lists every blood count after the first infusion, scheduled or not, in time order, with those that visits combine
 * from several days. A count with a partial date has no place in this order and is left out.
 */
export function listCountsAfterStart(
  course: ClinicalCourse,
  composedCounts: readonly BloodCount[],
): readonly BloodCount[] {
  const usable = course.counts.filter((count) => count.isDayExact && count.day > course.dayZero);
  const byDay = Map.groupBy(usable, (count) => count.day);
  const dailyCounts = [...byDay]
    .map(([day, ofDay]) => selectDayCountOnce(ofDay, day))
    .filter((bloodCount) => bloodCount.counts.size > 0);
  const multiDayCounts = composedCounts.filter(
    ({ firstDay, day, counts }) =>
      firstDay !== day && [...counts.values()].every(({ isDayExact }) => isDayExact),
  );
  return [...dailyCounts, ...multiDayCounts].sort((a, b) => (a.day < b.day ? -1 : a.day > b.day ? 1 : 0));
}

/** Whether the count reaches the class at this index, or a better one. */
export function reachesClass(point: ClassifiedCount, classIndex: number): boolean {
  return point.evaluations.slice(0, classIndex + 1).some((evaluation) => evaluation.verdict === 'true');
}

/** Whether the count surely reaches neither the class at this index nor a better one. */
export function failsClass(point: ClassifiedCount, classIndex: number): boolean {
  return point.evaluations.slice(0, classIndex + 1).every((evaluation) => evaluation.verdict === 'false');
}

/**
 * Derives the class of a count by itself, without confirmation: the best class that is surely met. A better class
 * that is only unknown does not displace one that is met. NR where every class is surely not met, NE where that is
 * open.
 */
export function deriveUnconfirmedClass(point: ClassifiedCount): ResponseClass {
  const met = point.evaluations.find((evaluation) => evaluation.verdict === 'true');
  if (met) return met.rule.class;
  return point.evaluations.length > 0 && failsClass(point, point.evaluations.length - 1) ? 'NR' : 'NE';
}

/** Lists every source among the inputs of traces, parts included. */
export function listTraceSources(traces: readonly CriterionTrace[]): readonly Source[] {
  return traces.flatMap((trace) => [
    ...trace.inputs.flatMap((input) => [input.source, ...(input.also ?? [])]),
    ...listTraceSources(trace.of),
  ]);
}

/**
 * Formats the parts of a failed criterion that made it fail, with what was found where the criterion alone does not
 * show it.
 */
export function formatFailedParts(trace: CriterionTrace): string {
  const failed = trace.of.filter((part) => part.verdict === 'false');
  return (failed.length > 0 ? failed : [trace])
    .map(({ criterion, found }) => (found === undefined ? criterion : `${criterion} (${found})`))
    .join('; ');
}
