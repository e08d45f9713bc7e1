import { computeChiSquareP } from './distributions.ts';
import { buildRiskTable, type SurvivalObservation } from './kaplan-meier.ts';

export interface LogRankResult {
  readonly chiSquare: number;
  readonly p: number;
}

/**
 * The log-rank test of two groups (Mantel-Haenszel, hypergeometric variance, one degree of freedom). Null where no death
 * happened while both groups were at risk.
 */
export function runLogRankTest(
  first: readonly SurvivalObservation[],
  second: readonly SurvivalObservation[],
): LogRankResult | null {
  const own = buildRiskTable(first);
  let difference = 0;
  let variance = 0;
  let place = 0;
  for (const { time, atRisk, deaths } of buildRiskTable([...first, ...second])) {
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
  return { chiSquare, p: computeChiSquareP(chiSquare) };
}
