import type { Fact } from '../../src/trial/facts.ts';
import { decideCriterion } from './decide-criterion.ts';
import type { Frame } from './points.ts';
import { findRawSet } from './raw-rules.ts';
import { isTrueForAll, mergeWorlds, type Truth } from './truth.ts';

export type Severity = 'SAA' | 'VSAA' | 'NSAA';

const listStatements = (facts: readonly Fact[]) =>
  facts.flatMap((fact) => (fact.kind === 'adjudication' ? [fact.statement] : []));

/** What people state about the marrow; without a statement it meets the criterion by enrolment. */
function decideMarrow(facts: readonly Fact[]): Truth {
  const stated = listStatements(facts).flatMap((one) =>
    one.topic === 'marrow-result' && one.isCriterionMet !== null ? [one.isCriterionMet] : [],
  );
  return stated.length === 0 ? true : mergeWorlds(stated);
}

/** Severity at baseline, where confounded counts are upper limits. */
function computeSeverity(frame: Frame, facts: readonly Fact[]): Severity | 'unknown' {
  const set = findRawSet(frame.rules, frame.rules.protocol.criteria.severity);
  const decide = (ref: string) =>
    decideCriterion({ ...frame, counts: frame.baseline, transfusionDays: [], independentFrom: null }, set, {
      ref,
    });
  const severe = isTrueForAll([decide('severe'), decideMarrow(facts)]);
  if (severe === null) return 'unknown';
  if (!severe) return 'NSAA';
  return decide('very-severe') ? 'VSAA' : 'SAA';
}

const ALL = ['SAA', 'VSAA', 'NSAA'] as const;

/** What the severity can be: as people state it for the time of diagnosis, else as computed; all, where that is unknown. */
export function listSeverities(frame: Frame, facts: readonly Fact[]): readonly Severity[] {
  const stated = listStatements(facts).flatMap((one) =>
    one.topic === 'severity-at-diagnosis' ? [one.severity] : [],
  );
  if (stated.length > 0) return [...new Set(stated)];
  const computed = computeSeverity(frame, facts);
  return computed === 'unknown' ? ALL : [computed];
}
