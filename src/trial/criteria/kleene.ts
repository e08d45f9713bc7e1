import type { InputTrace, Trace, Verdict } from '../assessment.ts';

/** Kleene's and: false as soon as one is false, true where all are, else unknown. */
export function allOf(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes('false')) return 'false';
  return verdicts.includes('unknown') ? 'unknown' : 'true';
}

/** Kleene's or: true as soon as one is true, false where all are, else unknown. */
export function anyOf(verdicts: readonly Verdict[]): Verdict {
  return atLeastOf(1, verdicts);
}

/** At least `least` true: decided as soon as the unknown ones cannot change it any more. */
export function atLeastOf(least: number, verdicts: readonly Verdict[]): Verdict {
  const sure = verdicts.filter((verdict) => verdict === 'true').length;
  const open = verdicts.filter((verdict) => verdict === 'unknown').length;
  if (sure >= least) return 'true';
  return sure + open < least ? 'false' : 'unknown';
}

/** A criterion without parts. What is missing is kept only where the verdict is unknown. */
export function leaf(
  criterion: string,
  verdict: Verdict,
  inputs: readonly InputTrace[],
  missing: readonly string[] = [],
): Trace {
  return { criterion, verdict, inputs, missing: verdict === 'unknown' ? missing : [], of: [] };
}

/** A criterion made of parts: what is missing is what its unknown parts miss, and nothing once it is decided. */
export function branch(criterion: string, verdict: Verdict, of: readonly Trace[]): Trace {
  const open = of.filter((part) => part.verdict === 'unknown').flatMap((part) => part.missing);
  return { criterion, verdict, inputs: [], missing: verdict === 'unknown' ? [...new Set(open)] : [], of };
}

/** A criterion whose words are those of its only part, negated or asked of the baseline. */
export function restate(criterion: string, verdict: Verdict, of: readonly Trace[]): Trace {
  return { ...branch(criterion, verdict, of), restatesPart: true };
}
