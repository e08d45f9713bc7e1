import type { Trace, Verdict } from '../assessment.ts';
import { agesOn } from '../days.ts';
import { countInputs, missingCount, personInputs } from './count-inputs.ts';
import type { CriteriaSet, Expression, NormalRow } from './criteria-set.ts';
import { allOf, anyOf, atLeastOf, branch, leaf, restate } from './kleene.ts';
import type { Count, Situation } from './picture.ts';
import { compare, difference, isZero, limit, negate, times } from './range.ts';
import { definitionOf } from './references.ts';
import { judgeFewerUnits, judgeIndependence } from './transfusions.ts';
import { countName, nameOf, unitOf } from './words.ts';

type Of<K extends Expression['kind']> = Extract<Expression, { kind: K }>;

/** Where a criterion is written: its own set, and all sets that it may refer to. */
export interface Home {
  readonly set: CriteriaSet;
  readonly sets: ReadonlyMap<string, CriteriaSet>;
}

function cutFor(rule: Of<'count'>, count: Count | undefined): string | undefined {
  if (rule.cut.kind === 'one') return rule.cut.value;
  return rule.cut.values[count?.fact.method ?? 'unspecified'];
}

function judgeCount(rule: Of<'count'>, situation: Situation): Trace {
  const { now } = situation;
  const count = now.counts.get(rule.analyte);
  const cut = cutFor(rule, count);
  const method = rule.cut.kind === 'by-method' && count ? ` (${count.fact.method} count)` : '';
  const criterion = `${nameOf(rule.analyte)} ${rule.op} ${cut ?? 'no cut'} ${unitOf(rule.analyte)}${method}`;
  const verdict = count && cut !== undefined ? compare(count.range, rule.op, limit(cut)) : 'unknown';
  return leaf(criterion, verdict, countInputs(count, now), [missingCount(rule.analyte, count, now)]);
}

function changeVerdict(rule: Of<'change'>, now: Count, before: Count): Verdict {
  const value = limit(rule.value);
  if (rule.by === 'amount') return compare(difference(now.range, before.range), rule.op, value);
  // A multiple of nothing is nothing: the rule is undefined, not met.
  if (isZero(before.range)) return 'unknown';
  return compare(difference(now.range, times(before.range, value)), rule.op, limit('0'));
}

/** Whether a count is one value, so that another one would settle nothing more. */
function isExact(count: Count | undefined): boolean {
  return count !== undefined && count.range.high !== null && count.range.low.eq(count.range.high);
}

function judgeChange(rule: Of<'change'>, situation: Situation): Trace {
  const { analyte, op, value } = rule;
  const now = situation.now.counts.get(analyte);
  const before = situation.baseline.counts.get(analyte);
  const more = value === '0' ? '' : ` + ${value} ${unitOf(analyte)}`;
  const what = rule.by === 'amount' ? `baseline${more}` : `${value} × baseline`;
  const inputs = [...countInputs(now, situation.now), ...countInputs(before, situation.baseline)];
  const verdict = now && before ? changeVerdict(rule, now, before) : 'unknown';
  const missing: string[] = [];
  if (!isExact(now)) missing.push(missingCount(analyte, now, situation.now));
  if (!isExact(before)) missing.push(missingCount(analyte, before, situation.baseline));
  if (before && rule.by === 'factor' && isZero(before.range)) {
    missing.push(`a baseline ${countName(analyte)} above 0 (a multiple of 0 is undefined)`);
  }
  return leaf(`${nameOf(analyte)} ${op} ${what}`, verdict, inputs, missing);
}

function rowsFor(rows: readonly NormalRow[], sex: 'male' | 'female', ages: readonly number[] | null) {
  const own = rows.filter((row) => row.sex === sex).sort((a, b) => b.fromAge - a.fromAge);
  if (ages === null) return own;
  const found = ages.map((age) => own.find((row) => age >= row.fromAge));
  return found.filter((row) => row !== undefined);
}

/** Normal for age and sex: unknown without a sex; without a birth date only where every age would say the same. */
function judgeNormal(rule: Of<'normal-hemoglobin'>, situation: Situation): Trace {
  const { now, person } = situation;
  const count = now.counts.get('hemoglobin');
  const sex = person?.sex === 'male' || person?.sex === 'female' ? person.sex : null;
  const inputs = [...countInputs(count, now), ...personInputs(person)];
  if (sex === null)
    return leaf('haemoglobin normal for age and sex', 'unknown', inputs, ['the sex of the subject']);
  const rows = rowsFor(rule.rows, sex, agesOn(person?.birthDate ?? null, now.day));
  const cuts = [...new Set(rows.map((row) => row.value))];
  const criterion = `haemoglobin >= ${cuts.join(' or ')} g/L (normal for age and sex: ${sex})`;
  if (cuts.length === 0)
    return leaf(criterion, 'unknown', inputs, ['a normal haemoglobin for this age in the criteria']);
  if (count === undefined)
    return leaf(criterion, 'unknown', inputs, [missingCount('hemoglobin', count, now)]);
  const verdicts = cuts.map((cut) => compare(count.range, '>=', limit(cut)));
  const verdict = verdicts.every((one) => one === verdicts[0]) ? (verdicts[0] ?? 'unknown') : 'unknown';
  const missing =
    cuts.length > 1 ? ['the birth date of the subject'] : [missingCount('hemoglobin', count, now)];
  return leaf(criterion, verdict, inputs, missing);
}

function judgeRef(rule: Of<'ref'>, situation: Situation, home: Home, depth: number): Trace {
  const found = definitionOf(rule, home.set, home.sets);
  const name = rule.set === null ? rule.name : `${rule.set}#${rule.name}`;
  // A definition that leads back to itself would never end; a checked library has none.
  if (found === undefined || depth > 20) return leaf(name, 'unknown', [], [`a definition of ${name}`]);
  return judge(found.expression, situation, { ...home, set: found.home }, depth + 1);
}

function judge(rule: Expression, situation: Situation, home: Home, depth: number): Trace {
  switch (rule.kind) {
    case 'count':
      return judgeCount(rule, situation);
    case 'change':
      return judgeChange(rule, situation);
    case 'normal-hemoglobin':
      return judgeNormal(rule, situation);
    case 'transfusion-independent':
      return judgeIndependence(rule, situation);
    case 'fewer-units':
      return judgeFewerUnits(rule, situation);
    case 'at-baseline':
      return labelled(rule, judgeBefore(rule, situation, home, depth));
    case 'ref':
      return labelled(rule, judgeRef(rule, situation, home, depth));
    default:
      return labelled(rule, judgeParts(rule, situation, home, depth));
  }
}

/** A criterion asked of the baseline: once for each subject, whatever the number of counts. */
function judgeBefore(rule: Of<'at-baseline'>, situation: Situation, home: Home, depth: number): Trace {
  const { askedOfBaseline } = situation;
  const known = askedOfBaseline.get(rule);
  if (known) return known;
  const part = judge(rule.of[0], { ...situation, now: situation.baseline }, home, depth);
  const trace = restate(`before the first infusion: ${part.criterion}`, part.verdict, [part]);
  askedOfBaseline.set(rule, trace);
  return trace;
}

function judgeParts(
  rule: Of<'all' | 'any' | 'at-least' | 'not'>,
  situation: Situation,
  home: Home,
  depth: number,
): Trace {
  const parts = rule.of.map((part) => judge(part, situation, home, depth));
  const verdicts = parts.map((part) => part.verdict);
  const only = verdicts[0] ?? 'unknown';
  switch (rule.kind) {
    case 'all':
      return branch('all of', allOf(verdicts), parts);
    case 'any':
      return branch('any one of', anyOf(verdicts), parts);
    case 'at-least':
      return branch(`at least ${rule.least} of ${parts.length}`, atLeastOf(rule.least, verdicts), parts);
    case 'not':
      return restate(`not so: ${parts[0]?.criterion ?? ''}`, negate(only), parts);
  }
}

function labelled(rule: Expression, trace: Trace): Trace {
  if (rule.says === null) return trace;
  const { restatesPart: _, ...labelled } = trace;
  return { ...labelled, criterion: rule.says };
}

/**
 * Holds a criterion against a subject's situation, in three-valued (Kleene) logic, and says why: a tree that mirrors the
 * criterion, with the inputs of each leaf, and what is missing where the verdict is unknown. Missing data is never read
 * as zero and never becomes a response.
 */
export function evaluate(rule: Expression, situation: Situation, home: Home): Trace {
  return judge(rule, situation, home, 0);
}
