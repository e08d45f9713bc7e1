import type { CriterionTrace, Verdict } from '../assessment.ts';
import { buildCountInputs, formatMissingCount } from './count-inputs.ts';
import type { CriteriaSet, Criterion, Operator } from './criteria-set.ts';
import { resolveDefinition } from './definition-references.ts';
import { getAnalyteName, getAnalyteUnit, getCountName } from './display-names.ts';
import {
  buildBranchTrace,
  buildLeafTrace,
  combineAll,
  combineAny,
  combineAtLeast,
  restatePart,
} from './kleene.ts';
import { evaluateNormalHemoglobin } from './normal-hemoglobin.ts';
import type { Situation, UsableCount } from './situation.ts';
import {
  evaluateDependence,
  evaluateFewerUnits,
  evaluateIndependence,
  evaluateOnEachDay,
} from './transfusion-criteria.ts';
import {
  compareToThreshold,
  isZeroRange,
  multiplyRange,
  negateVerdict,
  parseThreshold,
  subtractRanges,
  type ValueRange,
} from './value-range.ts';

type CriterionOfKind<K extends Criterion['kind']> = Extract<Criterion, { kind: K }>;

/** Where a criterion is written: its own set, and all sets that it can refer to. */
interface DefinitionScope {
  readonly ownSet: CriteriaSet;
  readonly sets: ReadonlyMap<string, CriteriaSet>;
}

function selectThreshold(rule: CriterionOfKind<'count'>, count: UsableCount | undefined): string | undefined {
  if (rule.cut.kind === 'one') return rule.cut.value;
  return rule.cut.values[count?.fact.method ?? 'unspecified'];
}

function evaluateCount(rule: CriterionOfKind<'count'>, situation: Situation): CriterionTrace {
  const { assessed } = situation;
  const count = assessed.counts.get(rule.analyte);
  const threshold = selectThreshold(rule, count);
  const method = rule.cut.kind === 'by-method' && count ? ` (${count.fact.method} count)` : '';
  const criterion = `${getAnalyteName(rule.analyte)} ${rule.op} ${threshold ?? 'no threshold'} ${getAnalyteUnit(rule.analyte)}${method}`;
  const verdict =
    count && threshold !== undefined
      ? compareToThreshold(count.range, rule.op, parseThreshold(threshold))
      : 'unknown';
  return buildLeafTrace(criterion, verdict, buildCountInputs(count, assessed), [
    formatMissingCount(rule.analyte, count, assessed),
  ]);
}

/**
 * Selects the values that the baseline can have for a change. A confounded baseline can only be too high: a rise above it
 * is at least that rise, so it is used as measured; a fall below it may be none, so there it is an upper limit.
 */
function selectBaselineRange(
  op: Operator,
  baseline: UsableCount,
  limit: UsableCount | undefined,
): ValueRange {
  const isFall = op === '<' || op === '<=';
  return isFall && limit ? limit.range : baseline.range;
}

function compareChange(
  rule: CriterionOfKind<'change'>,
  current: UsableCount,
  baseline: UsableCount,
  limit: UsableCount | undefined,
): Verdict {
  const value = parseThreshold(rule.value);
  const baselineRange = selectBaselineRange(rule.op, baseline, limit);
  if (rule.by === 'amount')
    return compareToThreshold(subtractRanges(current.range, baselineRange), rule.op, value);
  // A multiple of 0 is undefined, so the rule cannot be met.
  if (isZeroRange(baseline.range)) return 'unknown';
  return compareToThreshold(
    subtractRanges(current.range, multiplyRange(baselineRange, value)),
    rule.op,
    parseThreshold('0'),
  );
}

/** Whether a count is one exact value, so that another result would decide nothing more. */
function hasExactValue(count: UsableCount | undefined): boolean {
  return count !== undefined && count.range.high !== null && count.range.low.eq(count.range.high);
}

function evaluateChange(rule: CriterionOfKind<'change'>, situation: Situation): CriterionTrace {
  const { analyte, op, value } = rule;
  const current = situation.assessed.counts.get(analyte);
  const baseline = situation.baseline.counts.get(analyte);
  const more = value === '0' ? '' : ` + ${value} ${getAnalyteUnit(analyte)}`;
  const reference = rule.by === 'amount' ? `baseline${more}` : `${value} × baseline`;
  const inputs = [
    ...buildCountInputs(current, situation.assessed),
    ...buildCountInputs(baseline, situation.baseline),
  ];
  const limit = situation.baselineLimits.counts.get(analyte);
  const verdict = current && baseline ? compareChange(rule, current, baseline, limit) : 'unknown';
  const missing: string[] = [];
  if (!hasExactValue(current)) missing.push(formatMissingCount(analyte, current, situation.assessed));
  if (!hasExactValue(baseline)) missing.push(formatMissingCount(analyte, baseline, situation.baseline));
  if (baseline && rule.by === 'factor' && isZeroRange(baseline.range)) {
    missing.push(`a baseline ${getCountName(analyte)} above 0 (a multiple of 0 is undefined)`);
  }
  return buildLeafTrace(`${getAnalyteName(analyte)} ${op} ${reference}`, verdict, inputs, missing);
}

function evaluateReference(
  rule: CriterionOfKind<'ref'>,
  situation: Situation,
  scope: DefinitionScope,
  depth: number,
): CriterionTrace {
  const found = resolveDefinition(rule, scope.ownSet, scope.sets);
  const name = rule.set === null ? rule.name : `${rule.set}#${rule.name}`;
  // A definition that refers back to itself would never end; a checked library has none.
  if (found === undefined || depth > 20)
    return buildLeafTrace(name, 'unknown', [], [`a definition of ${name}`]);
  return evaluateAtDepth(found.expression, situation, { ...scope, ownSet: found.home }, depth + 1);
}

/** Criteria as data, formatted once: a set is evaluated for thousands of counts. */
const formattedRules = new WeakMap<Criterion, string>();

/** Formats a criterion without its wording and without the rows of normal values. */
function formatRule(rule: Criterion): string {
  const known = formattedRules.get(rule);
  if (known !== undefined) return known;
  const { says: _, ...content } = rule;
  const formatted = JSON.stringify({ ...content, rows: undefined });
  formattedRules.set(rule, formatted);
  return formatted;
}

const withRule = (rule: Criterion, trace: CriterionTrace): CriterionTrace => ({
  ...trace,
  rule: formatRule(rule),
});

function evaluateAtDepth(
  rule: Criterion,
  situation: Situation,
  scope: DefinitionScope,
  depth: number,
): CriterionTrace {
  switch (rule.kind) {
    case 'count':
      return withRule(rule, evaluateCount(rule, situation));
    case 'change':
      return withRule(rule, evaluateChange(rule, situation));
    case 'normal-hemoglobin':
      return withRule(rule, evaluateNormalHemoglobin(rule, situation));
    case 'transfusion-independent':
      return withRule(
        rule,
        evaluateOnEachDay(situation, (onDay) => evaluateIndependence(rule, onDay)),
      );
    case 'transfusion-dependent':
      return withRule(
        rule,
        evaluateOnEachDay(situation, (onDay) => evaluateDependence(rule, onDay)),
      );
    case 'fewer-units':
      return withRule(
        rule,
        evaluateOnEachDay(situation, (onDay) => evaluateFewerUnits(rule, onDay)),
      );
    case 'at-baseline':
      return applyLabel(rule, evaluateAtBaseline(rule, situation, scope, depth));
    case 'ref':
      return applyLabel(rule, evaluateReference(rule, situation, scope, depth));
    default:
      return applyLabel(rule, evaluateParts(rule, situation, scope, depth));
  }
}

/**
 * Evaluates a criterion at baseline: once for each subject, for any number of counts. A confounded baseline count is an upper
 * limit: whether it was below 90 g/L is open where a transfusion may have raised it to 95.
 */
function evaluateAtBaseline(
  rule: CriterionOfKind<'at-baseline'>,
  situation: Situation,
  scope: DefinitionScope,
  depth: number,
): CriterionTrace {
  const { baselineTraces } = situation;
  const known = baselineTraces.get(rule);
  if (known) return known;
  const before = { ...situation, assessed: situation.baselineLimits };
  const part = evaluateAtDepth(rule.of[0], before, scope, depth);
  const trace = restatePart(`before the first infusion: ${part.criterion}`, part.verdict, [part]);
  baselineTraces.set(rule, trace);
  return trace;
}

function evaluateParts(
  rule: CriterionOfKind<'all' | 'any' | 'at-least' | 'not'>,
  situation: Situation,
  scope: DefinitionScope,
  depth: number,
): CriterionTrace {
  const parts = rule.of.map((part) => evaluateAtDepth(part, situation, scope, depth));
  const verdicts = parts.map((part) => part.verdict);
  const only = verdicts[0] ?? 'unknown';
  switch (rule.kind) {
    case 'all':
      return buildBranchTrace('all of', combineAll(verdicts), parts);
    case 'any':
      return buildBranchTrace('any one of', combineAny(verdicts), parts);
    case 'at-least':
      return buildBranchTrace(
        `at least ${rule.least} of ${parts.length}`,
        combineAtLeast(rule.least, verdicts),
        parts,
      );
    case 'not':
      return restatePart(`not (${parts[0]?.criterion ?? ''})`, negateVerdict(only), parts);
  }
}

function applyLabel(rule: Criterion, trace: CriterionTrace): CriterionTrace {
  if (rule.says === null) return trace;
  const { restatesPart: _, ...labelled } = trace;
  return { ...labelled, criterion: rule.says };
}

/**
 * Evaluates a criterion in a subject's situation in three-valued (Kleene) logic, with the reasons: a tree that
 * mirrors the criterion, with the inputs of each leaf, and what is missing where the verdict is unknown. Missing data
 * are never read as zero and never become a response.
 */
export function evaluateCriterion(
  rule: Criterion,
  situation: Situation,
  scope: DefinitionScope,
): CriterionTrace {
  return evaluateAtDepth(rule, situation, scope, 0);
}
