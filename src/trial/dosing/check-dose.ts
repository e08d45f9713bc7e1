import { Decimal } from 'decimal.js';
import { countDaysBetween, resolveDay } from '../calendar-days.ts';
import type { Fact, InfusionFact, WeightFact } from '../facts.ts';
import type { Dosing } from '../protocol.ts';

/** The result of a dose check: within the range, outside it, not determined for lack of a weight, or not stated. */
type DoseCheck =
  | {
      readonly kind: 'in-range' | 'out-of-range';
      readonly doseText: string;
      readonly weight: WeightFact | null;
    }
  | { readonly kind: 'missing-weight' | 'not-stated' };

/**
 * Finds the weight nearest to a day within the protocol's days; of two equally near ones the earlier. Null if there
 * is none.
 */
function findNearestWeight(facts: readonly Fact[], day: string, within: number): WeightFact | null {
  const weights = facts
    .filter((fact) => fact.kind === 'weight')
    .flatMap((fact) => {
      const on = resolveDay(fact.at);
      return on === null ? [] : [{ fact, daysBefore: countDaysBetween(on, day) }];
    })
    .filter(({ daysBefore }) => Math.abs(daysBefore) <= within)
    .sort((a, b) => Math.abs(a.daysBefore) - Math.abs(b.daysBefore) || b.daysBefore - a.daysBefore);
  return weights[0]?.fact ?? null;
}

/** A dose per kg body weight, and the weight by which a total was divided; null where it was sent per kg. */
interface DosePerKg {
  /** 10*6.{cells}/kg: as sent, or to three decimal places where it was divided. */
  readonly value: string;
  readonly weight: WeightFact | null;
}

/**
 * Derives an infusion's dose per kg. Null where no dose was sent, where its day is not known, and for a total without
 * a weight near enough to its day.
 */
export function deriveDosePerKg(
  { dose, at }: InfusionFact,
  facts: readonly Fact[],
  dosing: Dosing,
): DosePerKg | null {
  if (dose === null) return null;
  if (dose.per === 'kg') return { value: dose.value, weight: null };
  const day = resolveDay(at);
  const weight = day === null ? null : findNearestWeight(facts, day, dosing.weightDays);
  if (weight === null) return null;
  const value = new Decimal(dose.value).div(weight.kilograms).toDecimalPlaces(3, Decimal.ROUND_HALF_UP);
  return { value: value.toFixed(), weight };
}

/**
 * Compares a dose (10*6 cells, per kg or in total) with the protocol's range, tolerance included. A total is compared
 * with the range times the weight, so nothing is rounded before the comparison.
 */
export function checkDose(infusion: InfusionFact, facts: readonly Fact[], dosing: Dosing): DoseCheck {
  const { dose } = infusion;
  if (dose === null || infusion.status === 'in-progress') return { kind: 'not-stated' };
  const perKg = deriveDosePerKg(infusion, facts, dosing);
  if (perKg === null) return { kind: 'missing-weight' };
  const { weight } = perKg;
  const kilograms = new Decimal(weight?.kilograms ?? '1');
  const slack = new Decimal(dosing.tolerancePercent).div(100);
  const low = new Decimal(dosing.minPerKg).times(new Decimal(1).minus(slack)).times(kilograms);
  const high = new Decimal(dosing.maxPerKg).times(slack.plus(1)).times(kilograms);
  const value = new Decimal(dose.value);
  const derivation = weight ? ` (${dose.value} × 10*6 cells in ${weight.kilograms} kg)` : '';
  const doseText = `${perKg.value} × 10*6 cells/kg${derivation}`;
  const isOut = value.lt(low) || value.gt(high);
  return { kind: isOut ? 'out-of-range' : 'in-range', doseText, weight };
}
