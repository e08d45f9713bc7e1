import { Decimal } from 'decimal.js';
import type { InputTrace, Trace, Verdict } from '../assessment.ts';
import { addDays, dayOf, daysBetween } from '../days.ts';
import type { TransfusionFact } from '../facts.ts';
import { selectStatedValue } from '../stated-value.ts';
import type { Component } from './criteria-set.ts';
import { allOf, leaf } from './kleene.ts';
import { type Situation, sourceOf } from './picture.ts';
import { compare, type Range } from './range.ts';
import type { Transfusions } from './transfusions-index.ts';
import { componentName } from './words.ts';

/**
 * Whether a transfusion surely lies less than `days` days before `day`, that day included: one exactly `days` days before
 * does not, so `first` is the day after that. A partial date may leave it open. Days are compared as text: they sort so.
 */
function isWithin({ at }: TransfusionFact, first: string, day: string): boolean {
  return at.earliestDay >= first && at.latestDay <= day;
}

function firstDayOf(day: string, days: number): string {
  return addDays(day, 1 - days);
}

/** What would settle when and what a transfusion was, where its date is partial or its code names no product. */
function missingOf(
  fact: TransfusionFact,
  first: string,
  day: string,
  wanted: Component | null,
): readonly string[] {
  const { id, resourceType } = sourceOf(fact);
  const when = dayOf(fact.at) ?? fact.at.text;
  const what = `the ${componentName(fact.component)} transfusion of ${when} (${resourceType}/${id})`;
  return [
    ...(isWithin(fact, first, day) ? [] : [`whether ${what} was between ${first} and ${day}`]),
    ...(wanted !== null && fact.component === 'any'
      ? [`whether ${what} was of ${componentName(wanted)}s`]
      : []),
  ];
}

/** How a transfusion reads in a trace: `red cell transfusion (2 units) on 2026-03-02`. */
export function transfusionInput(fact: TransfusionFact): InputTrace {
  const units = fact.units === null ? '' : ` (${fact.units} ${fact.units === '1' ? 'unit' : 'units'})`;
  const says = `${componentName(fact.component)} transfusion${units} on ${dayOf(fact.at) ?? fact.at.text}`;
  return { says, stated: selectStatedValue(fact), source: sourceOf(fact), conversion: null };
}

interface Independence {
  readonly words: string;
  readonly verdict: Verdict;
  readonly inputs: readonly InputTrace[];
  readonly missing: readonly string[];
  /** What speaks against it. */
  readonly found: readonly string[];
  /** Whether the inputs show it. */
  readonly isFoundInInputs: boolean;
}

function independenceOf(
  component: Component,
  rule: { days: number | null; afterStart: boolean },
  { now, dayZero, transfusions, independenceDays }: Situation,
): Independence {
  const days = rule.days ?? independenceDays[component];
  const passed = daysBetween(dayZero, now.day);
  const tooEarly = rule.afterStart && passed < days;
  const first = firstDayOf(now.day, days);
  const near = transfusions[component].between(first, now.day);
  const isSure = near.some((fact) => isWithin(fact, first, now.day));
  const verdict = isSure || tooEarly ? 'false' : near.length > 0 ? 'unknown' : 'true';
  return {
    words: `no ${componentName(component)} transfusion in ${days} days`,
    verdict,
    inputs: near.map(transfusionInput),
    missing: near.flatMap((fact) => missingOf(fact, first, now.day, null)),
    found: [
      ...(isSure ? near.slice(-1).map((fact) => transfusionInput(fact).says) : []),
      ...(tooEarly ? [`${passed} days have passed`] : []),
    ],
    isFoundInInputs: isSure,
  };
}

/**
 * Independence of blood products: no transfusion in the days before the count. What no EHR has sent counts as not given
 * (a hospital reports what it transfuses). Unknown only where a partial date may or may not fall into the days. BSH
 * states no number of days, so the protocol's is used where the criterion has none.
 */
export function judgeIndependence(
  rule: { components: readonly Component[]; days: number | null; afterStart: boolean },
  situation: Situation,
): Trace {
  const { day } = situation.now;
  const parts = rule.components.map((component) => independenceOf(component, rule, situation));
  const words = parts.map((part) => part.words).join(', ');
  const start = rule.afterStart ? ', all after the first infusion' : '';
  const inputs = parts.flatMap((part) => part.inputs);
  const unique = [...new Map(inputs.map((input) => [input.source, input])).values()];
  const missing = [...new Set(parts.flatMap((part) => part.missing))];
  const verdict = allOf(parts.map((part) => part.verdict));
  const trace = leaf(`transfusion independent on ${day}: ${words}${start}`, verdict, unique, missing);
  const found = [...new Set(parts.flatMap((part) => part.found))].join(', ');
  if (found === '') return trace;
  const isShown = parts.some((part) => part.isFoundInInputs);
  return isShown ? { ...trace, found, isFoundInInputs: true } : { ...trace, found };
}

/** Units given in the days before `day`: from the surely given of this component, to all that may be. */
function unitsIn(transfusions: Transfusions, component: Component, day: string, days: number): Range {
  const first = firstDayOf(day, days);
  let low = new Decimal(0);
  let high = new Decimal(0);
  for (const fact of transfusions[component].between(first, day)) {
    const units = new Decimal(fact.units ?? '1');
    high = high.plus(units);
    if (fact.component === component && isWithin(fact, first, day)) low = low.plus(units);
  }
  return { low, lowOpen: false, high, highOpen: false };
}

/** `4`, or `2 to 4` where partial dates or a product that is not named leave it open. */
function unitWords({ low, high }: Range): string {
  return high === null || high.eq(low) ? low.toFixed() : `${low.toFixed()} to ${high.toFixed()}`;
}

/**
 * At least `units` fewer units in the `days` up to the count than in as many days before the first infusion. False
 * before so many days have passed since then; a transfusion without units counts as one unit.
 */
export function judgeFewerUnits(
  rule: { component: Component; units: string; days: number },
  situation: Situation,
): Trace {
  const { dayZero, now, transfusions } = situation;
  const product = componentName(rule.component);
  const criterion = `at least ${rule.units} ${product} units fewer in ${rule.days} days than before the first infusion`;
  const passed = daysBetween(dayZero, now.day);
  if (passed < rule.days) return { ...leaf(criterion, 'false', []), found: `${passed} days have passed` };
  const before = unitsIn(transfusions, rule.component, addDays(dayZero, -1), rule.days);
  const after = unitsIn(transfusions, rule.component, now.day, rule.days);
  const fewer: Range = {
    low: before.low.minus(after.high ?? 0),
    lowOpen: false,
    high: before.high?.minus(after.low) ?? null,
    highOpen: false,
  };
  const spans = [addDays(dayZero, -1), now.day].map((day) => {
    const first = firstDayOf(day, rule.days);
    const facts = transfusions[rule.component].between(first, day);
    return { facts, missing: facts.flatMap((fact) => missingOf(fact, first, day, rule.component)) };
  });
  const inputs = [...new Set(spans.flatMap(({ facts }) => facts))].map(transfusionInput);
  const missing = [...new Set(spans.flatMap((span) => span.missing))];
  const found = `${unitWords(before)} in the ${rule.days} days before it, ${unitWords(after)} up to ${now.day}`;
  const verdict = compare(fewer, '>=', new Decimal(rule.units));
  return { ...leaf(criterion, verdict, inputs, missing), found };
}
