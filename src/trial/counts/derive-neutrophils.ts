import { Decimal } from 'decimal.js';
import type { DifferentialFact, LabFact, MeasuredValue } from '../facts.ts';
import { mergeSources } from './merge-statements.ts';
import { compareByRank, METHODS_BY_RANK, rankResult } from './rank-results.ts';

/** Wide enough that no product of digits that a laboratory sends is rounded. */
const UnroundedDecimal = Decimal.clone({ precision: 130, toExpNeg: -100, toExpPos: 100 });

/** An exact share of the leukocytes, as a number and as the conversion shows it, and the statements that it is made of. */
interface NeutrophilShare {
  readonly percent: Decimal;
  readonly text: string;
  readonly statements: readonly DifferentialFact[];
}

/** Three shares, each rounded to a whole percent, differ by no more than this where they are of one blood. */
const ROUNDING_POINTS = '1.5';

type ExactShare = DifferentialFact & { readonly percent: MeasuredValue };

const isExact = (measured: MeasuredValue | null): measured is MeasuredValue =>
  measured?.comparator === null && measured.upTo === undefined;

const hasExactShare = (fact: DifferentialFact): fact is ExactShare => isExact(fact.percent);

/**
 * Lists the statements of a share, the best first; preliminary ones only where there is no other. Empty where one of them is
 * an interval.
 */
function listShares(
  differentials: readonly DifferentialFact[],
  cells: DifferentialFact['cells'],
): readonly ExactShare[] {
  const stated = differentials.filter((fact) => fact.cells === cells && fact.percent !== null);
  const signed = stated.filter(({ status }) => status !== 'preliminary');
  const used = signed.length > 0 ? signed : stated;
  return used.every(hasExactShare) ? used.toSorted(compareByRank) : [];
}

/** Lists what is stated about the share of all neutrophils: directly, then as segmented and band neutrophils. */
function listNeutrophilShares(differentials: readonly DifferentialFact[]): readonly NeutrophilShare[] {
  const totals = listShares(differentials, 'total-neutrophils').map((total) => ({
    percent: new UnroundedDecimal(total.percent.value),
    text: `${total.percent.value} %`,
    statements: [total],
  }));
  const sums = listShares(differentials, 'segmented-neutrophils').flatMap((segmented) =>
    listShares(differentials, 'band-neutrophils').map((bands) => ({
      percent: new UnroundedDecimal(segmented.percent.value).plus(bands.percent.value),
      text: `(${segmented.percent.value} + ${bands.percent.value}) %`,
      statements: [segmented, bands],
    })),
  );
  return [...totals, ...sums].filter(({ percent }) => percent.lte(100));
}

/** Selects the share that is used: the first, or the lowest and the highest where they contradict each other. */
function selectUsedShares(shares: readonly NeutrophilShare[]): readonly NeutrophilShare[] {
  const sorted = shares.toSorted((a, b) => a.percent.comparedTo(b.percent));
  const [lowest, highest] = [sorted[0], sorted.at(-1)];
  if (!lowest || !highest) return [];
  const isOneBlood = highest.percent.minus(lowest.percent).lte(ROUNDING_POINTS);
  return isOneBlood ? shares.slice(0, 1) : [lowest, highest];
}

/** Builds the derived fact: one value, or the range of two shares. */
function buildDerivedCount(wbc: LabFact, count: string, shares: readonly NeutrophilShare[]): LabFact {
  const statements = shares.flatMap((share) => share.statements);
  const inputs = [wbc, ...statements];
  const values = shares.map(({ percent }) => new UnroundedDecimal(count).times(percent).div(100).toFixed());
  const [low = '', high] = values;
  return {
    kind: 'lab',
    key: `${wbc.key}|derived-anc`,
    subject: wbc.subject,
    at: wbc.at,
    sources: mergeSources(wbc.sources, ...statements.map((fact) => fact.sources)),
    analyte: 'anc',
    measured: { value: low, comparator: null, ...(high === undefined ? {} : { upTo: high }) },
    absentReason: null,
    method: METHODS_BY_RANK[Math.max(...inputs.map(rankResult))] ?? 'estimate',
    status: inputs.some((fact) => fact.status === 'preliminary') ? 'preliminary' : 'final',
    ...(wbc.specimen === undefined ? {} : { specimen: wbc.specimen }),
    derived: true,
    original: {
      code: 'derived',
      value: null,
      unit: null,
      conversion: `${count} 10*9/L × ${shares.map(({ text }) => text).join(' to ')} = ${values.join(' to ')} 10*9/L`,
    },
  };
}

/**
 * Derives the neutrophil count of one collection from its leukocytes and the share of its neutrophils: WBC × share / 100,
 * exactly, in 10*9/L, marked as derived. The share is that of all neutrophils where the laboratory states it, else the sum
 * of segmented and band neutrophils. Statements that differ by more than the rounding of three shares (1.5 points)
 * contradict each other, and nothing says which is right: the count is the range from the lowest to the highest. Returns
 * null where the laboratory reported a neutrophil count (or stated that there is none), or where leukocytes or shares are
 * missing or are an interval; a share above 100 % is not used. Source: domain section 3.1; usual definition of the absolute
 * neutrophil count.
 */
export function deriveNeutrophils(
  labs: readonly LabFact[],
  differentials: readonly DifferentialFact[],
): LabFact | null {
  if (labs.some((fact) => fact.analyte === 'anc')) return null;
  const [wbc] = labs.filter((fact) => fact.analyte === 'wbc' && fact.measured).toSorted(compareByRank);
  const shares = selectUsedShares(listNeutrophilShares(differentials));
  return wbc && isExact(wbc.measured) && shares.length > 0
    ? buildDerivedCount(wbc, wbc.measured.value, shares)
    : null;
}
