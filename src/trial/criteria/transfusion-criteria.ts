import { Decimal } from 'decimal.js';
import type { CriterionInput, CriterionTrace, Verdict } from '../assessment.ts';
import { addDays, countDaysBetween, resolveDay } from '../calendar-days.ts';
import type { TransfusionFact } from '../facts.ts';
import { selectStatedValue } from '../stated-value.ts';
import type { BloodProduct } from './criteria-set.ts';
import { getBloodProductName } from './display-names.ts';
import { buildLeafTrace, combineAll } from './kleene.ts';
import { getPrimarySource, type Situation } from './situation.ts';
import type { TransfusionIndex } from './transfusion-index.ts';
import { compareToThreshold, type ValueRange } from './value-range.ts';

/**
 * Whether a transfusion surely lies less than `days` days before `day`, that day included: one exactly `days` days
 * before does not, so `first` is the day after that. A partial date may leave it open. Days are compared as text,
 * which sorts them.
 */
function isSurelyWithin({ at }: TransfusionFact, first: string, day: string): boolean {
  return at.earliestDay >= first && at.latestDay <= day;
}

function deriveLookBackStart(day: string, days: number): string {
  return addDays(day, 1 - days);
}

/**
 * Lists the missing details of a transfusion: its day where the date is partial, its product where the code names none.
 */
function listMissingDetails(
  fact: TransfusionFact,
  first: string,
  day: string,
  wanted: BloodProduct | null,
): readonly string[] {
  const { id, resourceType } = getPrimarySource(fact);
  const when = resolveDay(fact.at) ?? fact.at.text;
  const transfusion = `the ${getBloodProductName(fact.component)} transfusion of ${when} (${resourceType}/${id})`;
  return [
    ...(isSurelyWithin(fact, first, day) ? [] : [`whether ${transfusion} was between ${first} and ${day}`]),
    ...(wanted !== null && fact.component === 'any'
      ? [`whether ${transfusion} was of ${getBloodProductName(wanted)}s`]
      : []),
  ];
}

/** Builds the input of a transfusion: `red cell transfusion (2 units) on 2026-03-02`. */
export function buildTransfusionInput(fact: TransfusionFact): CriterionInput {
  const units = fact.units === null ? '' : ` (${fact.units} ${fact.units === '1' ? 'unit' : 'units'})`;
  const says = `${getBloodProductName(fact.component)} transfusion${units} on ${resolveDay(fact.at) ?? fact.at.text}`;
  return { says, stated: selectStatedValue(fact), source: getPrimarySource(fact), conversion: null };
}

interface ProductIndependence {
  readonly criterion: string;
  readonly verdict: Verdict;
  readonly inputs: readonly CriterionInput[];
  readonly missing: readonly string[];
  /** Findings against independence. */
  readonly found: readonly string[];
  /** Whether the inputs show it. */
  readonly isFoundInInputs: boolean;
}

function evaluateProductIndependence(
  component: BloodProduct,
  rule: { days: number | null; afterStart: boolean },
  { assessed, dayZero, transfusions, independenceDays }: Situation,
): ProductIndependence {
  const days = rule.days ?? independenceDays[component];
  const passed = countDaysBetween(dayZero, assessed.day);
  const isTooEarly = rule.afterStart && passed < days;
  const first = deriveLookBackStart(assessed.day, days);
  const candidates = transfusions[component].findBetween(first, assessed.day);
  const isSure = candidates.some((fact) => isSurelyWithin(fact, first, assessed.day));
  const verdict = isSure || isTooEarly ? 'false' : candidates.length > 0 ? 'unknown' : 'true';
  return {
    criterion: `no ${getBloodProductName(component)} transfusion in ${days} days`,
    verdict,
    inputs: candidates.map(buildTransfusionInput),
    missing: candidates.flatMap((fact) => listMissingDetails(fact, first, assessed.day, null)),
    found: [
      ...(isSure ? candidates.slice(-1).map((fact) => buildTransfusionInput(fact).says) : []),
      ...(isTooEarly ? [`${passed} days have passed`] : []),
    ],
    isFoundInInputs: isSure,
  };
}

/**
 * Evaluates independence of blood products: no transfusion in the days before the count. A transfusion that no EHR
 * has sent counts as not given (a hospital reports what it transfuses). Unknown only where a partial date may or may
 * not lie in these days. BSH states no number of days, so the protocol's is used where the criterion has none.
 */
export function evaluateIndependence(
  rule: { components: readonly BloodProduct[]; days: number | null; afterStart: boolean },
  situation: Situation,
): CriterionTrace {
  const { day } = situation.assessed;
  const parts = rule.components.map((component) => evaluateProductIndependence(component, rule, situation));
  const words = parts.map((part) => part.criterion).join(', ');
  const start = rule.afterStart ? ', all after the first infusion' : '';
  const inputs = parts.flatMap((part) => part.inputs);
  const unique = [...new Map(inputs.map((input) => [input.source, input])).values()];
  const missing = [...new Set(parts.flatMap((part) => part.missing))];
  const verdict = combineAll(parts.map((part) => part.verdict));
  const trace = buildLeafTrace(
    `transfusion independent on ${day}: ${words}${start}`,
    verdict,
    unique,
    missing,
  );
  const found = [...new Set(parts.flatMap((part) => part.found))].join(', ');
  if (found === '') return trace;
  const isShown = parts.some((part) => part.isFoundInInputs);
  return isShown ? { ...trace, found, isFoundInInputs: true } : { ...trace, found };
}

/** Sums the units in the days before `day`: from those surely given of this product to all that may have been. */
function sumUnits(
  transfusions: TransfusionIndex,
  component: BloodProduct,
  day: string,
  days: number,
): ValueRange {
  const first = deriveLookBackStart(day, days);
  let low = new Decimal(0);
  let high = new Decimal(0);
  for (const fact of transfusions[component].findBetween(first, day)) {
    const units = new Decimal(fact.units ?? '1');
    high = high.plus(units);
    if (fact.component === component && isSurelyWithin(fact, first, day)) low = low.plus(units);
  }
  return { low, lowOpen: false, high, highOpen: false };
}

/** Formats `4`, or `2 to 4` where partial dates or an unnamed product leave it open. */
function formatUnitRange({ low, high }: ValueRange): string {
  return high === null || high.eq(low) ? low.toFixed() : `${low.toFixed()} to ${high.toFixed()}`;
}

/**
 * Evaluates whether at least `units` fewer units were given in the `days` up to the count than in as many days before
 * the first infusion. False before that many days have passed; a transfusion without units counts as one unit.
 */
export function evaluateFewerUnits(
  rule: { component: BloodProduct; units: string; days: number },
  situation: Situation,
): CriterionTrace {
  const { dayZero, assessed, transfusions } = situation;
  const product = getBloodProductName(rule.component);
  const criterion = `at least ${rule.units} ${product} units fewer in ${rule.days} days than before the first infusion`;
  const passed = countDaysBetween(dayZero, assessed.day);
  if (passed < rule.days)
    return { ...buildLeafTrace(criterion, 'false', []), found: `${passed} days have passed` };
  const before = sumUnits(transfusions, rule.component, addDays(dayZero, -1), rule.days);
  const after = sumUnits(transfusions, rule.component, assessed.day, rule.days);
  const fewer: ValueRange = {
    low: before.low.minus(after.high ?? 0),
    lowOpen: false,
    high: before.high?.minus(after.low) ?? null,
    highOpen: false,
  };
  const spans = [addDays(dayZero, -1), assessed.day].map((day) => {
    const first = deriveLookBackStart(day, rule.days);
    const facts = transfusions[rule.component].findBetween(first, day);
    return { facts, missing: facts.flatMap((fact) => listMissingDetails(fact, first, day, rule.component)) };
  });
  const inputs = [...new Set(spans.flatMap(({ facts }) => facts))].map(buildTransfusionInput);
  const missing = [...new Set(spans.flatMap((span) => span.missing))];
  const found = `${formatUnitRange(before)} in the ${rule.days} days before it, ${formatUnitRange(after)} up to ${assessed.day}`;
  const verdict = compareToThreshold(fewer, '>=', new Decimal(rule.units));
  return { ...buildLeafTrace(criterion, verdict, inputs, missing), found };
}
