import type { CriterionTrace, LateEvent, Verdict } from '../assessment.ts';
import { type RelapseRule, resolveConfirmationDays } from '../criteria/criteria-set.ts';
import { evaluateCriterion } from '../criteria/evaluate-criterion.ts';
import { buildBranchTrace, buildLeafTrace, combineAll, combineAny } from '../criteria/kleene.ts';
import { deriveBestResponseDeadline } from './best-response.ts';
import { buildCensoringTrace, formatCensoring } from './censoring.ts';
import { type ClassifiedCount, reachesClass } from './classify-count.ts';
import { buildSituation, type ClinicalCourse } from './clinical-course.ts';
import { confirmClass } from './confirmation.ts';
import { findNotEvaluableReason, type OverallCriteria } from './overall-response.ts';

/** The day on which a response (of any class) was first confirmed; null where none was. */
function findConfirmationDay(points: readonly ClassifiedCount[], { set }: OverallCriteria): string | null {
  const days = points.flatMap((point) =>
    point.evaluations.flatMap(({ rule }, place) => {
      if (!reachesClass(point, place)) return [];
      const span = resolveConfirmationDays(set, rule);
      if (span === null) return [point.bloodCount.day];
      const outcome = confirmClass(point, place, points, span, true);
      if (outcome.kind !== 'confirmed') return [];
      return [[point.bloodCount.day, outcome.by.bloodCount.day].sort().at(-1) ?? ''];
    }),
  );
  return days.sort()[0] ?? null;
}

/** What a count says of the relapse. */
interface RelapseCheck {
  readonly day: string;
  readonly trace: CriterionTrace;
}

function evaluateRelapseAtCount(
  course: ClinicalCourse,
  { bloodCount: picture }: ClassifiedCount,
  rule: RelapseRule,
  { set }: OverallCriteria,
): RelapseCheck {
  const trace = evaluateCriterion(rule.when, buildSituation(course, picture), {
    ownSet: set,
    sets: course.criteria,
  });
  return { day: picture.day, trace: buildBranchTrace(`the count of ${picture.day}`, trace.verdict, [trace]) };
}

function buildCheckWithoutCount(since: string): RelapseCheck {
  const missing = [`a blood count after ${since}`];
  return {
    day: since,
    trace: buildLeafTrace('a count after the confirmed response', 'unknown', [], missing),
  };
}

/** Whether a drug of the role was begun anew, as the protocol's censoring says; unknown where it does not say. */
function evaluateNewTreatment(
  { censoring: censored, protocol }: ClinicalCourse,
  role: string,
): CriterionTrace {
  const criterion = `${role} begun anew after the response`;
  if (!protocol.censoring.by.some(({ event }) => event === 'medication'))
    return buildLeafTrace(
      criterion,
      'unknown',
      [],
      ['what a new treatment is, in the censoring of the protocol'],
    );
  const { fact, transplant } = censored ?? { fact: null, transplant: null };
  if (censored === null || fact?.kind !== 'medication' || fact.role !== role || transplant !== null)
    return buildLeafTrace(criterion, 'false', []);
  return buildLeafTrace(
    `${criterion}: ${formatCensoring(censored)}`,
    'true',
    buildCensoringTrace(censored).inputs,
  );
}

interface RelapseFinding {
  readonly verdict: Verdict;
  readonly day: string | null;
  readonly traces: readonly CriterionTrace[];
}

/** The last count before a treatment that was begun anew, and that treatment. */
function decideByTreatment(
  course: ClinicalCourse,
  asked: readonly RelapseCheck[],
  role: string,
): RelapseFinding {
  const parts = [...asked.map(({ trace }) => trace), evaluateNewTreatment(course, role)];
  const verdict = combineAll(parts.map((part) => part.verdict));
  return { verdict, day: verdict === 'true' ? (course.censoring?.day ?? null) : null, traces: parts };
}

/** Counts alone: the first that shows it, else all that leave it open, else the last one asked. */
function decideByCounts(asked: readonly RelapseCheck[]): RelapseFinding {
  const verdict = combineAny(asked.map(({ trace }) => trace.verdict));
  const shown = asked.find(({ trace }) => trace.verdict === 'true');
  if (shown) return { verdict, day: shown.day, traces: [shown.trace] };
  const open = asked.map(({ trace }) => trace).filter((trace) => trace.verdict === 'unknown');
  return { verdict, day: null, traces: open.length > 0 ? open : asked.slice(-1).map(({ trace }) => trace) };
}

/**
 * Whether a confirmed response was lost again, by the set's own rule. Each count after the confirming one is asked; where
 * the rule names a treatment, the last count before it is. A confounded count is an upper limit here as everywhere: a
 * transfused platelet count can show a relapse, and never its absence. Without a count after the response it is open.
 * Undefined without a rule, without a confirmed response, and where the subject cannot be judged.
 */
export function assessRelapse(
  course: ClinicalCourse,
  judging: OverallCriteria,
  points: readonly ClassifiedCount[],
): LateEvent | undefined {
  const { id, version, relapse: rule } = judging.set;
  if (rule === null || findNotEvaluableReason(judging) !== null) return undefined;
  const until = deriveBestResponseDeadline(course);
  const inTime = points.filter(({ bloodCount: picture }) => picture.day <= until);
  const since = findConfirmationDay(inTime, judging);
  if (since === null) return undefined;
  const later = points.filter(({ bloodCount: picture }) => picture.firstDay > since);
  // Before a treatment only the last count is asked: a dip that had passed by then was not the reason for it.
  const counts = rule.newTreatment === null ? later : later.slice(-1);
  const asked =
    counts.length > 0
      ? counts.map((point) => evaluateRelapseAtCount(course, point, rule, judging))
      : [buildCheckWithoutCount(since)];
  const {
    verdict,
    day,
    traces: parts,
  } = rule.newTreatment === null
    ? decideByCounts(asked)
    : decideByTreatment(course, asked, rule.newTreatment);
  return {
    criteria: { id, version },
    paragraph: rule.paragraph,
    verdict,
    day,
    since,
    until: later.at(-1)?.bloodCount.day ?? since,
    trace: [buildBranchTrace('relapse', verdict, parts)],
  };
}
