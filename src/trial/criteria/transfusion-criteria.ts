import { Decimal } from 'decimal.js';
import type { CriterionInput, CriterionTrace, Verdict } from '../assessment.ts';
import { addDays, countDaysBetween, resolveDay } from '../calendar-days.ts';
import type { TransfusionFact } from '../facts.ts';
import { selectStatedValue } from '../stated-value.ts';
import type { BloodProduct } from './criteria-set.ts';
import { getBloodProductName } from './display-names.ts';
import { buildLeafTrace, combineAll, combineAny } from './kleene.ts';
import { getPrimarySource, type Situation } from './situation.ts';
import type { TransfusionIndex } from './transfusion-index.ts';
import { compareToThreshold, subtractRanges, type ValueRange } from './value-range.ts';

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

/**
 * Evaluates a criterion of transfusions for counts of several days: on each of these days by itself, since a transfusion
 * between two counts belongs to the later one only. Where the days agree, the trace is that of the last day; else the
 * verdict is unknown, and counts of one day would decide.
 */
export function evaluateOnEachDay(
  situation: Situation,
  evaluateOnDay: (situation: Situation) => CriterionTrace,
): CriterionTrace {
  const { assessed } = situation;
  const traces = assessed.transfusionDays.map((day) =>
    evaluateOnDay({ ...situation, assessed: { ...assessed, day } }),
  );
  const last = traces.at(-1) ?? evaluateOnDay(situation);
  if (traces.every(({ verdict }) => verdict === last.verdict)) return last;
  const inputs = traces.flatMap((trace) => trace.inputs);
  const unique = [...new Map(inputs.map((input) => [input.source, input])).values()];
  const days = assessed.transfusionDays.join(' and ');
  const missing = [
    `a blood count of one day (these counts are of ${days}, and the transfusions differ between them)`,
    ...traces.flatMap((trace) => trace.missing),
  ];
  return buildLeafTrace(last.criterion, 'unknown', unique, [...new Set(missing)]);
}

/** The products that a code which names none can mean. */
const BLOOD_PRODUCTS: readonly BloodProduct[] = ['red-cells', 'platelets'];

interface ProductIndependence {
  readonly criterion: string;
  readonly verdict: Verdict;
  readonly inputs: readonly CriterionInput[];
  readonly missing: readonly string[];
  /** The last transfusion that surely lies in these days and whose product is not named; empty where there is none. */
  readonly unnamed: readonly string[];
  /** Findings against independence. */
  readonly found: readonly string[];
  /** Whether the inputs show it. */
  readonly isFoundInInputs: boolean;
}

function evaluateProductIndependence(
  component: BloodProduct,
  rule: { days: number | null; afterStart: boolean },
  { assessed, dayZero, transfusions, independenceDays, independentSince }: Situation,
): ProductIndependence {
  const days = rule.days ?? independenceDays[component];
  const passed = countDaysBetween(dayZero, assessed.day);
  const isTooEarly = rule.afterStart && passed < days;
  const lookBackStart = deriveLookBackStart(assessed.day, days);
  const isSpan = independentSince !== null && independentSince < lookBackStart;
  const first = isSpan ? independentSince : lookBackStart;
  const candidates = transfusions[component].findBetween(first, assessed.day);
  const isSure = candidates.some(
    (fact) => fact.component === component && isSurelyWithin(fact, first, assessed.day),
  );
  const verdict = isSure || isTooEarly ? 'false' : candidates.length > 0 ? 'unknown' : 'true';
  return {
    criterion: `no ${getBloodProductName(component)} transfusion ${isSpan ? `from ${first} on` : `in ${days} days`}`,
    verdict,
    inputs: candidates.map(buildTransfusionInput),
    missing: candidates.flatMap((fact) => listMissingDetails(fact, first, assessed.day, component)),
    unnamed: candidates
      .filter((fact) => fact.component === 'any' && isSurelyWithin(fact, first, assessed.day))
      .slice(-1)
      .map((fact) => buildTransfusionInput(fact).says),
    found: [
      ...(isSure ? candidates.slice(-1).map((fact) => buildTransfusionInput(fact).says) : []),
      ...(isTooEarly ? [`only ${passed} days since the first infusion`] : []),
    ],
    isFoundInInputs: isSure,
  };
}

/**
 * Evaluates independence of blood products: no transfusion in the days before the count. A transfusion that no EHR
 * has sent counts as not given (a hospital reports what it transfuses). Unknown where a partial date may or may not lie in
 * these days, and for one product where the code names none: it is surely one of the two, so it denies independence of
 * both together. BSH states no number of days, so the protocol's is used where the criterion has none.
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
  const isOneOfAll =
    parts.length === BLOOD_PRODUCTS.length && parts.every(({ unnamed }) => unnamed.length > 0);
  const verdict = isOneOfAll ? 'false' : combineAll(parts.map((part) => part.verdict));
  const trace = buildLeafTrace(
    `transfusion independent on ${day}: ${words}${start}`,
    verdict,
    unique,
    missing,
  );
  const unnamed = isOneOfAll ? parts.flatMap((part) => part.unnamed) : [];
  const found = [...new Set([...parts.flatMap((part) => part.found), ...unnamed])].join(', ');
  if (found === '') return trace;
  const isShown = parts.some((part) => part.isFoundInInputs);
  return isShown ? { ...trace, found, isFoundInInputs: true } : { ...trace, found };
}

/**
 * Sums the units in the days before `day`: from those surely given of this product to all that may have been. A
 * transfusion without a number of units is of at least one, so the sum then has no upper end.
 */
function sumUnits(
  transfusions: TransfusionIndex,
  component: BloodProduct,
  day: string,
  days: number,
): ValueRange {
  const first = deriveLookBackStart(day, days);
  let low = new Decimal(0);
  let high: Decimal | null = new Decimal(0);
  for (const fact of transfusions[component].findBetween(first, day)) {
    high = fact.units === null ? null : (high?.plus(fact.units) ?? null);
    if (fact.component === component && isSurelyWithin(fact, first, day)) low = low.plus(fact.units ?? '1');
  }
  return { low, lowOpen: false, high, highOpen: false };
}

/** Formats `4`, `2 to 4` where partial dates or an unnamed product leave it open, and `at least 4` without an upper end. */
function formatUnitRange({ low, high }: ValueRange): string {
  if (high === null) return `at least ${low.toFixed()}`;
  return high.eq(low) ? low.toFixed() : `${low.toFixed()} to ${high.toFixed()}`;
}

/** Lists what would narrow a sum of units: the days, products and numbers of units that were not sent. */
function listMissingUnits(
  facts: readonly TransfusionFact[],
  first: string,
  day: string,
  component: BloodProduct,
): readonly string[] {
  return facts.flatMap((fact) => {
    const { id, resourceType } = getPrimarySource(fact);
    const units =
      fact.units === null
        ? [`the units of the transfusion of ${resolveDay(fact.at) ?? fact.at.text} (${resourceType}/${id})`]
        : [];
    return [...listMissingDetails(fact, first, day, component), ...units];
  });
}

interface ProductDependence {
  readonly criterion: string;
  readonly verdict: Verdict;
  readonly facts: readonly TransfusionFact[];
  readonly missing: readonly string[];
  readonly found: string;
}

function evaluateProductDependence(
  component: BloodProduct,
  day: string,
  { transfusions, dependence }: Situation,
): ProductDependence {
  const { units, days } = dependence[component];
  const product = getBloodProductName(component);
  const first = deriveLookBackStart(day, days);
  const sum = sumUnits(transfusions, component, day, days);
  const facts = transfusions[component].findBetween(first, day);
  return {
    criterion: `at least ${units} ${product} ${units === '1' ? 'unit' : 'units'} in ${days} days`,
    verdict: compareToThreshold(sum, '>=', new Decimal(units)),
    facts,
    missing: listMissingUnits(facts, first, day, component),
    found: `${formatUnitRange(sum)} ${product} units in the ${days} days up to ${day}`,
  };
}

/**
 * Evaluates dependence on at least one of the blood products: as many units as the protocol's `dependence` states, in the
 * days up to the count; at baseline up to the day before the first infusion. BSH states no number, so the protocol's is
 * used. Unknown where partial dates, unnamed products or missing numbers of units leave the sum on both sides of it.
 */
export function evaluateDependence(
  rule: { readonly components: readonly BloodProduct[] },
  situation: Situation,
): CriterionTrace {
  const { assessed, dayZero } = situation;
  const day = assessed.role === 'baseline' ? addDays(dayZero, -1) : assessed.day;
  const parts = rule.components.map((component) => evaluateProductDependence(component, day, situation));
  const facts = [...new Set(parts.flatMap((part) => part.facts))];
  const trace = buildLeafTrace(
    `transfusion dependent on ${day}: ${parts.map(({ criterion }) => criterion).join(', or ')}`,
    combineAny(parts.map(({ verdict }) => verdict)),
    facts.map(buildTransfusionInput),
    [...new Set(parts.flatMap((part) => part.missing))],
  );
  return { ...trace, found: parts.map((part) => part.found).join(', ') };
}

/**
 * Evaluates whether at least `units` fewer units were given in the `days` up to the count than in as many days before
 * the first infusion. False before that many days have passed; a transfusion without units is of at least one, so that
 * the difference then has an open end.
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
    return {
      ...buildLeafTrace(criterion, 'false', []),
      found: `only ${passed} days since the first infusion`,
    };
  const before = sumUnits(transfusions, rule.component, addDays(dayZero, -1), rule.days);
  const after = sumUnits(transfusions, rule.component, assessed.day, rule.days);
  const fewer = subtractRanges(before, after);
  const spans = [addDays(dayZero, -1), assessed.day].map((day) => {
    const first = deriveLookBackStart(day, rule.days);
    const facts = transfusions[rule.component].findBetween(first, day);
    return { facts, missing: listMissingUnits(facts, first, day, rule.component) };
  });
  const inputs = [...new Set(spans.flatMap(({ facts }) => facts))].map(buildTransfusionInput);
  const missing = [...new Set(spans.flatMap((span) => span.missing))];
  const found = `${formatUnitRange(before)} in the ${rule.days} days before it, ${formatUnitRange(after)} up to ${assessed.day}`;
  const verdict = compareToThreshold(fewer, '>=', new Decimal(rule.units));
  return { ...buildLeafTrace(criterion, verdict, inputs, missing), found };
}
