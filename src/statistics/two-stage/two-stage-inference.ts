import { findRoot } from '../find-root.ts';
import type { ProportionLimits } from '../proportion-limits.ts';
import { tabulateBinomial, tabulateUpperTail } from './binomial-table.ts';
import { computeLateTail, type TwoStageDesign } from './simon-design.ts';

/**
 * Computes the probability of a result at least as extreme, by stage: a trial that goes on is more extreme than one that
 * stops, and of trials that end at the same stage the one with more responders is.
 *
 * @param responders of the first stage where it stopped, else of all; from 0
 */
function computeExtremity({ n1, r1, n }: TwoStageDesign, responders: number, p: number): number {
  const first = tabulateBinomial(n1, p);
  if (responders <= r1) return tabulateUpperTail(first)[responders] ?? 0;
  return computeLateTail(first, tabulateUpperTail(tabulateBinomial(n - n1, p)), r1, responders);
}

/**
 * Computes the p of a finished two-stage trial against `response rate ≤ p0`. With the design carried out as planned, the
 * number of responders tells the stage: at most `r1` means that the trial stopped. A p that ignores the design (as of a
 * trial of n subjects) is too large after two stages. Sources: Jung et al., J Biopharm Stat 2006;16:765; Koyama and Chen,
 * Stat Med 2008;27:3145.
 *
 * @param responders of the first stage where it stopped, else of all
 * @returns a probability; where `r` is the smallest that keeps the type I error at alpha, it is at most alpha if and only
 * if more than `r` responded
 * @example
 * computeTwoStageP({ n1: 9, r1: 0, n: 17, r: 2 }, 3, 0.05) // => 0.0466
 * computeTwoStageP({ n1: 9, r1: 0, n: 17, r: 2 }, 0, 0.05) // => 1
 */
export function computeTwoStageP(design: TwoStageDesign, responders: number, p0: number): number {
  return computeExtremity(design, responders, p0);
}

/**
 * Computes exact confidence limits of the response rate after a two-stage trial: those at which the probability of a
 * result at least (or at most) as extreme is half of `1 - level`. Source: Jung and Kim, Stat Med 2004;23:881.
 *
 * @param responders of the first stage where it stopped, else of all
 * @param level confidence level, such as 0.95
 * @returns limits as proportions; 0 is the lower limit of no responder and 1 the upper limit of all
 * @example
 * computeTwoStageLimits({ n1: 9, r1: 0, n: 17, r: 2 }, 3, 0.9) // => [0.05144, 0.40062]
 */
export function computeTwoStageLimits(
  design: TwoStageDesign,
  responders: number,
  level: number,
): ProportionLimits {
  const tail = (1 - level) / 2;
  const low = responders === 0 ? 0 : findRoot((p) => computeExtremity(design, responders, p) - tail, 0, 1);
  const high = findRoot((p) => computeExtremity(design, responders + 1, p) - (1 - tail), 0, 1);
  return [low, high];
}
