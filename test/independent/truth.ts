/** Kleene's logic; `null` is unknown. */
export type Truth = boolean | null;

/** `at least n of these`: counted once as if every unknown part were false, and once as if every one were true. */
export function countAtLeast(n: number, parts: readonly Truth[]): Truth {
  const sure = parts.filter((part) => part === true).length;
  const possible = parts.filter((part) => part !== false).length;
  if (sure >= n) return true;
  return possible < n ? false : null;
}

export const isTrueForAll = (parts: readonly Truth[]): Truth => countAtLeast(parts.length, parts);

export const isTrueForAny = (parts: readonly Truth[]): Truth => countAtLeast(1, parts);

export const invertTruth = (truth: Truth): Truth => (truth === null ? null : !truth);

/** One answer from those of several possible worlds: they agree, or it is unknown. */
export function mergeWorlds(answers: readonly Truth[]): Truth {
  const [first = null] = answers;
  return answers.every((answer) => answer === first) ? first : null;
}
