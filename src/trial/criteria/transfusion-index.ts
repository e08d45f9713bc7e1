import { buildDayIndex, type DayIndex } from '../day-index.ts';
import type { Fact, TransfusionFact } from '../facts.ts';
import { rememberByMembers } from '../remember-by-members.ts';
import type { BloodProduct } from './criteria-set.ts';

/**
 * A subject's transfusions by the product they can have contained; one whose code names no product (`any`) is in
 * both.
 */
export type TransfusionIndex = Readonly<Record<BloodProduct, DayIndex<TransfusionFact>>>;

/** Indexes a subject's transfusions by product and day. */
export function indexTransfusions(facts: readonly Fact[]): TransfusionIndex {
  const transfusions = facts.filter((fact) => fact.kind === 'transfusion');
  return transfusions.length === 0 ? NO_TRANSFUSIONS : indexByProduct(transfusions);
}

const indexByProduct = rememberByMembers((transfusions: readonly TransfusionFact[]): TransfusionIndex => {
  const indexProduct = (component: BloodProduct) =>
    buildDayIndex(transfusions.filter((fact) => fact.component === component || fact.component === 'any'));
  return { 'red-cells': indexProduct('red-cells'), platelets: indexProduct('platelets') };
});

const NO_TRANSFUSIONS: TransfusionIndex = { 'red-cells': buildDayIndex([]), platelets: buildDayIndex([]) };
