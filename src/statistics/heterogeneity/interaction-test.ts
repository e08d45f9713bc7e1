import { computeChiSquareP } from '../chi-square-p.ts';
import { findRoot } from '../find-root.ts';
import type { ChiSquareResult } from '../survival-comparison/group-statistic.ts';

/** Responders among the exposed or unexposed subjects of one level of a stratum, such as an age group. */
export interface StratumCell {
  readonly level: string;
  readonly exposed: boolean;
  readonly responders: number;
  readonly of: number;
}

interface CellCount {
  readonly responders: number;
  readonly of: number;
}

/** A level with subjects on both sides. */
interface StratumPair {
  readonly exposed: CellCount;
  readonly unexposed: CellCount;
}

/** A log odds ratio beyond this is infinite: half of it, which a level may need, still is e^-100 of a subject. */
const MAX_LN_ODDS = 200;

const computeShare = (logit: number): number => 1 / (1 + Math.exp(-logit));

function sumCells(cells: readonly StratumCell[], exposed: boolean): CellCount {
  const side = cells.filter((cell) => cell.exposed === exposed);
  return {
    responders: side.reduce((sum, { responders }) => sum + responders, 0),
    of: side.reduce((sum, { of }) => sum + of, 0),
  };
}

/** Lists the levels in which exposure varies: only they say whether its effect is the same everywhere. */
const listPairs = (cells: readonly StratumCell[]): readonly StratumPair[] =>
  [...Map.groupBy(cells, ({ level }) => level).values()]
    .map((inLevel) => ({ exposed: sumCells(inLevel, true), unexposed: sumCells(inLevel, false) }))
    .filter(({ exposed, unexposed }) => exposed.of > 0 && unexposed.of > 0);

/** Solves the logit of a level's unexposed subjects at which as many responders are expected as were observed. */
function solveLevelLogit({ exposed, unexposed }: StratumPair, lnOdds: number): number {
  const observed = exposed.responders + unexposed.responders;
  return findRoot(
    (logit) => exposed.of * computeShare(logit + lnOdds) + unexposed.of * computeShare(logit) - observed,
    -2 * MAX_LN_ODDS,
    2 * MAX_LN_ODDS,
  );
}

/** Solves the common log odds ratio: the exposed responders expected over all levels are those observed. */
function solveCommonLnOdds(pairs: readonly StratumPair[]): number {
  const observed = pairs.reduce((sum, { exposed }) => sum + exposed.responders, 0);
  const expect = (lnOdds: number): number =>
    pairs.reduce(
      (sum, pair) => sum + pair.exposed.of * computeShare(solveLevelLogit(pair, lnOdds) + lnOdds),
      0,
    );
  return findRoot((lnOdds) => expect(lnOdds) - observed, -MAX_LN_ODDS, MAX_LN_ODDS);
}

/** Computes a cell's share of the deviance at a logit; 0 · ln 0 is 0. */
function computeCellDeviance({ responders, of }: CellCount, logit: number): number {
  const compare = (count: number, expected: number): number =>
    count === 0 ? 0 : 2 * count * Math.log(count / expected);
  return compare(responders, of * computeShare(logit)) + compare(of - responders, of * computeShare(-logit));
}

/**
 * Tests whether the effect of an exposure differs between levels: the likelihood ratio of the logistic models
 * `level * exposed` and `level + exposed`. Cells with the same level and exposure are added up.
 *
 * A level without both exposed and unexposed subjects contributes nothing. Cells in which none or all respond enter by the
 * limit of the likelihood, also where the odds ratio is infinite; a level in which none or all respond fits every odds
 * ratio, adds nothing to the statistic and still counts as a degree of freedom. Source: Wilks, Ann Math Stat 1938;9:60.
 * The same as the residual deviance of R's `glm(cbind(responders, of - responders) ~ level + exposed, family = binomial)`,
 * and as `anova(..., test = "LRT")` of the two models where R's fit of the second converges (often not with such cells).
 *
 * @returns null where fewer than two levels have both exposed and unexposed subjects
 * @example
 * testInteraction([{ level: 'a', exposed: true, responders: 6, of: 9 }, { level: 'a', exposed: false, responders: 2, of: 8 }, { level: 'b', exposed: true, responders: 3, of: 9 }, { level: 'b', exposed: false, responders: 4, of: 7 }]).df // => 1
 * testInteraction([{ level: 'a', exposed: true, responders: 6, of: 9 }, { level: 'a', exposed: false, responders: 2, of: 8 }]) // => null
 */
export function testInteraction(rows: readonly StratumCell[]): ChiSquareResult | null {
  const pairs = listPairs(rows);
  const df = pairs.length - 1;
  if (df < 1) return null;
  const lnOdds = solveCommonLnOdds(pairs);
  const deviance = pairs.reduce((sum, pair) => {
    const logit = solveLevelLogit(pair, lnOdds);
    return (
      sum + computeCellDeviance(pair.exposed, logit + lnOdds) + computeCellDeviance(pair.unexposed, logit)
    );
  }, 0);
  const chiSquare = Math.max(0, deviance);
  return { chiSquare, df, p: computeChiSquareP(chiSquare, df) };
}
