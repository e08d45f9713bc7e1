import { type DayIndex, dayIndexOf } from '../day-index.ts';
import type { Fact, TransfusionFact } from '../facts.ts';
import type { Component } from './criteria-set.ts';

/** A subject's transfusions by what they can have given; one that does not say (`any`) is among both. */
export type Transfusions = Readonly<Record<Component, DayIndex<TransfusionFact>>>;

/** Sorts a subject's transfusions by product and day. */
export function transfusionsIn(facts: readonly Fact[]): Transfusions {
  const all = facts.filter((fact) => fact.kind === 'transfusion');
  const giving = (component: Component) =>
    dayIndexOf(all.filter((fact) => fact.component === component || fact.component === 'any'));
  return { 'red-cells': giving('red-cells'), platelets: giving('platelets') };
}
