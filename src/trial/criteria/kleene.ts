import type { CriterionInput, CriterionTrace, Verdict } from '../assessment.ts';

/** Combines verdicts by Kleene's and: false as soon as one is false, true where all are, else unknown. */
export function combineAll(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes('false')) return 'false';
  return verdicts.includes('unknown') ? 'unknown' : 'true';
}

/** Combines verdicts by Kleene's or: true as soon as one is true, false where all are false, else unknown. */
export function combineAny(verdicts: readonly Verdict[]): Verdict {
  return combineAtLeast(1, verdicts);
}

/**
 * Returns true where at least `least` verdicts are true, false where the unknown ones cannot reach that any more,
 * else unknown.
 */
export function combineAtLeast(least: number, verdicts: readonly Verdict[]): Verdict {
  const sure = verdicts.filter((verdict) => verdict === 'true').length;
  const open = verdicts.filter((verdict) => verdict === 'unknown').length;
  if (sure >= least) return 'true';
  return sure + open < least ? 'false' : 'unknown';
}

/** Builds the trace of a criterion without parts. `missing` is kept only where the verdict is unknown. */
export function buildLeafTrace(
  criterion: string,
  verdict: Verdict,
  inputs: readonly CriterionInput[],
  missing: readonly string[] = [],
): CriterionTrace {
  return { criterion, verdict, inputs, missing: verdict === 'unknown' ? missing : [], of: [] };
}

/**
 * Builds the trace of a criterion with parts. Where the verdict is unknown, `missing` collects the missing data of the
 * unknown parts; otherwise it is empty.
 */
export function buildBranchTrace(
  criterion: string,
  verdict: Verdict,
  of: readonly CriterionTrace[],
): CriterionTrace {
  const open = of.filter((part) => part.verdict === 'unknown').flatMap((part) => part.missing);
  return { criterion, verdict, inputs: [], missing: verdict === 'unknown' ? [...new Set(open)] : [], of };
}

/** Builds the trace of a criterion that only negates its one part or evaluates it at baseline. */
export function restatePart(
  criterion: string,
  verdict: Verdict,
  of: readonly CriterionTrace[],
): CriterionTrace {
  return { ...buildBranchTrace(criterion, verdict, of), restatesPart: true };
}
