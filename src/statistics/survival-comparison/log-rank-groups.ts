import { buildRiskTable, type SurvivalObservation } from '../risk-table.ts';
import { type ChiSquareResult, combineScores } from './group-statistic.ts';

/** Returns a function that reads the subjects at risk and the deaths of a group at times that rise from call to call. */
function createRiskReader(
  followed: readonly SurvivalObservation[],
): (time: number) => { readonly atRisk: number; readonly deaths: number } {
  const rows = buildRiskTable(followed);
  let place = 0;
  return (time) => {
    while ((rows[place]?.time ?? time) < time) place += 1;
    const row = rows[place];
    return { atRisk: row?.atRisk ?? 0, deaths: row?.time === time ? row.deaths : 0 };
  };
}

/**
 * Runs the log-rank test of two or more groups, with the hypergeometric variance. Source: Mantel, Cancer Chemother Rep
 * 1966;50:163; several groups: Peto and Peto, J R Stat Soc A 1972;135:185. The same as R's `survival::survdiff`, whose
 * degrees of freedom also count only groups that were at risk at a death.
 *
 * @param groups an empty group is left out
 * @returns null where no death happened while two groups were at risk
 * @example
 * runLogRankGroupsTest([[{ time: 1, died: true }, { time: 4, died: true }], [{ time: 2, died: true }, { time: 3, died: true }]]).chiSquare // => 0.15385
 * runLogRankGroupsTest([[{ time: 1, died: false }], [{ time: 2, died: false }]]) // => null
 */
export function runLogRankGroupsTest(
  groups: readonly (readonly SurvivalObservation[])[],
): ChiSquareResult | null {
  const readers = groups.map(createRiskReader);
  const scores = groups.map(() => 0);
  const covariance = groups.map(() => groups.map(() => 0));
  for (const { time, atRisk, deaths } of buildRiskTable(groups.flat())) {
    if (deaths === 0) continue;
    const moments = readers.map((read) => read(time));
    const shares = moments.map((moment) => moment.atRisk / atRisk);
    const spread = atRisk > 1 ? (deaths * (atRisk - deaths)) / (atRisk - 1) : 0;
    shares.forEach((share, i) => {
      scores[i] = (scores[i] ?? 0) + (moments[i]?.deaths ?? 0) - deaths * share;
      const row = covariance[i] ?? [];
      shares.forEach((other, j) => {
        row[j] = (row[j] ?? 0) + spread * share * ((i === j ? 1 : 0) - other);
      });
    });
  }
  return combineScores(scores, covariance);
}
