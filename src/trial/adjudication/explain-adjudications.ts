import type { Assessment, SubjectAssessment } from '../assessment.ts';
import type { AdjudicationFact, Fact, Source } from '../facts.ts';
import { formatSource } from '../format-trace.ts';
import { formatPersonStatement, formatStatedBy } from './format-adjudication.ts';
import { isBeside } from './investigator-response.ts';
import { selectAdjudications } from './select-adjudications.ts';

/** Finds what the signature of the statement from the source is worth; empty for one that the site has sent. */
function findValidity(facts: readonly Fact[], source: Source): Pick<AdjudicationFact, 'validity'> {
  const stated = facts.find(
    (fact) =>
      fact.kind === 'adjudication' &&
      fact.sources[0].resourceType === source.resourceType &&
      fact.sources[0].id === source.id,
  );
  const validity = stated?.kind === 'adjudication' ? stated.validity : undefined;
  return validity === undefined ? {} : { validity };
}

/**
 * Formats the severity that counts: the one stated at diagnosis with who and why and the computed one beside it, or the computed
 * one alone.
 */
export function formatSeverity(
  {
    severity,
    severityAtDiagnosis: stated,
    computedSeverity = severity,
  }: Pick<SubjectAssessment, 'severity' | 'severityAtDiagnosis' | 'computedSeverity'>,
  facts: readonly Fact[],
): string {
  if (stated === undefined) return `Severity before it: ${severity}.`;
  const computed = `Computed before it: ${computedSeverity}.`;
  if (stated.contradictory)
    return `Severity at diagnosis: ${severity}, because ${stated.contradictory.map((source) => formatSource(source)).join(' and ')} contradict each other. ${computed}`;
  const said = formatStatedBy({
    ...{ by: stated.by, why: stated.why, statedAt: null },
    ...findValidity(facts, stated.source),
  });
  return `Severity at diagnosis: ${severity}, stated ${said} [${formatSource(stated.source)}]. ${computed}`;
}

/** Formats the investigator's class beside the engine's; nothing where none is stated. */
export function formatInvestigatorClass(
  { investigator = [] }: Pick<SubjectAssessment, 'investigator'>,
  assessment: Assessment,
  facts: readonly Fact[],
): readonly string[] {
  return investigator
    .filter((entry) => isBeside(entry, assessment))
    .map((entry) => {
      const relation = entry.agrees ? 'agrees with the engine' : 'differs from the engine';
      const outdated = entry.isOutdated ? '; they had agreed before the class of the engine changed' : '';
      return `  Investigator: ${entry.class} (${relation}${outdated}), ${formatStatedBy({ ...entry, ...findValidity(facts, entry.source) })} [${formatSource(entry.source)}]`;
    });
}

const OTHER_TOPICS = [
  'marrow-result',
  'event-adjudication',
  'infection-adjudication',
  'evaluability',
  'per-protocol',
] as const;

/** Formats what people state besides severity and response, one line a point; contradictory statements with all of them. */
export function formatOtherAdjudications(facts: readonly Fact[]): readonly string[] {
  const points = OTHER_TOPICS.flatMap((topic) => selectAdjudications(facts, topic));
  return points.flatMap((point) => {
    const statements = point.kind === 'settled' ? [point.inForce] : point.statements;
    const mark = point.kind === 'settled' ? 'Stated' : 'Contradictory, not used';
    return statements.map(
      (fact) =>
        `${mark}: ${formatPersonStatement(fact.statement)}, ${formatStatedBy(fact)} [${formatSource(fact.sources[0])}].`,
    );
  });
}
