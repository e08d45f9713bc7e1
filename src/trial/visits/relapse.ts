import type { LaterEvent, Trace, Verdict } from '../assessment.ts';
import { confirmationDaysOf, type RelapseRule } from '../criteria/criteria-set.ts';
import { evaluate } from '../criteria/evaluate.ts';
import { allOf, anyOf, branch, leaf } from '../criteria/kleene.ts';
import { bestResponseUntil } from './best.ts';
import { censoredTrace, censoredWords } from './censoring.ts';
import { confirm } from './confirmation.ts';
import { type Course, situationOf } from './course.ts';
import { type Judging, obstacle } from './overall.ts';
import { type Point, reachesClass } from './points.ts';

/** The day on which a response (of any class) was first confirmed; null where none was. */
function confirmedOn(points: readonly Point[], { set }: Judging): string | null {
  const days = points.flatMap((point) =>
    point.answers.flatMap(({ rule }, place) => {
      if (!reachesClass(point, place)) return [];
      const span = confirmationDaysOf(set, rule);
      if (span === null) return [point.picture.day];
      const outcome = confirm(point, place, points, span, true);
      if (outcome.kind !== 'confirmed') return [];
      return [[point.picture.day, outcome.by.picture.day].sort().at(-1) ?? ''];
    }),
  );
  return days.sort()[0] ?? null;
}

/** What a count says of the relapse. */
interface Asked {
  readonly day: string;
  readonly trace: Trace;
}

function askedOf(course: Course, { picture }: Point, rule: RelapseRule, { set }: Judging): Asked {
  const trace = evaluate(rule.when, situationOf(course, picture), { set, sets: course.criteria });
  return { day: picture.day, trace: branch(`the count of ${picture.day}`, trace.verdict, [trace]) };
}

function noCount(since: string): Asked {
  const missing = [`a blood count after ${since}`];
  return { day: since, trace: leaf('a count after the confirmed response', 'unknown', [], missing) };
}

/** Whether a drug of the role was begun anew, as the protocol's censoring says; unknown where it does not say. */
function begunAnew({ censored, protocol }: Course, role: string): Trace {
  const criterion = `${role} begun anew after the response`;
  if (!protocol.censoring.by.some(({ event }) => event === 'medication'))
    return leaf(criterion, 'unknown', [], ['what a new treatment is, in the censoring of the protocol']);
  const { fact, transplant } = censored ?? { fact: null, transplant: null };
  if (censored === null || fact?.kind !== 'medication' || fact.role !== role || transplant !== null)
    return leaf(criterion, 'false', []);
  return leaf(`${criterion}: ${censoredWords(censored)}`, 'true', censoredTrace(censored).inputs);
}

interface Found {
  readonly verdict: Verdict;
  readonly day: string | null;
  readonly parts: readonly Trace[];
}

/** The last count before a treatment that was begun anew, and that treatment. */
function byTreatment(course: Course, asked: readonly Asked[], role: string): Found {
  const parts = [...asked.map(({ trace }) => trace), begunAnew(course, role)];
  const verdict = allOf(parts.map((part) => part.verdict));
  return { verdict, day: verdict === 'true' ? (course.censored?.day ?? null) : null, parts };
}

/** Counts alone: the first that shows it, else all that leave it open, else the last one asked. */
function byCounts(asked: readonly Asked[]): Found {
  const verdict = anyOf(asked.map(({ trace }) => trace.verdict));
  const shown = asked.find(({ trace }) => trace.verdict === 'true');
  if (shown) return { verdict, day: shown.day, parts: [shown.trace] };
  const open = asked.map(({ trace }) => trace).filter((trace) => trace.verdict === 'unknown');
  return { verdict, day: null, parts: open.length > 0 ? open : asked.slice(-1).map(({ trace }) => trace) };
}

/**
 * Whether a confirmed response was lost again, by the set's own rule. Each count after the confirming one is asked; where
 * the rule names a treatment, the last count before it is. A confounded count is an upper limit here as everywhere: a
 * transfused platelet count can show a relapse, and never its absence. Without a count after the response it is open.
 * Undefined without a rule, without a confirmed response, and where the subject cannot be judged.
 */
export function relapseOf(
  course: Course,
  judging: Judging,
  points: readonly Point[],
): LaterEvent | undefined {
  const { id, version, relapse: rule } = judging.set;
  if (rule === null || obstacle(judging) !== null) return undefined;
  const until = bestResponseUntil(course);
  const inTime = points.filter(({ picture }) => picture.day <= until);
  const since = confirmedOn(inTime, judging);
  if (since === null) return undefined;
  const later = points.filter(({ picture }) => picture.firstDay > since);
  // Before a treatment only the last count is asked: a dip that had passed by then was not the reason for it.
  const counts = rule.newTreatment === null ? later : later.slice(-1);
  const asked =
    counts.length > 0 ? counts.map((point) => askedOf(course, point, rule, judging)) : [noCount(since)];
  const { verdict, day, parts } =
    rule.newTreatment === null ? byCounts(asked) : byTreatment(course, asked, rule.newTreatment);
  return {
    criteria: { id, version },
    paragraph: rule.paragraph,
    verdict,
    day,
    since,
    until: later.at(-1)?.picture.day ?? since,
    trace: [branch('relapse', verdict, parts)],
  };
}
