import { evaluateMarrowCriterion } from '../adjudication/marrow-criterion.ts';
import type { CriterionTrace } from '../assessment.ts';
import type { CriteriaSet } from '../criteria/criteria-set.ts';
import { evaluateCriterion } from '../criteria/evaluate-criterion.ts';
import { combineAll } from '../criteria/kleene.ts';
import type { DiseaseSeverity } from '../protocol.ts';
import { rememberByMembers } from '../remember-by-members.ts';
import type { ClinicalCourse, SubjectSituation } from './clinical-course.ts';

/** A severity that can be assessed. */
export type KnownSeverity = Exclude<DiseaseSeverity, 'unknown'>;

const SEVERITIES: readonly KnownSeverity[] = ['SAA', 'VSAA', 'NSAA'];

/** How severe the disease was, and the severities that are possible: one where it is known. */
export interface SeverityFinding {
  readonly severity: DiseaseSeverity;
  readonly possible: readonly KnownSeverity[];
  readonly trace: readonly CriterionTrace[];
}

const buildKnownSeverity = (severity: KnownSeverity, trace: readonly CriterionTrace[]): SeverityFinding => ({
  severity,
  possible: [severity],
  trace,
});

/** Evaluates the definitions of severe disease by the counts before the first infusion; a confounded one is an upper limit. */
const evaluateSeverity = rememberByMembers(
  ([subject]: readonly SubjectSituation[], set: CriteriaSet, sets: ReadonlyMap<string, CriteriaSet>) => {
    if (!subject) throw new Error('Severity is assessed in the situation of a subject.');
    const { baselineLimits } = subject;
    const situation = {
      ...{ ...subject, assessed: baselineLimits, baseline: baselineLimits },
      ...{ independentSince: null, baselineTraces: new Map() },
    };
    const evaluateDefinition = (name: string): CriterionTrace =>
      evaluateCriterion({ kind: 'ref', set: null, name, says: null }, situation, { ownSet: set, sets });
    return { severe: evaluateDefinition('severe'), verySevere: evaluateDefinition('very-severe') };
  },
);

/**
 * Assesses how severe the disease was before the first infusion, by the definitions `severe` and `very-severe` of the
 * protocol's severity set. `unknown` where missing counts leave open whether it was severe. Surely severe and
 * possibly very severe yields SAA, which is assessed by the same criteria. A marrow that a person states not to meet the
 * criterion of severe disease makes it not severe, whatever the counts. A confounded count is an upper limit here:
 * used as measured it could make severe disease look mild, and mild disease has easier criteria.
 */
export function assessSeverity(course: ClinicalCourse): SeverityFinding {
  const set = course.criteria.get(course.protocol.criteria.severity);
  if (set === undefined) return { severity: 'unknown', possible: SEVERITIES, trace: [] };
  const { severe, verySevere } = evaluateSeverity([course.situation], set, course.criteria);
  const marrow = evaluateMarrowCriterion(course.circumstances);
  const trace = [severe, verySevere, ...(marrow ? [marrow] : [])];
  const verdict = combineAll([severe.verdict, marrow?.verdict ?? 'true']);
  if (verdict === 'unknown') {
    const possible = SEVERITIES.filter((severity) => severity !== 'VSAA' || verySevere.verdict !== 'false');
    return { severity: 'unknown', possible, trace };
  }
  if (verdict === 'false') return buildKnownSeverity('NSAA', trace);
  return buildKnownSeverity(verySevere.verdict === 'true' ? 'VSAA' : 'SAA', trace);
}
