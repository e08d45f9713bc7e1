import { computeExactTableP } from '../../../statistics/heterogeneity/exact-table-test.ts';
import { runHomogeneityTest } from '../../../statistics/heterogeneity/homogeneity-test.ts';
import { testInteraction } from '../../../statistics/heterogeneity/interaction-test.ts';
import type { Protocol } from '../../protocol.ts';
import { buildCountedShare, type CountedShare, roundFigure } from '../counted-share.ts';
import { isResponder, selectPopulation } from '../populations/analysis-sets.ts';
import type { SubjectFigures } from '../subject-figures.ts';

/** A chi-square test, to ten digits. */
export interface ChiSquareFigure {
  readonly chiSquare: number | null;
  readonly df: number;
  readonly p: number | null;
}

/** Response by the levels of one property. */
export interface SubgroupFactor {
  readonly name: 'severity' | 'site' | 'age' | 'sex' | 'previous-agent';
  readonly levels: readonly { readonly name: string; readonly response: CountedShare }[];
  /** Test of equal rates at all levels; p is null where there are not two, or the outcome does not vary. */
  readonly heterogeneity: { readonly p: number | null; readonly method: 'freeman-halton' | 'pearson' };
  /** Whether the effect of the previous agent differs between the levels; null for that factor itself. */
  readonly interaction: ChiSquareFigure | null;
}

/** Response in subgroups of the treated. */
export interface SubgroupTable {
  readonly method: string;
  readonly of: number;
  readonly factors: readonly SubgroupFactor[];
}

/** Rounds a test's figures; null where it could not be run. */
export function roundTest(
  test: { readonly chiSquare: number; readonly df: number; readonly p: number } | null,
): ChiSquareFigure | null {
  return test && { chiSquare: roundFigure(test.chiSquare), df: test.df, p: roundFigure(test.p) };
}

const FACTORS: readonly {
  readonly name: SubgroupFactor['name'];
  readonly selectLevel: (subject: SubjectFigures) => string;
}[] = [
  { name: 'severity', selectLevel: ({ best }) => best.severity },
  { name: 'site', selectLevel: ({ best }) => best.site },
  { name: 'age', selectLevel: ({ baseline }) => baseline?.ageGroup ?? 'unknown' },
  { name: 'sex', selectLevel: ({ baseline }) => baseline?.sex ?? 'unknown' },
  {
    name: 'previous-agent',
    selectLevel: ({ infused }) => (infused?.hadPreviousAgent === true ? 'yes' : 'no'),
  },
];

/** Tests equal rates by the exact test, and by Pearson's where there are too many subjects to enumerate. */
function testHeterogeneity(rates: readonly CountedShare[]): SubgroupFactor['heterogeneity'] {
  const exact = computeExactTableP(rates);
  if (exact !== null) return { p: roundFigure(exact), method: 'freeman-halton' };
  const approximate = runHomogeneityTest(rates);
  if (approximate === null) return { p: null, method: 'freeman-halton' };
  return { p: roundFigure(approximate.p), method: 'pearson' };
}

function buildSubgroupFactor(
  treated: readonly SubjectFigures[],
  { interval }: Protocol,
  { name, selectLevel }: (typeof FACTORS)[number],
): SubgroupFactor {
  const byLevel = [...Map.groupBy(treated, selectLevel)].sort(([a], [b]) => (a < b ? -1 : 1));
  const levels = byLevel.map(([level, members]) => ({
    name: level,
    response: buildCountedShare(members.filter(isResponder).length, members.length, interval),
  }));
  const cells = byLevel.flatMap(([level, members]) =>
    [true, false].map((exposed) => {
      const own = members.filter(({ infused }) => infused?.hadPreviousAgent === exposed);
      return { level, exposed, responders: own.filter(isResponder).length, of: own.length };
    }),
  );
  return {
    name,
    levels,
    heterogeneity: testHeterogeneity(levels.map(({ response }) => response)),
    interaction: name === 'previous-agent' ? null : roundTest(testInteraction(cells)),
  };
}

/** Builds the response of the treated by severity, site, age, sex and previous agent: the data of a forest plot. */
export function buildSubgroupTable(subjects: readonly SubjectFigures[], protocol: Protocol): SubgroupTable {
  const treated = selectPopulation(subjects, 'treated');
  const agent = protocol.predictors.previousAgent;
  return {
    method: `best response of the treated; limits ${protocol.interval.method}; heterogeneity: exact test of the table (Freeman and Halton), Pearson's where it is too large; interaction with ${agent}: likelihood ratio test in logistic regression; no correction for multiplicity`,
    of: treated.length,
    factors: FACTORS.map((factor) => buildSubgroupFactor(treated, protocol, factor)),
  };
}
