import { Decimal } from 'decimal.js';
import type { InputTrace, Trace, Verdict } from '../assessment.ts';
import { addDays, dayOf, daysBetween } from '../days.ts';
import type { TransfusionFact } from '../facts.ts';
import type { Component } from './criteria-set.ts';
import { allOf, leaf } from './kleene.ts';
import { type Situation, sourceOf } from './picture.ts';
import { compare, type Range } from './range.ts';
import { componentName } from './words.ts';

/** Whether something that happened between two days lies in the days before `day`: surely, perhaps (partial date), or not. */
type Within = 'surely' | 'perhaps' | 'not';

/**
 * Whether a transfusion lies less than `days` days before `day`, that day included: one exactly `days` days before does
 * not, so `first` is the day after that. A partial date may leave it open. Days are compared as text: they sort as such.
 */
function within(fact: TransfusionFact, first: string, day: string): Within {
  const { earliestDay, latestDay } = fact.at;
  if (latestDay < first || earliestDay > day) return 'not';
  return earliestDay >= first && latestDay <= day ? 'surely' : 'perhaps';
}

function firstDayOf(day: string, days: number): string {
  return addDays(day, 1 - days);
}

function gives(fact: TransfusionFact, components: readonly Component[]): boolean {
  return fact.component === 'any' || components.includes(fact.component);
}

/** How a transfusion reads in a trace: `red cell transfusion (2 units) on 2026-03-02`. */
export function transfusionInput(fact: TransfusionFact): InputTrace {
  const units = fact.units === null ? '' : ` (${fact.units} ${fact.units === '1' ? 'unit' : 'units'})`;
  const says = `${componentName(fact.component)} transfusion${units} on ${dayOf(fact.at) ?? fact.at.text}`;
  return { says, source: sourceOf(fact), conversion: null };
}

interface Independence {
  readonly words: string;
  readonly verdict: Verdict;
  readonly inputs: readonly InputTrace[];
}

function independenceOf(
  component: Component,
  rule: { days: number | null; afterStart: boolean },
  { now, dayZero, transfusions, independenceDays }: Situation,
): Independence {
  const days = rule.days ?? independenceDays[component];
  const tooEarly = rule.afterStart && daysBetween(dayZero, now.day) < days;
  const first = firstDayOf(now.day, days);
  const near = transfusions
    .filter((fact) => gives(fact, [component]))
    .map((fact) => ({ fact, place: within(fact, first, now.day) }))
    .filter(({ place }) => place !== 'not');
  const verdicts = near.map(({ place }): Verdict => (place === 'surely' ? 'false' : 'unknown'));
  return {
    words: `no ${componentName(component)} transfusion in ${days} days`,
    verdict: allOf(tooEarly ? ['false', ...verdicts] : verdicts),
    inputs: near.map(({ fact }) => transfusionInput(fact)),
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
  const missing = ['the exact day of a transfusion that has a partial date'];
  const verdict = allOf(parts.map((part) => part.verdict));
  return leaf(`transfusion independent on ${day}: ${words}${start}`, verdict, unique, missing);
}

/** Units given in the days before `day`: from the surely given of this component, to all that may be. */
function unitsIn(facts: readonly TransfusionFact[], component: Component, day: string, days: number): Range {
  const first = firstDayOf(day, days);
  let low = new Decimal(0);
  let high = new Decimal(0);
  for (const fact of facts) {
    const place = gives(fact, [component]) ? within(fact, first, day) : 'not';
    if (place === 'not') continue;
    const units = new Decimal(fact.units ?? '1');
    high = high.plus(units);
    if (place === 'surely' && fact.component === component) low = low.plus(units);
  }
  return { low, lowOpen: false, high, highOpen: false };
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
  if (daysBetween(dayZero, now.day) < rule.days) return leaf(criterion, 'false', []);
  const before = unitsIn(transfusions, rule.component, addDays(dayZero, -1), rule.days);
  const after = unitsIn(transfusions, rule.component, now.day, rule.days);
  const fewer: Range = {
    low: before.low.minus(after.high ?? 0),
    lowOpen: false,
    high: before.high?.minus(after.low) ?? null,
    highOpen: false,
  };
  const inputs = transfusions
    .filter((fact) => gives(fact, [rule.component]))
    .filter((fact) =>
      [addDays(dayZero, -1), now.day].some((day) => within(fact, firstDayOf(day, rule.days), day) !== 'not'),
    )
    .map(transfusionInput);
  const missing = [`the exact day and product of every ${product} transfusion`];
  return leaf(criterion, compare(fewer, '>=', new Decimal(rule.units)), inputs, missing);
}
