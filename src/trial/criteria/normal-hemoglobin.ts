import type { CriterionTrace, Verdict } from '../assessment.ts';
import { listPossibleAges } from '../calendar-days.ts';
import { buildCountInputs, buildPersonInputs, formatMissingCount } from './count-inputs.ts';
import type { HemoglobinNormalLimit } from './criteria-set.ts';
import { buildLeafTrace } from './kleene.ts';
import type { Situation } from './situation.ts';
import { compareToThreshold, parseThreshold, type ValueRange } from './value-range.ts';

const SEXES = ['male', 'female'] as const;

type Sex = (typeof SEXES)[number];

function selectNormalLimits(
  rows: readonly HemoglobinNormalLimit[],
  sex: Sex,
  ages: readonly number[] | null,
) {
  const limits = rows.filter((row) => row.sex === sex).sort((a, b) => b.fromAge - a.fromAge);
  if (ages === null) return limits;
  const found = ages.map((age) => limits.find((row) => age >= row.fromAge));
  return found.filter((row) => row !== undefined);
}

/** Derives the verdict on a haemoglobin whose limit is one of several; without a sex it can only be too low for all. */
function compareToLimits(range: ValueRange, thresholds: readonly string[], hasSex: boolean): Verdict {
  const verdicts = thresholds.map((threshold) => compareToThreshold(range, '>=', parseThreshold(threshold)));
  const [first = 'unknown', ...others] = verdicts;
  const isSame = others.every((other) => other === first);
  return isSame && (hasSex || first === 'false') ? first : 'unknown';
}

/**
 * Evaluates normal haemoglobin for age and sex. Without a birth date it is unknown, unless every possible age yields the same
 * verdict. Without a sex, or with one that the criteria have no limit for, it is unknown, unless it is below every limit:
 * 50 g/L is normal for nobody.
 */
export function evaluateNormalHemoglobin(
  rule: { readonly rows: readonly HemoglobinNormalLimit[] },
  situation: Situation,
): CriterionTrace {
  const { assessed, person } = situation;
  const count = assessed.counts.get('hemoglobin');
  const sex = SEXES.find((known) => known === person?.sex) ?? null;
  const inputs = [...buildCountInputs(count, assessed), ...buildPersonInputs(person)];
  const ages = listPossibleAges(person?.birthDate ?? null, assessed.day);
  const rows = (sex === null ? SEXES : [sex]).flatMap((one) => selectNormalLimits(rule.rows, one, ages));
  const thresholds = [...new Set(rows.map((row) => row.value))];
  const criterion = `haemoglobin >= ${thresholds.join(' or ')} g/L (normal for age and sex: ${sex ?? 'not known'})`;
  if (thresholds.length === 0)
    return buildLeafTrace(criterion, 'unknown', inputs, [
      'a normal haemoglobin for this age in the criteria',
    ]);
  const verdict = count ? compareToLimits(count.range, thresholds, sex !== null) : 'unknown';
  const missingOfPerson = listMissingOfPerson(sex, thresholds);
  const isCountMissing = count === undefined || missingOfPerson.length === 0;
  return buildLeafTrace(criterion, verdict, inputs, [
    ...missingOfPerson,
    ...(isCountMissing ? [formatMissingCount('hemoglobin', count, assessed)] : []),
  ]);
}

/** Lists what would leave one limit: the sex, else the birth date. */
function listMissingOfPerson(sex: Sex | null, thresholds: readonly string[]): readonly string[] {
  if (sex === null) return ['the sex of the subject'];
  return thresholds.length > 1 ? ['the birth date of the subject'] : [];
}
