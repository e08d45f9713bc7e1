import type { Criterion, Threshold } from './criteria-set.ts';
import { getAnalyteName, getAnalyteUnit, getBloodProductName } from './display-names.ts';

/** A criterion in words, with its parts below it, without reference to a subject. */
export interface CriterionDescription {
  readonly says: string;
  readonly of: readonly CriterionDescription[];
}

type CriterionOfKind<K extends Criterion['kind']> = Extract<Criterion, { kind: K }>;

const describeWithoutParts = (says: string): CriterionDescription => ({ says, of: [] });

function formatThreshold(threshold: Threshold): string {
  if (threshold.kind === 'one') return threshold.value;
  return Object.entries(threshold.values)
    .map(([method, value]) => `${value} (${method})`)
    .join(' or ');
}

function formatCountCriterion({ analyte, op, cut }: CriterionOfKind<'count'>): string {
  return `${getAnalyteName(analyte)} ${op} ${formatThreshold(cut)} ${getAnalyteUnit(analyte)}`;
}

function formatChangeCriterion({ analyte, op, by, value }: CriterionOfKind<'change'>): string {
  if (by === 'factor') return `${getAnalyteName(analyte)} ${op} ${value} × baseline`;
  const more = value === '0' ? '' : ` + ${value} ${getAnalyteUnit(analyte)}`;
  return `${getAnalyteName(analyte)} ${op} baseline${more}`;
}

function describeNormalHemoglobin({ rows }: CriterionOfKind<'normal-hemoglobin'>): CriterionDescription {
  const of = rows.map(({ sex, fromAge, value }) =>
    describeWithoutParts(`${sex}, from ${fromAge} years: >= ${value} ${getAnalyteUnit('hemoglobin')}`),
  );
  return { says: 'haemoglobin normal for age and sex', of };
}

function formatIndependenceCriterion({
  components,
  days,
  afterStart,
}: CriterionOfKind<'transfusion-independent'>): string {
  const products = components.map(getBloodProductName).join(' or ');
  const within = days === null ? 'the number of days in the protocol' : `${days} days`;
  return `no ${products} transfusion in ${within}${afterStart ? ', all after the first infusion' : ''}`;
}

function formatDependenceCriterion({ components }: CriterionOfKind<'transfusion-dependent'>): string {
  const products = components.map(getBloodProductName).join(' or ');
  return `dependent on ${products} transfusions: the units and days in the protocol`;
}

function formatFewerUnitsCriterion({ units, component, days }: CriterionOfKind<'fewer-units'>): string {
  return `at least ${units} ${getBloodProductName(component)} units fewer in ${days} days than before the first infusion`;
}

const COMBINATION_WORDS = {
  all: 'all of',
  any: 'any one of',
  not: 'not',
  'at-baseline': 'before the first infusion',
};

function describeByKind(rule: Criterion): CriterionDescription {
  switch (rule.kind) {
    case 'count':
      return describeWithoutParts(formatCountCriterion(rule));
    case 'change':
      return describeWithoutParts(formatChangeCriterion(rule));
    case 'normal-hemoglobin':
      return describeNormalHemoglobin(rule);
    case 'transfusion-independent':
      return describeWithoutParts(formatIndependenceCriterion(rule));
    case 'transfusion-dependent':
      return describeWithoutParts(formatDependenceCriterion(rule));
    case 'fewer-units':
      return describeWithoutParts(formatFewerUnitsCriterion(rule));
    case 'ref':
      return describeWithoutParts(
        `as defined: ${rule.set === null ? rule.name : `${rule.set}#${rule.name}`}`,
      );
    case 'at-least':
      return { says: `at least ${rule.least} of ${rule.of.length}`, of: rule.of.map(describeCriterion) };
    default:
      return { says: COMBINATION_WORDS[rule.kind], of: rule.of.map(describeCriterion) };
  }
}

/**
 * Describes a criterion as a haematologist reads it: operators and thresholds as they are, and its own words where it
 * has any.
 */
export function describeCriterion(rule: Criterion): CriterionDescription {
  const description = describeByKind(rule);
  if (rule.says === null) return description;
  return description.of.length > 0
    ? { says: `${rule.says}: ${description.says}`, of: description.of }
    : { says: rule.says, of: [description] };
}
