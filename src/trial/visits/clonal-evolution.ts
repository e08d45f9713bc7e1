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
  /** Whether it came after the first infusion. */
  readonly isNew: Verdict;
  readonly trace: CriterionTrace;
}

function evaluateReport(fact: ConditionFact, dayZero: string): ClonalEvolutionReport {
  const { at, highRisk } = fact;
  const isNew =
    (resolveDay(at) ?? at.earliestDay) > dayZero ? 'true' : at.latestDay > dayZero ? 'unknown' : 'false';
  const risk = highRisk === undefined ? 'risk not said' : highRisk ? 'high-risk' : 'not high-risk';
  const says = `clonal evolution (${risk}) of ${resolveDay(at) ?? at.text}`;
  const missing = `whether the ${says} came after the first infusion of ${dayZero}`;
  const input = { says, stated: selectStatedValue(fact), source: getPrimarySource(fact), conversion: null };
  return { fact, isNew, trace: buildLeafTrace('new since the first infusion', isNew, [input], [missing]) };
}

/** High-risk by any that is surely new; open where the risk of one, or whether one is new, is not said. */
function deriveHighRisk(all: readonly ClonalEvolutionReport[]): Verdict {
  return combineAny(
    all.map(({ fact, isNew }): Verdict => {
      if (isNew === 'false' || fact.highRisk === false) return 'false';
      return isNew === 'true' && fact.highRisk === true ? 'true' : 'unknown';
    }),
  );
}

/**
 * Whether clonal evolution was reported after the first infusion. What no EHR has sent counts as not reported, as with
 * transfusions; a partial date around the first infusion leaves it open. A transplant does not end the asking: what
 * arose before it is often found with it. Undefined where the set states no rule.
 * Source: Blood 2022;139:34.
 */
export function assessClonalEvolution(course: ClinicalCourse, set: CriteriaSet): ClonalEvolution | undefined {
  if (set.clonalEvolution === null) return undefined;
  const all = course.facts
    .filter((fact) => fact.kind === 'condition')
    .filter(({ condition }) => condition === 'clonal-evolution')
    .map((fact) => evaluateReport(fact, course.dayZero));
  const verdict = combineAny(all.map(({ isNew }) => isNew));
  const days = all.filter(({ isNew }) => isNew === 'true').map(({ fact }) => fact.at.earliestDay);
  const criterion = all.length === 0 ? 'clonal evolution: none was reported' : 'clonal evolution';
  return {
    criteria: { id: set.id, version: set.version },
    paragraph: set.clonalEvolution.paragraph,
    verdict,
    highRisk: deriveHighRisk(all),
    day: days.sort()[0] ?? null,
    since: course.dayZero,
    until: course.deathDay ?? course.today,
    trace: [
      buildBranchTrace(
        criterion,
        verdict,
        all.map(({ trace }) => trace),
      ),
    ],
  };
}
