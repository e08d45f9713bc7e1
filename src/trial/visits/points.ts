import type { ResponseClass, Scope, Trace, Verdict } from '../assessment.ts';
import { countWords } from '../criteria/count-inputs.ts';
import type { ClassRule, CriteriaSet } from '../criteria/criteria-set.ts';
import { evaluate } from '../criteria/evaluate.ts';
import { type Picture, sourceOf } from '../criteria/picture.ts';
import type { Source } from '../facts.ts';
import { type Course, situationOf } from './course.ts';
import { pictureOfDay } from './pictures.ts';

/**
 * One class asked of one blood count, when it is first needed. Most counts are asked for their verdict only, so the
 * trace is not kept for that: a year of counts would hold a year of traces.
 */
export interface Answer {
  readonly rule: ClassRule;
  readonly verdict: Verdict;
  readonly trace: Trace;
}

/** A blood count held against every class of a scope, best class first. */
export interface Point {
  readonly picture: Picture;
  readonly answers: readonly Answer[];
  /** Baseline counts that were asked for and are confounded, in words. */
  readonly flags: readonly string[];
}

function answerOf(rule: ClassRule, ask: () => Trace): Answer {
  let verdict: Verdict | undefined;
  let trace: Trace | undefined;
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

function flagsOf(course: Course, answers: readonly Answer[]): readonly string[] {
  const confounded = [...course.baseline.counts.values()].filter((count) => count.confounders.length > 0);
  if (confounded.length === 0) return [];
  const used = new Set(sourcesOf(answers.map((answer) => answer.trace)));
  return confounded.filter((count) => used.has(sourceOf(count.fact))).map(countWords);
}

/** Asks each class of the scope of these counts. An undefined set has no classes and gives no answers. */
export function judgePoint(course: Course, picture: Picture, set: CriteriaSet, scope: Scope): Point {
  const situation = situationOf(course, picture);
  const home = { set, sets: course.criteria };
  const rules = set.classes.filter((rule) => rule.scope === scope);
  const answers = rules.map((rule) => answerOf(rule, () => evaluate(rule.when, situation, home)));
  return {
    picture,
    answers,
    get flags() {
      return flagsOf(course, answers);
    },
  };
}

/**
 * Every blood count after the first infusion, scheduled or not, in time order, and with them the pictures that visits
 * put together from several days.
 */
export function picturesAfterStart(course: Course, composed: readonly Picture[]): readonly Picture[] {
  const usable = course.counts.filter((count) => count.exact && count.day > course.dayZero);
  const byDay = Map.groupBy(usable, (count) => count.day);
  const daily = [...byDay]
    .map(([day, ofDay]) => pictureOfDay(ofDay, [], day))
    .filter((picture) => picture.counts.size > 0);
  const several = composed.filter((picture) => picture.firstDay !== picture.day);
  return [...daily, ...several].sort((a, b) => (a.day < b.day ? -1 : a.day > b.day ? 1 : 0));
}

/** Whether the point reaches the class at this place of the order, or a better one. */
export function reachesClass(point: Point, place: number): boolean {
  return point.answers.slice(0, place + 1).some((answer) => answer.verdict === 'true');
}

/** Whether the point surely reaches neither the class at this place nor a better one. */
export function failsClass(point: Point, place: number): boolean {
  return point.answers.slice(0, place + 1).every((answer) => answer.verdict === 'false');
}

/**
 * The class of a count by itself, without confirmation: the best class that surely holds. A better class that is only
 * unknown does not take away one that holds. NR where every class fails for certain, NE where it stays open.
 */
export function classOf(point: Point): ResponseClass {
  const held = point.answers.find((answer) => answer.verdict === 'true');
  if (held) return held.rule.class;
  return point.answers.length > 0 && failsClass(point, point.answers.length - 1) ? 'NR' : 'NE';
}

/** Every source among the inputs of traces, parts included. */
export function sourcesOf(traces: readonly Trace[]): readonly Source[] {
  return traces.flatMap((trace) => [
    ...trace.inputs.flatMap((input) => [input.source, ...(input.also ?? [])]),
    ...sourcesOf(trace.of),
  ]);
}

/** The parts of a failed criterion that made it fail, with what was found where the criterion alone does not say it. */
export function failedWords(trace: Trace): string {
  const failed = trace.of.filter((part) => part.verdict === 'false');
  return (failed.length > 0 ? failed : [trace])
    .map(({ criterion, found }) => (found === undefined ? criterion : `${criterion} (${found})`))
    .join('; ');
}
