import { addDays } from '../calendar-days.ts';
import type { Fact, MedicationFact, TransplantFact } from '../facts.ts';

/**
 * Finds the transplant that a drug was the conditioning for: one given at most `days` days after it, or on its day. A
 * partial date of the drug must lie wholly within these days, since in aplastic anaemia the same drugs are treatment
 * by themselves; a partial date of the transplant counts with all its days. Null where there is none.
 */
export function findTransplantConditionedBy(
  drug: MedicationFact,
  facts: readonly Fact[],
  days: number,
): TransplantFact | null {
  const transplants = facts.filter((fact): fact is TransplantFact => {
    if (fact.kind !== 'transplant') return false;
    const { earliestDay, latestDay } = fact.at;
    return drug.at.earliestDay >= addDays(earliestDay, -days) && drug.at.latestDay <= latestDay;
  });
  return transplants.sort((a, b) => (a.at.earliestDay < b.at.earliestDay ? -1 : 1))[0] ?? null;
}
