import { chiSquareP } from './distributions.ts';
import { type Followed, riskTable } from './survival.ts';

export interface LogRank {
  readonly chiSquare: number;
  readonly p: number;
}

/**
 * The log-rank test of two groups (Mantel-Haenszel, hypergeometric variance, one degree of freedom). Null where no death
 * happened while both groups were at risk.
 */
export function logRank(first: readonly Followed[], second: readonly Followed[]): LogRank | null {
  const own = riskTable(first);
  let difference = 0;
  let variance = 0;
  let place = 0;
  for (const { time, atRisk, deaths } of riskTable([...first, ...second])) {
    while ((own[place]?.time ?? time) < time) place += 1;
    const row = own[place];
    if (deaths === 0) continue;
    const ownAtRisk = row?.atRisk ?? 0;
    const ownDeaths = row?.time === time ? row.deaths : 0;
    difference += ownDeaths - (deaths * ownAtRisk) / atRisk;
    if (atRisk > 1) {
      const share = ownAtRisk / atRisk;
      variance += (deaths * share * (1 - share) * (atRisk - deaths)) / (atRisk - 1);
    }
  }
  if (variance === 0) return null;
  const chiSquare = difference ** 2 / variance;
  return { chiSquare, p: chiSquareP(chiSquare) };
}
