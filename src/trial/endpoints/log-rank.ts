import { chiSquareP } from './distributions.ts';
import type { Followed } from './survival.ts';

export interface LogRank {
  readonly chiSquare: number;
  readonly p: number;
}

/**
 * The log-rank test of two groups (Mantel-Haenszel, hypergeometric variance, one degree of freedom). Null where no death
 * happened while both groups were at risk.
 */
export function logRank(first: readonly Followed[], second: readonly Followed[]): LogRank | null {
  const all = [...first, ...second];
  const times = new Set(all.filter(({ died }) => died).map(({ time }) => time));
  let difference = 0;
  let variance = 0;
  for (const time of times) {
    const atRisk = all.filter((one) => one.time >= time).length;
    const own = first.filter((one) => one.time >= time).length;
    const deaths = all.filter((one) => one.died && one.time === time).length;
    const ownDeaths = first.filter((one) => one.died && one.time === time).length;
    difference += ownDeaths - (deaths * own) / atRisk;
    if (atRisk > 1) {
      const share = own / atRisk;
      variance += (deaths * share * (1 - share) * (atRisk - deaths)) / (atRisk - 1);
    }
  }
  if (variance === 0) return null;
  const chiSquare = difference ** 2 / variance;
  return { chiSquare, p: chiSquareP(chiSquare) };
}
