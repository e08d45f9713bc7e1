import type { ClonalEvolution, CriterionTrace, Verdict } from '../assessment.ts';
import { resolveDay } from '../calendar-days.ts';
import type { CriteriaSet } from '../criteria/criteria-set.ts';
import { buildBranchTrace, buildLeafTrace, combineAny } from '../criteria/kleene.ts';
import { getPrimarySource } from '../criteria/situation.ts';
import type { ConditionFact } from '../facts.ts';
import { selectStatedValue } from '../stated-value.ts';
import type { ClinicalCourse } from './clinical-course.ts';

interface ClonalEvolutionReport {
  readonly fact: ConditionFact;
  /** Whether it was found after the first infusion. */
  readonly isNew: Verdict;
  readonly trace: CriterionTrace;
}

function evaluateReport(fact: ConditionFact, dayZero: string): ClonalEvolutionReport {
  const { at, highRisk } = fact;
  const isNew =
    (resolveDay(at) ?? at.earliestDay) > dayZero ? 'true' : at.latestDay > dayZero ? 'unknown' : 'false';
  const risk = highRisk === undefined ? 'risk not stated' : highRisk ? 'high-risk' : 'not high-risk';
  const says = `clonal evolution (${risk}) of ${resolveDay(at) ?? at.text}`;
  const missing = `whether the ${says} came after the first infusion of ${dayZero}`;
  const input = { says, stated: selectStatedValue(fact), source: getPrimarySource(fact), conversion: null };
  return { fact, isNew, trace: buildLeafTrace('new since the first infusion', isNew, [input], [missing]) };
}

/**
 * Derives high-risk: true with any report that is surely new and high-risk; unknown where the risk of one, or whether
 * one is new, was not stated.
 */
function deriveHighRisk(reports: readonly ClonalEvolutionReport[]): Verdict {
  return combineAny(
    reports.map(({ fact, isNew }): Verdict => {
      if (isNew === 'false' || fact.highRisk === false) return 'false';
      return isNew === 'true' && fact.highRisk === true ? 'true' : 'unknown';
    }),
  );
}

/**
 * Assesses whether clonal evolution was reported after the first infusion. If no EHR has sent it, it counts as not
 * reported, as with transfusions; a partial date around the first infusion leaves it open. A transplant does not end
 * the evaluation: evolution that arose before it is often found with it. Undefined where the set states no rule.
 * Source: Blood 2022;139:34.
 */
export function assessClonalEvolution(course: ClinicalCourse, set: CriteriaSet): ClonalEvolution | undefined {
  if (set.clonalEvolution === null) return undefined;
  const reports = course.circumstances
    .filter((fact) => fact.kind === 'condition')
    .filter(({ condition }) => condition === 'clonal-evolution')
    .map((fact) => evaluateReport(fact, course.dayZero));
  const verdict = combineAny(reports.map(({ isNew }) => isNew));
  const days = reports.filter(({ isNew }) => isNew === 'true').map(({ fact }) => fact.at.earliestDay);
  const criterion = reports.length === 0 ? 'clonal evolution: none was reported' : 'clonal evolution';
  return {
    criteria: { id: set.id, version: set.version },
    paragraph: set.clonalEvolution.paragraph,
    verdict,
    highRisk: deriveHighRisk(reports),
    day: days.sort()[0] ?? null,
    since: course.dayZero,
    until: course.deathDay ?? course.today,
    trace: [
      buildBranchTrace(
        criterion,
        verdict,
        reports.map(({ trace }) => trace),
      ),
    ],
  };
}
