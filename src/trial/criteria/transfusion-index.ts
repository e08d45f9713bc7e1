import { buildDayIndex, type DayIndex } from '../day-index.ts';
import type { Fact, TransfusionFact } from '../facts.ts';
import type { BloodProduct } from './criteria-set.ts';

/** A subject's transfusions by what they can have given; one that does not say (`any`) is among both. */
export type TransfusionIndex = Readonly<Record<BloodProduct, DayIndex<TransfusionFact>>>;

/** Sorts a subject's transfusions by product and day. */
export function indexTransfusions(facts: readonly Fact[]): TransfusionIndex {
  const all = facts.filter((fact) => fact.kind === 'transfusion');
  const giving = (component: BloodProduct) =>
    buildDayIndex(all.filter((fact) => fact.component === component || fact.component === 'any'));
  return { 'red-cells': giving('red-cells'), platelets: giving('platelets') };
}
