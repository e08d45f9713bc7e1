import { tabulateBinomial, tabulateUpperTail } from './binomial-table.ts';
import { computeLateTail, type TwoStageDesign } from './simon-design.ts';

/** A design that meets the requirements. */
interface FoundDesign extends TwoStageDesign {
  /** The expected number of subjects at p0. */
  readonly expectedSize: number;
}

/** Distributions of the responders among 0 to the most subjects, and their upper tails, at one response rate. */
interface RateTables {
  readonly masses: readonly (readonly number[])[];
  readonly tails: readonly (readonly number[])[];
}

/** The tables at both rates, and the errors that the trial may make. */
interface DesignSearch {
  readonly atP0: RateTables;
  readonly atP1: RateTables;
  readonly alpha: number;
  readonly beta: number;
}

function tabulateRate(p: number, maxSize: number): RateTables {
  const masses = Array.from({ length: maxSize + 1 }, (_, n) => tabulateBinomial(n, p));
  return { masses, tails: masses.map(tabulateUpperTail) };
}

/** Computes the probability that the trial does not stop and more than `r` respond. */
const computeRejection = ({ masses, tails }: RateTables, { n1, r1, n, r }: TwoStageDesign): number =>
  computeLateTail(masses[n1] ?? [], tails[n - n1] ?? [], r1, r + 1);

/** Computes the probability that at most `r1` of the first stage respond. */
const computeStop = ({ tails }: RateTables, n1: number, r1: number): number => 1 - (tails[n1]?.[r1 + 1] ?? 0);

/**
 * Lists the designs of given stages that meet the requirements, each with the smallest `r` that keeps the type I error.
 * A higher `r1` only lowers that error, so `r` only comes down; a trial of one stage gives its highest value.
 */
function listDesigns(
  { atP0, atP1, alpha, beta }: DesignSearch,
  n1: number,
  n: number,
): readonly FoundDesign[] {
  const designs: FoundDesign[] = [];
  let r = (atP0.tails[n] ?? []).findIndex((tail) => tail <= alpha) - 1;
  for (let r1 = 0; r1 < n1 && r1 <= r && computeStop(atP1, n1, r1) <= beta; r1 += 1) {
    while (r > r1 && computeRejection(atP0, { n1, r1, n, r: r - 1 }) <= alpha) r -= 1;
    const design = { n1, r1, n, r };
    if (computeRejection(atP1, design) >= 1 - beta)
      designs.push({ ...design, expectedSize: n1 + (1 - computeStop(atP0, n1, r1)) * (n - n1) });
  }
  return designs;
}

const selectSmallest = (designs: readonly FoundDesign[]): FoundDesign | null =>
  designs.reduce<FoundDesign | null>(
    (best, design) => (best === null || design.expectedSize < best.expectedSize ? design : best),
    null,
  );

/**
 * Finds Simon's two-stage designs for a response rate: the optimal one has the smallest expected size at p0, the minimax
 * one the smallest size, and of those the smallest expected size. Source: Simon, Control Clin Trials 1989;10:1.
 *
 * @param p0 the response rate that is not worth pursuing
 * @param p1 the response rate that is, above p0
 * @param alpha largest probability to accept the treatment at p0
 * @param beta largest probability to reject it at p1
 * @param maxSize most subjects that are searched; the optimal design is that up to this size
 * @returns null where no design up to `maxSize` meets the requirements
 * @example
 * findTwoStageDesigns(0.05, 0.25, 0.05, 0.2, 40).optimal // => {"n1":9,"r1":0,"n":17,"r":2,"expectedSize":11.958}
 * findTwoStageDesigns(0.05, 0.25, 0.05, 0.2, 10) // => null
 */
export function findTwoStageDesigns(
  p0: number,
  p1: number,
  alpha: number,
  beta: number,
  maxSize: number,
): { readonly optimal: FoundDesign; readonly minimax: FoundDesign } | null {
  const search = { atP0: tabulateRate(p0, maxSize), atP1: tabulateRate(p1, maxSize), alpha, beta };
  let minimax: FoundDesign | null = null;
  const smallest: FoundDesign[] = [];
  for (let n = 2; n <= maxSize; n += 1) {
    const designs = Array.from({ length: n - 1 }, (_, i) => listDesigns(search, i + 1, n)).flat();
    const best = selectSmallest(designs);
    minimax ??= best;
    if (best !== null) smallest.push(best);
  }
  const optimal = selectSmallest(smallest);
  return optimal && minimax && { optimal, minimax };
}
