import type { Assessment, InvestigatorAssessment, ResponseClass, SubjectAssessment } from '../assessment.ts';
import type { Fact } from '../facts.ts';
import { type AdjudicationOf, listSettled } from './select-adjudications.ts';

/** Returns the class of an assessment; null for a time to response. */
const getClass = ({ value }: Assessment): ResponseClass | null =>
  value.kind === 'class' ? value.class : null;

function buildInvestigatorAssessment(
  assessment: Assessment,
  engineClass: ResponseClass,
  { statement, by, why, at, sources, statedAt }: AdjudicationOf<'investigator-response'>,
): InvestigatorAssessment {
  const { study, subject, visit, scope, kind, criteria } = assessment;
  // Who agrees names the class where they can: agreement with PR is none with the NR that a later correction yields.
  const ownClass = statement.class ?? engineClass;
  return {
    ...{ study, subject, visit, scope, kind, criteria },
    class: ownClass,
    engineClass,
    agrees: ownClass === engineClass,
    isOutdated: statement.agrees && ownClass !== engineClass,
    by: by ?? { name: '', identifier: null },
    why,
    day: at.latestDay,
    statedAt,
    source: sources[0],
  };
}

/**
 * Lists the investigator's classes beside the engine's: for each class of the engine on which an investigator's statement is in
 * force (same visit and scope; visit `all` is the best response). A statement without a class of the engine has none to stand
 * beside, and statements that contradict each other are a question; neither is listed.
 */
export function listInvestigatorAssessments(
  facts: readonly Fact[],
  assessments: readonly Assessment[],
): readonly InvestigatorAssessment[] {
  const stated = listSettled(facts, 'investigator-response');
  return assessments.flatMap((assessment) => {
    const engineClass = getClass(assessment);
    const found = stated.find(
      ({ statement }) => statement.visit === assessment.visit && statement.scope === assessment.scope,
    );
    return found && engineClass !== null ? [buildInvestigatorAssessment(assessment, engineClass, found)] : [];
  });
}

/** An assessment that counts as primary, and whose class it has. */
export interface PrimaryAssessment {
  readonly assessment: Assessment;
  /** `engine-instead`: the investigator's class would be primary, and there is none. */
  readonly assessor: 'engine' | 'investigator' | 'engine-instead';
}

/** Whether the investigator's class stands beside this assessment. */
export const isBeside = (
  entry: Pick<InvestigatorAssessment, 'visit' | 'scope'>,
  assessment: Pick<Assessment, 'visit' | 'scope'>,
): boolean => entry.visit === assessment.visit && entry.scope === assessment.scope;

/**
 * Selects the primary class of each assessment by the protocol's choice. Where the investigator is primary and has stated
 * none, the engine's class counts and is marked. A time to response has no class, and is always the engine's.
 */
export function selectPrimaryAssessment(
  assessment: Assessment,
  investigator: readonly InvestigatorAssessment[],
  primaryAssessor: 'engine' | 'investigator',
): PrimaryAssessment {
  if (primaryAssessor === 'engine' || assessment.value.kind !== 'class')
    return { assessment, assessor: 'engine' };
  const own = investigator.find((entry) => isBeside(entry, assessment));
  if (own === undefined) return { assessment, assessor: 'engine-instead' };
  return {
    assessment: { ...assessment, value: { kind: 'class', class: own.class }, status: 'final' },
    assessor: 'investigator',
  };
}

/** Finds the subject's primary best response; null where the engine has derived none yet. */
export function findPrimaryBestResponse(
  { assessments, investigator = [] }: Pick<SubjectAssessment, 'assessments' | 'investigator'>,
  primaryAssessor: 'engine' | 'investigator',
): PrimaryAssessment | null {
  const best = assessments.find(({ kind }) => kind === 'best-response');
  return best === undefined ? null : selectPrimaryAssessment(best, investigator, primaryAssessor);
}
