import { addDays } from '../calendar-days.ts';
import type { Fact, MedicationFact, TransplantFact } from '../facts.ts';

/**
 * The transplant that a drug prepared for: one given at most `days` days after it, or on its day. A partial date of the
 * drug must lie within these days whole, since in aplastic anaemia the same drugs are treatment by themselves; a partial
 * date of the transplant stands for all its days. Null where there is none.
 */
export function findTransplantConditionedBy(
  drug: MedicationFact,
  facts: readonly Fact[],
  days: number,
): TransplantFact | null {
  const prepared = facts.filter((fact): fact is TransplantFact => {
    if (fact.kind !== 'transplant') return false;
    const { earliestDay, latestDay } = fact.at;
    return drug.at.earliestDay >= addDays(earliestDay, -days) && drug.at.latestDay <= latestDay;
  });
  return prepared.sort((a, b) => (a.at.earliestDay < b.at.earliestDay ? -1 : 1))[0] ?? null;
}
