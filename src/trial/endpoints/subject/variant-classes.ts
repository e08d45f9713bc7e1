import { assessBestResponse } from '../../assess-subject.ts';
import type { ResponseClass } from '../../assessment.ts';
import type { CriteriaSet } from '../../criteria/criteria-set.ts';
import type { Fact, Subject } from '../../facts.ts';
import { type Protocol, type SensitivityVariant, withOverallCriteriaSet } from '../../protocol.ts';
import { removeConfirmation } from '../../visits/lineage-response.ts';

/** A subject's best response under each variant, by its id; absent where the variants were not assessed. */
export type VariantClasses = Readonly<Record<string, ResponseClass>>;

/** The rules of an assessment: a protocol with its criteria sets. */
export interface VariantRules {
  readonly protocol: Protocol;
  readonly criteria: ReadonlyMap<string, CriteriaSet>;
}

/**
 * Applies a variant to the rules of a study: other washouts, another set, no confirmation. Nothing else changes. Assessing
 * every subject by the result costs as much as the assessment of the report.
 */
export function applyVariant(
  { protocol, criteria }: VariantRules,
  variant: SensitivityVariant,
): VariantRules {
  const { washoutDays, severity, overall, isUnconfirmed } = variant;
  const washouts = protocol.washouts.map((washout) => ({
    ...washout,
    days: washoutDays[washout.of] ?? washout.days,
  }));
  const withSeverity = {
    ...protocol,
    washouts,
    criteria: { ...protocol.criteria, severity: severity ?? protocol.criteria.severity },
  };
  return {
    protocol: overall === null ? withSeverity : withOverallCriteriaSet(withSeverity, overall),
    criteria: isUnconfirmed
      ? new Map([...criteria].map(([id, set]) => [id, removeConfirmation(set)]))
      : criteria,
  };
}

/** Assesses a subject by the rules of a study, with one change each, and keeps the class of the best response. */
export type VariantAssessor = (subject: Subject, facts: readonly Fact[], today: string) => VariantClasses;

/**
 * Creates the assessor of a protocol's variants (`analysis.sensitivity`). Every variant is an assessment of the subject's
 * overall response, so six of them cost several times the report; only the classes are kept.
 */
export function createVariantAssessor(rules: VariantRules): VariantAssessor {
  const variants = rules.protocol.analysis.sensitivity.map((variant) => ({
    id: variant.id,
    changed: applyVariant(rules, variant),
  }));
  return (subject, facts, today) => {
    const classes = variants.map(({ id, changed }): [string, ResponseClass] => {
      const best = assessBestResponse({ subject, facts, today, ...changed });
      return [id, best?.value.kind === 'class' ? best.value.class : 'NE'];
    });
    return Object.fromEntries(classes);
  };
}
