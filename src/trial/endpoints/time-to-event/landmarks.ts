import { runLogRankGroupsTest } from '../../../statistics/survival-comparison/log-rank-groups.ts';
import type { Protocol } from '../../protocol.ts';
import { DAYS_PER_MONTH } from '../follow-up.ts';
import { selectPopulation } from '../populations/analysis-sets.ts';
import { type ChiSquareFigure, roundTest } from '../response/subgroups.ts';
import type { SubjectFigures } from '../subject-figures.ts';
import { buildSurvivalTable, type SurvivalTable } from './survival-table.ts';

/** Survival after one landmark, by the response until then. */
export interface LandmarkTable {
  readonly of: number;
  /** Treated subjects who are left out: dead, or not observed any longer, before the landmark. */
  readonly counts: { readonly diedBefore: number; readonly censoredBefore: number };
  readonly responders: SurvivalTable;
  readonly others: SurvivalTable;
  readonly logRank: ChiSquareFigure | null;
}

/** Landmark analyses by month. */
export interface LandmarkTables {
  readonly definition: string;
  readonly landmarks: Readonly<Record<string, LandmarkTable>>;
}

interface LandmarkSubject {
  readonly time: number;
  readonly died: boolean;
  readonly hasResponded: boolean;
}

function buildLandmarkTable(
  treated: readonly SubjectFigures[],
  protocol: Protocol,
  month: number,
): LandmarkTable {
  const day = month * DAYS_PER_MONTH;
  const known = treated.flatMap(({ times }) => times ?? []);
  const diedBefore = known.filter(({ death }) => death !== null && death <= day).length;
  const censoredBefore = known.filter(({ death, contact }) => death === null && contact < day).length;
  const followed = known
    .filter(({ death, contact }) => (death === null ? contact >= day : death > day))
    .map(({ contact, death, confirmed }): LandmarkSubject => {
      return {
        time: contact - day,
        died: death !== null,
        hasResponded: confirmed !== null && confirmed <= day,
      };
    });
  const groups = [
    followed.filter(({ hasResponded }) => hasResponded),
    followed.filter(({ hasResponded }) => !hasResponded),
  ] as const;
  const months = protocol.analysis.survivalMonths.filter((later) => later > month);
  const after = months.map((later) => later - month);
  return {
    of: followed.length,
    counts: { diedBefore, censoredBefore },
    responders: buildSurvivalTable(groups[0], after, protocol),
    others: buildSurvivalTable(groups[1], after, protocol),
    logRank: roundTest(runLogRankGroupsTest(groups)),
  };
}

/**
 * Builds survival after the protocol's landmark months, by whether a response had been confirmed by then: a comparison
 * that does not favour responders for having lived long enough to respond. What happened after the landmark, a later
 * confirmation among it, does not decide the group. Whoever died or was censored before the landmark
 * is left out and counted. Source: Anderson, Cain and Gelber, J Clin Oncol 1983;1:710.
 */
export function buildLandmarkTables(subjects: readonly SubjectFigures[], protocol: Protocol): LandmarkTables {
  const treated = selectPopulation(subjects, 'treated');
  const tables = protocol.analysis.landmarkMonths.map((month) => [
    month,
    buildLandmarkTable(treated, protocol, month),
  ]);
  return {
    definition: `treated subjects alive and observed at the landmark; survival from it, in months of ${DAYS_PER_MONTH} days; log-rank test by the response confirmed until then`,
    landmarks: Object.fromEntries(tables),
  };
}
