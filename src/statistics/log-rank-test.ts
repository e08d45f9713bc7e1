import { computeChiSquareP } from './chi-square-p.ts';
import { buildRiskTable, type SurvivalObservation } from './risk-table.ts';

/** The test statistic (chi-square, one degree of freedom) and its p. */
interface LogRankResult {
  readonly chiSquare: number;
  readonly p: number;
}

/**
 * Runs the log-rank test of two groups, with the hypergeometric variance. Source: Mantel, Cancer Chemother Rep
 * 1966;50:163. The same as R's `survival::survdiff`.
 *
 * @returns null where no death happened while both groups were at risk
 * @example
 * runLogRankTest([{ time: 1, died: true }, { time: 4, died: true }], [{ time: 2, died: true }, { time: 3, died: true }]).chiSquare // => 0.15385
 * runLogRankTest([{ time: 1, died: false }], [{ time: 2, died: false }]) // => null
 */
export function runLogRankTest(
  first: readonly SurvivalObservation[],
  second: readonly SurvivalObservation[],
): LogRankResult | null {
  const firstRows = buildRiskTable(first);
  let difference = 0;
  let variance = 0;
  let place = 0;
  for (const { time, atRisk, deaths } of buildRiskTable([...first, ...second])) {
    while ((firstRows[place]?.time ?? time) < time) place += 1;
    const row = firstRows[place];
    if (deaths === 0) continue;
    const firstAtRisk = row?.atRisk ?? 0;
    const firstDeaths = row?.time === time ? row.deaths : 0;
    difference += firstDeaths - (deaths * firstAtRisk) / atRisk;
    if (atRisk > 1) {
      const share = firstAtRisk / atRisk;
      variance += (deaths * share * (1 - share) * (atRisk - deaths)) / (atRisk - 1);
    }
  }
  if (variance === 0) return null;
  const chiSquare = difference ** 2 / variance;
  return { chiSquare, p: computeChiSquareP(chiSquare) };
}
