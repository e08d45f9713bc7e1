import type { ClassRule, CriteriaSet } from '../../library/formats/criteria-set-schema.ts';

export type {
  Citation,
  ClassRule,
  CriteriaSet,
  LateEventRule,
  RelapseRule,
} from '../../library/formats/criteria-set-schema.ts';
export type {
  BloodProduct,
  Criterion,
  HemoglobinNormalLimit,
  Operator,
  Threshold,
} from '../../library/formats/criterion-schema.ts';

/** Returns the days between the first and the confirming count of a class; null where no confirmation is required. */
export function resolveConfirmationDays(set: CriteriaSet, rule: ClassRule | undefined): number | null {
  return rule?.confirmationDays ?? set.confirmationDays;
}
