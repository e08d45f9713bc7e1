import type { CriterionInput } from '../assessment.ts';
import { resolveDay } from '../calendar-days.ts';
import type { Analyte, Contradiction, Fact, PersonFact } from '../facts.ts';
import { selectStatedValue } from '../stated-value.ts';
import { getAnalyteName, getAnalyteUnit, getBloodProductName, getCountName } from './display-names.ts';
import { type BloodCount, getPrimarySource, type UsableCount } from './situation.ts';
import { buildTransfusionInput } from './transfusion-criteria.ts';

/** What confounds a count, in words: `platelet transfusion of 2026-03-02`, `filgrastim of 2026-03-02`. */
export function formatConfounder(fact: Fact): string {
  const day = resolveDay(fact.at) ?? fact.at.text;
  if (fact.kind === 'transfusion') return `${getBloodProductName(fact.component)} transfusion of ${day}`;
  return fact.kind === 'medication' ? `${fact.agent} of ${day}` : `${fact.kind} of ${day}`;
}

function buildConfounderInput(fact: Fact): CriterionInput {
  if (fact.kind === 'transfusion') return buildTransfusionInput(fact);
  return {
    says: formatConfounder(fact),
    stated: selectStatedValue(fact),
    source: getPrimarySource(fact),
    conversion: null,
  };
}

/** How a count reads: `platelets <5 10*9/L on 2026-03-02`, and that it was corrected, or is an upper limit. */
export function formatUsableCount(count: UsableCount): string {
  const { analyte, at } = count.fact;
  const { comparator, value } = count.measured;
  const amount = `${comparator ?? ''}${value} ${getAnalyteUnit(analyte)}`;
  const first = count.confounders[0];
  const how =
    count.reading === 'upper-limit' ? 'an upper limit' : 'taken as it is, there is no better baseline';
  const flag = first ? `, confounded by ${formatConfounder(first)}: ${how}` : '';
  const derived = count.fact.derived ? ', derived, not reported' : '';
  const changed = count.fact.status === 'final' ? '' : ` (${count.fact.status})`;
  return `${getAnalyteName(analyte)} ${amount} on ${count.isDayExact ? count.day : at.text}${changed}${derived}${flag}`;
}

const getCountUnit = (count: UsableCount): string => getAnalyteUnit(count.fact.analyte);

function formatContradictions(contradicted: readonly Contradiction[], unit: string): string {
  const said = contradicted.map(({ measured, method }) => {
    return `${measured.comparator ?? ''}${measured.value} ${unit} (${method})`;
  });
  return said.length > 0 ? `; the same collection is also reported as ${said.join(', ')}, not used` : '';
}

/** A count and whatever confounds it, as inputs of a criterion; nothing where there is no count. */
export function buildCountInputs(
  count: UsableCount | undefined,
  picture: BloodCount,
): readonly CriterionInput[] {
  if (count === undefined) return [];
  const baseline = picture.role === 'baseline' ? ' (baseline)' : '';
  const { conversion } = count.fact.original;
  const { sources, contradicted = [] } = count.fact;
  const also = [...sources.slice(1), ...contradicted.map(({ source }) => source)];
  const own = {
    says: `${formatUsableCount(count)}${baseline}${formatContradictions(contradicted, getCountUnit(count))}`,
    stated: selectStatedValue(count.fact),
    source: getPrimarySource(count.fact),
    ...(also.length > 0 ? { also } : {}),
    conversion,
  };
  return [own, ...count.confounders.map(buildConfounderInput)];
}

function formatAbsentResult(picture: BloodCount, analyte: Analyte): string {
  const empty = picture.resultsWithoutValue.find((fact) => fact.analyte === analyte);
  if (empty === undefined) return '';
  return ` (the one of ${resolveDay(empty.at) ?? empty.at.text} has no value: ${empty.absentReason ?? 'no reason given'})`;
}

/** What would settle a criterion that asks for this count, given the one that is there. */
export function formatMissingCount(
  analyte: Analyte,
  count: UsableCount | undefined,
  picture: BloodCount,
): string {
  const [from, to] = picture.searchedDays;
  const when = from === to ? `on ${from}` : `between ${from} and ${to}`;
  if (count === undefined) return `a ${getCountName(analyte)} ${when}${formatAbsentResult(picture, analyte)}`;
  const first = count.confounders[0];
  if (first)
    return `an unconfounded ${getCountName(analyte)} ${when} (${formatConfounder(first)} confounds that of ${count.day})`;
  return `a ${getCountName(analyte)} ${when} with an exact value (it is ${count.measured.comparator ?? ''}${count.measured.value})`;
}

/** Sex and birth date as an input, without the date itself. */
export function buildPersonInputs(person: PersonFact | null): readonly CriterionInput[] {
  if (person === null) return [];
  const says = `sex ${person.sex ?? 'not sent'}`;
  return [{ says, stated: selectStatedValue(person), source: getPrimarySource(person), conversion: null }];
}
