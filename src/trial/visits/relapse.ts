import type { CriterionTrace, LateEvent, Verdict } from '../assessment.ts';
import { type CriteriaSet, type RelapseRule, resolveConfirmationDays } from '../criteria/criteria-set.ts';
import { evaluateCriterion } from '../criteria/evaluate-criterion.ts';
import { buildBranchTrace, buildLeafTrace, combineAll, combineAny } from '../criteria/kleene.ts';
import { deriveBestResponseDeadline } from './best-response.ts';
import { buildCensoringTrace, formatCensoring } from './censoring.ts';
import { type ClassifiedCount, reachesClass } from './classify-count.ts';
import { buildSituation, type ClinicalCourse } from './clinical-course.ts';
import { confirmClass } from './confirmation.ts';
import { findNotEvaluableReason } from './overall-response.ts';

/** Finds the day on which a response (of any class) was first confirmed; null where none was. */
function findConfirmationDay(points: readonly ClassifiedCount[], set: CriteriaSet): string | null {
  const days = points.flatMap((point) =>
    point.evaluations.flatMap(({ rule }, classIndex) => {
      if (!reachesClass(point, classIndex)) return [];
      const span = resolveConfirmationDays(set, rule);
      if (span === null) return [point.bloodCount.day];
      const outcome = confirmClass(point, classIndex, points, span, true);
      if (outcome.kind !== 'confirmed') return [];
      return [[point.bloodCount.day, outcome.by.bloodCount.day].sort().at(-1) ?? ''];
    }),
  );
  return days.sort()[0] ?? null;
}

/** The relapse criterion evaluated at one count. */
interface RelapseCheck {
  readonly day: string;
  readonly trace: CriterionTrace;
}

function evaluateRelapseAtCount(
  course: ClinicalCourse,
  { bloodCount }: ClassifiedCount,
  rule: RelapseRule,
  set: CriteriaSet,
): RelapseCheck {
  const trace = evaluateCriterion(rule.when, buildSituation(course, bloodCount), {
    ownSet: set,
    sets: course.criteria,
  });
  return {
    day: bloodCount.day,
    trace: buildBranchTrace(`the count of ${bloodCount.day}`, trace.verdict, [trace]),
  };
}

function buildCheckWithoutCount(since: string): RelapseCheck {
  const missing = [`a blood count after ${since}`];
  return {
    day: since,
    trace: buildLeafTrace('a count after the confirmed response', 'unknown', [], missing),
  };
}

/**
 * Evaluates whether a drug of the role was started again, as the protocol's censoring defines it; unknown where the
 * protocol does not define it.
 */
function evaluateNewTreatment({ censoring, protocol }: ClinicalCourse, role: string): CriterionTrace {
  const criterion = `${role} started again after the response`;
  if (!protocol.censoring.by.some(({ event }) => event === 'medication'))
    return buildLeafTrace(
      criterion,
      'unknown',
      [],
      ['the definition of a new treatment, in the censoring of the protocol'],
    );
  const { fact, transplant } = censoring ?? { fact: null, transplant: null };
  if (censoring === null || fact?.kind !== 'medication' || fact.role !== role || transplant !== null)
    return buildLeafTrace(criterion, 'false', []);
  return buildLeafTrace(
    `${criterion}: ${formatCensoring(censoring)}`,
    'true',
    buildCensoringTrace(censoring).inputs,
  );
}

interface RelapseFinding {
  readonly verdict: Verdict;
  readonly day: string | null;
  readonly traces: readonly CriterionTrace[];
}

/** Decides by the last count before a treatment that was started again, and that treatment. */
function decideByTreatment(
  course: ClinicalCourse,
  checks: readonly RelapseCheck[],
  role: string,
): RelapseFinding {
  const traces = [...checks.map(({ trace }) => trace), evaluateNewTreatment(course, role)];
  const verdict = combineAll(traces.map((trace) => trace.verdict));
  return { verdict, day: verdict === 'true' ? (course.censoring?.day ?? null) : null, traces };
}

/** Decides by counts alone: the first that shows it, else all that leave it open, else the last one. */
function decideByCounts(checks: readonly RelapseCheck[]): RelapseFinding {
  const verdict = combineAny(checks.map(({ trace }) => trace.verdict));
  const shown = checks.find(({ trace }) => trace.verdict === 'true');
  if (shown) return { verdict, day: shown.day, traces: [shown.trace] };
  const open = checks.map(({ trace }) => trace).filter((trace) => trace.verdict === 'unknown');
  return { verdict, day: null, traces: open.length > 0 ? open : checks.slice(-1).map(({ trace }) => trace) };
}

/**
 * Assesses whether a confirmed response was lost again, by the set's own rule. The criterion is evaluated for each
 * count after the confirming one; where the rule names a treatment, for the last count before it. A confounded count is
 * an upper limit here as everywhere: a platelet count after a transfusion can show a relapse, and never its absence.
 * Without a count after the response it cannot be determined. Undefined without a rule, without a confirmed response,
 * and where the subject cannot be assessed.
 */
export function assessRelapse(
  course: ClinicalCourse,
  set: CriteriaSet,
  points: readonly ClassifiedCount[],
): LateEvent | undefined {
  const { id, version, relapse: rule } = set;
  if (rule === null || findNotEvaluableReason(set) !== null) return undefined;
  const until = deriveBestResponseDeadline(course);
  const inTime = points.filter(({ bloodCount }) => bloodCount.day <= until);
  const since = findConfirmationDay(inTime, set);
  if (since === null) return undefined;
  const later = points.filter(({ bloodCount }) => bloodCount.firstDay > since);
  // Before a treatment only the last count matters: a dip that had passed by then was not the reason for it.
  const counts = rule.newTreatment === null ? later : later.slice(-1);
  const checks =
    counts.length > 0
      ? counts.map((point) => evaluateRelapseAtCount(course, point, rule, set))
      : [buildCheckWithoutCount(since)];
  const { verdict, day, traces } =
    rule.newTreatment === null
      ? decideByCounts(checks)
      : decideByTreatment(course, checks, rule.newTreatment);
  return {
    criteria: { id, version },
    paragraph: rule.paragraph,
    verdict,
    day,
    since,
    until: later.at(-1)?.bloodCount.day ?? since,
    trace: [buildBranchTrace('relapse', verdict, traces)],
  };
}
