import type { InputTrace } from '../assessment.ts';
import { dayOf } from '../days.ts';
import type { Analyte, Contradiction, Fact, PersonFact } from '../facts.ts';
import { selectStatedValue } from '../stated-value.ts';
import { type Count, type Picture, sourceOf } from './picture.ts';
import { transfusionInput } from './transfusions.ts';
import { componentName, countName, nameOf, unitOf } from './words.ts';

/** What confounds a count, in words: `platelet transfusion of 2026-03-02`, `filgrastim of 2026-03-02`. */
export function confounderWords(fact: Fact): string {
  const day = dayOf(fact.at) ?? fact.at.text;
  if (fact.kind === 'transfusion') return `${componentName(fact.component)} transfusion of ${day}`;
  return fact.kind === 'medication' ? `${fact.agent} of ${day}` : `${fact.kind} of ${day}`;
}

function confounderInput(fact: Fact): InputTrace {
  if (fact.kind === 'transfusion') return transfusionInput(fact);
  return {
    says: confounderWords(fact),
    stated: selectStatedValue(fact),
    source: sourceOf(fact),
    conversion: null,
  };
}

/** How a count reads: `platelets <5 10*9/L on 2026-03-02`, and that it was corrected, or is an upper limit. */
export function countWords(count: Count): string {
  const { analyte, at } = count.fact;
  const { comparator, value } = count.measured;
  const amount = `${comparator ?? ''}${value} ${unitOf(analyte)}`;
  const first = count.confounders[0];
  const how =
    count.reading === 'upper-limit' ? 'an upper limit' : 'taken as it is, there is no better baseline';
  const flag = first ? `, confounded by ${confounderWords(first)}: ${how}` : '';
  const derived = count.fact.derived ? ', derived, not reported' : '';
  const changed = count.fact.status === 'final' ? '' : ` (${count.fact.status})`;
  return `${nameOf(analyte)} ${amount} on ${count.exact ? count.day : at.text}${changed}${derived}${flag}`;
}

const analyteUnit = (count: Count): string => unitOf(count.fact.analyte);

function contradictionWords(contradicted: readonly Contradiction[], unit: string): string {
  const said = contradicted.map(({ measured, method }) => {
    return `${measured.comparator ?? ''}${measured.value} ${unit} (${method})`;
  });
  return said.length > 0 ? `; the same collection is also reported as ${said.join(', ')}, not used` : '';
}

/** A count and whatever confounds it, as inputs of a criterion; nothing where there is no count. */
export function countInputs(count: Count | undefined, picture: Picture): readonly InputTrace[] {
  if (count === undefined) return [];
  const baseline = picture.name === 'baseline' ? ' (baseline)' : '';
  const { conversion } = count.fact.original;
  const { sources, contradicted = [] } = count.fact;
  const also = [...sources.slice(1), ...contradicted.map(({ source }) => source)];
  const own = {
    says: `${countWords(count)}${baseline}${contradictionWords(contradicted, analyteUnit(count))}`,
    stated: selectStatedValue(count.fact),
    source: sourceOf(count.fact),
    ...(also.length > 0 ? { also } : {}),
    conversion,
  };
  return [own, ...count.confounders.map(confounderInput)];
}

function withoutValueWords(picture: Picture, analyte: Analyte): string {
  const empty = picture.withoutValue.find((fact) => fact.analyte === analyte);
  if (empty === undefined) return '';
  return ` (the one of ${dayOf(empty.at) ?? empty.at.text} has no value: ${empty.absentReason ?? 'no reason given'})`;
}

/** What would settle a criterion that asks for this count, given the one that is there. */
export function missingCount(analyte: Analyte, count: Count | undefined, picture: Picture): string {
  const [from, to] = picture.searched;
  const when = from === to ? `on ${from}` : `between ${from} and ${to}`;
  if (count === undefined) return `a ${countName(analyte)} ${when}${withoutValueWords(picture, analyte)}`;
  const first = count.confounders[0];
  if (first)
    return `an unconfounded ${countName(analyte)} ${when} (${confounderWords(first)} confounds that of ${count.day})`;
  return `a ${countName(analyte)} ${when} with an exact value (it is ${count.measured.comparator ?? ''}${count.measured.value})`;
}

/** Sex and birth date as an input, without the date itself. */
export function personInputs(person: PersonFact | null): readonly InputTrace[] {
  if (person === null) return [];
  const says = `sex ${person.sex ?? 'not sent'}`;
  return [{ says, stated: selectStatedValue(person), source: sourceOf(person), conversion: null }];
}
