import type { CriterionTrace, ResponseClass, ResponseScope, Verdict } from '../assessment.ts';
import { formatUsableCount } from '../criteria/count-inputs.ts';
import type { ClassRule, CriteriaSet } from '../criteria/criteria-set.ts';
import { evaluateCriterion } from '../criteria/evaluate-criterion.ts';
import { type BloodCount, getPrimarySource } from '../criteria/situation.ts';
import type { Source } from '../facts.ts';
import { buildSituation, type ClinicalCourse } from './clinical-course.ts';
import { selectDayCount } from './select-counts.ts';

/**
 * One class asked of one blood count, when it is first needed. Most counts are asked for their verdict only, so the
 * trace is not kept for that: a year of counts would hold a year of traces.
 */
export interface ClassEvaluation {
  readonly rule: ClassRule;
  readonly verdict: Verdict;
  readonly trace: CriterionTrace;
}

/** A blood count held against every class of a scope, best class first. */
export interface ClassifiedCount {
  readonly bloodCount: BloodCount;
  readonly evaluations: readonly ClassEvaluation[];
  /** Baseline counts that were asked for and are confounded, in words. */
  readonly confoundedBaseline: readonly string[];
}

function evaluateLazily(rule: ClassRule, ask: () => CriterionTrace): ClassEvaluation {
  let verdict: Verdict | undefined;
  let trace: CriterionTrace | undefined;
  return {
    rule,
    get verdict() {
      verdict ??= (trace ?? ask()).verdict;
      return verdict;
    },
    get trace() {
      trace ??= ask();
      return trace;
    },
  };
}

function listConfoundedBaseline(
  course: ClinicalCourse,
  answers: readonly ClassEvaluation[],
): readonly string[] {
  const confounded = [...course.baseline.counts.values()].filter((count) => count.confounders.length > 0);
  if (confounded.length === 0) return [];
  const used = new Set(listTraceSources(answers.map((answer) => answer.trace)));
  return confounded.filter((count) => used.has(getPrimarySource(count.fact))).map(formatUsableCount);
}

/** Asks each class of the scope of these counts. An undefined set has no classes and gives no answers. */
export function classifyCount(
  course: ClinicalCourse,
  picture: BloodCount,
  set: CriteriaSet,
  scope: ResponseScope,
): ClassifiedCount {
  const situation = buildSituation(course, picture);
  const home = { ownSet: set, sets: course.criteria };
  const rules = set.classes.filter((rule) => rule.scope === scope);
  const answers = rules.map((rule) =>
    evaluateLazily(rule, () => evaluateCriterion(rule.when, situation, home)),
  );
  return {
    bloodCount: picture,
    evaluations: answers,
    get confoundedBaseline() {
      return listConfoundedBaseline(course, answers);
    },
  };
}

/**
 * Every blood count after the first infusion, scheduled or not, in time order, and with them the pictures that visits
 * put together from several days.
 */
export function listCountsAfterStart(
  course: ClinicalCourse,
  composed: readonly BloodCount[],
): readonly BloodCount[] {
  const usable = course.counts.filter((count) => count.isDayExact && count.day > course.dayZero);
  const byDay = Map.groupBy(usable, (count) => count.day);
  const daily = [...byDay]
    .map(([day, ofDay]) => selectDayCount(ofDay, [], day))
    .filter((picture) => picture.counts.size > 0);
  const several = composed.filter((picture) => picture.firstDay !== picture.day);
  return [...daily, ...several].sort((a, b) => (a.day < b.day ? -1 : a.day > b.day ? 1 : 0));
}

/** Whether the point reaches the class at this place of the order, or a better one. */
export function reachesClass(point: ClassifiedCount, place: number): boolean {
  return point.evaluations.slice(0, place + 1).some((answer) => answer.verdict === 'true');
}

/** Whether the point surely reaches neither the class at this place nor a better one. */
export function failsClass(point: ClassifiedCount, place: number): boolean {
  return point.evaluations.slice(0, place + 1).every((answer) => answer.verdict === 'false');
}

/**
 * The class of a count by itself, without confirmation: the best class that surely holds. A better class that is only
 * unknown does not take away one that holds. NR where every class fails for certain, NE where it stays open.
 */
export function deriveUnconfirmedClass(point: ClassifiedCount): ResponseClass {
  const held = point.evaluations.find((answer) => answer.verdict === 'true');
  if (held) return held.rule.class;
  return point.evaluations.length > 0 && failsClass(point, point.evaluations.length - 1) ? 'NR' : 'NE';
}

/** Every source among the inputs of traces, parts included. */
export function listTraceSources(traces: readonly CriterionTrace[]): readonly Source[] {
  return traces.flatMap((trace) => [
    ...trace.inputs.flatMap((input) => [input.source, ...(input.also ?? [])]),
    ...listTraceSources(trace.of),
  ]);
}

/** The parts of a failed criterion that made it fail, with what was found where the criterion alone does not say it. */
export function formatFailedParts(trace: CriterionTrace): string {
  const failed = trace.of.filter((part) => part.verdict === 'false');
  return (failed.length > 0 ? failed : [trace])
    .map(({ criterion, found }) => (found === undefined ? criterion : `${criterion} (${found})`))
    .join('; ');
}
