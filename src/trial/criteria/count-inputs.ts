import type { CriterionInput } from '../assessment.ts';
import { resolveDay } from '../calendar-days.ts';
import type { Analyte, Contradiction, Fact, PersonFact } from '../facts.ts';
import { formatMeasured } from '../format-measured.ts';
import { selectStatedValue } from '../stated-value.ts';
import { getAnalyteName, getAnalyteUnit, getBloodProductName, getCountName } from './display-names.ts';
import { type BloodCount, getPrimarySource, type UsableCount } from './situation.ts';
import { buildTransfusionInput } from './transfusion-criteria.ts';

/** Formats a confounder of a count: `platelet transfusion of 2026-03-02`, `filgrastim of 2026-03-02`. */
function formatConfounder(fact: Fact): string {
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

/** Formats a count: `platelets <5 10*9/L on 2026-03-02`, and whether it was corrected or is an upper limit. */
export function formatUsableCount(count: UsableCount): string {
  const { analyte, at } = count.fact;
  const amount = `${formatMeasured(count.measured)} ${getAnalyteUnit(analyte)}`;
  const first = count.confounders[0];
  const readingText =
    count.reading === 'upper-limit'
      ? 'an upper limit'
      : 'used as measured, there is no unconfounded baseline';
  const flag = first ? `, confounded by ${formatConfounder(first)}: ${readingText}` : '';
  const derived = count.fact.derived ? ', derived, not reported' : '';
  const unsettled = count.fact.unsettled ? ', the range of results that contradict each other' : '';
  const changed = count.fact.status === 'final' ? '' : ` (${count.fact.status})`;
  return `${getAnalyteName(analyte)} ${amount} on ${count.isDayExact ? count.day : at.text}${changed}${derived}${unsettled}${flag}`;
}

const getCountUnit = (count: UsableCount): string => getAnalyteUnit(count.fact.analyte);

function formatContradictions(contradicted: readonly Contradiction[], unit: string): string {
  const statements = contradicted.map(({ measured, method }) => {
    return `${formatMeasured(measured)} ${unit} (${method})`;
  });
  return statements.length > 0
    ? `; the same collection is also reported as ${statements.join(', ')}, not used`
    : '';
}

/** Builds the inputs of a criterion from a count and its confounders; none where there is no count. */
export function buildCountInputs(
  count: UsableCount | undefined,
  bloodCount: BloodCount,
): readonly CriterionInput[] {
  if (count === undefined) return [];
  const baseline = bloodCount.role === 'baseline' ? ' (baseline)' : '';
  const { conversion } = count.fact.original;
  const { sources, contradicted = [] } = count.fact;
  const also = [...sources.slice(1), ...contradicted.map(({ source }) => source)];
  const input = {
    says: `${formatUsableCount(count)}${baseline}${formatContradictions(contradicted, getCountUnit(count))}`,
    stated: selectStatedValue(count.fact),
    source: getPrimarySource(count.fact),
    ...(also.length > 0 ? { also } : {}),
    conversion,
  };
  return [input, ...count.confounders.map(buildConfounderInput)];
}

function formatAbsentResult(bloodCount: BloodCount, analyte: Analyte): string {
  const empty = bloodCount.resultsWithoutValue.find((fact) => fact.analyte === analyte);
  if (empty === undefined) return '';
  return ` (the one of ${resolveDay(empty.at) ?? empty.at.text} has no value: ${empty.absentReason ?? 'no reason given'})`;
}

/** Formats the count that would decide a criterion, given the one that is available. */
export function formatMissingCount(
  analyte: Analyte,
  count: UsableCount | undefined,
  bloodCount: BloodCount,
): string {
  const [from, to] = bloodCount.searchedDays;
  const when = from === to ? `on ${from}` : `between ${from} and ${to}`;
  if (count === undefined)
    return `a ${getCountName(analyte)} ${when}${formatAbsentResult(bloodCount, analyte)}`;
  const first = count.confounders[0];
  if (first)
    return `an unconfounded ${getCountName(analyte)} ${when} (${formatConfounder(first)} confounds that of ${count.day})`;
  return `a ${getCountName(analyte)} ${when} with an exact value (it is ${formatMeasured(count.measured)})`;
}

/** Builds an input from sex and birth date, without the date itself. */
export function buildPersonInputs(person: PersonFact | null): readonly CriterionInput[] {
  if (person === null) return [];
  const says = `sex ${person.sex ?? 'not sent'}`;
  return [{ says, stated: selectStatedValue(person), source: getPrimarySource(person), conversion: null }];
}
