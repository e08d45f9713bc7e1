import type { CriterionTrace } from '../assessment.ts';
import { buildLeafTrace } from '../criteria/kleene.ts';
import { getPrimarySource } from '../criteria/situation.ts';
import type { Fact } from '../facts.ts';
import { selectStatedValue } from '../stated-value.ts';
import { type AdjudicationOf, selectAdjudications } from './select-adjudications.ts';

const CRITERION = 'the marrow meets the criterion of severe disease';

const buildMarrowInput = (fact: AdjudicationOf<'marrow-result'>) => ({
  says: `marrow result of ${fact.at.text}`,
  stated: selectStatedValue(fact),
  source: getPrimarySource(fact),
  conversion: null,
});

/**
 * Evaluates whether the marrow meets the criterion of severe disease, as people stated it. Null where nobody stated it: it then
 * counts as met by enrolment, as the severity set notes. Unknown where people contradict each other. Source: cellularity below
 * 25 %, or 25 to 50 % with less than 30 % residual haematopoietic cells (BMJ Best Practice, aplastic anaemia).
 */
export function evaluateMarrowCriterion(facts: readonly Fact[]): CriterionTrace | null {
  const [point] = selectAdjudications(facts, 'marrow-result');
  if (point === undefined) return null;
  if (point.kind === 'contradictory')
    return buildLeafTrace(CRITERION, 'unknown', point.statements.map(buildMarrowInput), [
      'one statement about the marrow on which people agree',
    ]);
  const { isCriterionMet } = point.inForce.statement;
  if (isCriterionMet === null) return null;
  return buildLeafTrace(CRITERION, isCriterionMet ? 'true' : 'false', [buildMarrowInput(point.inForce)]);
}
