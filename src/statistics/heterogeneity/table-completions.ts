/** ln of the number of ways to choose k of n. */
export type LnChoose = (n: number, k: number) => number;

/**
 * What filling the groups from one on can add to the ln weight of a table (the product of the ways to choose the
 * responders of each group), by the number of responders left for these groups.
 */
export interface Completion {
  readonly least: readonly number[];
  readonly most: readonly number[];
  /** ln of the summed weights of all completions. */
  readonly all: readonly number[];
}

function prependGroup(next: Completion, of: number, length: number, lnChoose: LnChoose) {
  const least = new Array<number>(length).fill(Number.POSITIVE_INFINITY);
  const most = new Array<number>(length).fill(Number.NEGATIVE_INFINITY);
  for (let x = 0; x <= Math.min(of, length - 1); x += 1) {
    const own = lnChoose(of, x);
    const end = Math.min(length, x + next.least.length);
    for (let left = x; left < end; left += 1) {
      least[left] = Math.min(least[left] ?? 0, own + (next.least[left - x] ?? 0));
      most[left] = Math.max(most[left] ?? 0, own + (next.most[left - x] ?? 0));
    }
  }
  return { least, most };
}

/**
 * Tabulates the completions of a table of responders by group.
 *
 * @param sizes subjects of each group, in the order in which the groups are filled
 * @param total responders in all groups
 * @returns one entry more than groups: the k-th covers the groups from k on, the last one none
 * @example
 * tabulateCompletions([2, 1], 1, (n, k) => Math.log(k === 0 || k === n ? 1 : n)).map(({ most }) => most.at(-1)) // => [0.69315, 0, 0]
 */
export function tabulateCompletions(
  sizes: readonly number[],
  total: number,
  lnChoose: LnChoose,
): readonly Completion[] {
  let next: Completion = { least: [0], most: [0], all: [0] };
  let size = 0;
  const completions = sizes.toReversed().map((of) => {
    size += of;
    const length = Math.min(total, size) + 1;
    const all = Array.from({ length }, (_, left) => lnChoose(size, left));
    next = { ...prependGroup(next, of, length, lnChoose), all };
    return next;
  });
  return [...completions.reverse(), { least: [0], most: [0], all: [0] }];
}
