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
  readonly statements: readonly [DifferentialFact, ...DifferentialFact[]];
}

/** Three shares, each rounded to a whole percent, differ by no more than this where they are of one blood. */
const ROUNDING_POINTS = '1.5';

const isExact = (measured: MeasuredValue | null): measured is MeasuredValue =>
  measured?.comparator === null && measured.upTo === undefined;

/** Selects the best statement of a share; undefined where there is none, and where statements in force contradict each other. */
function selectShare(
  differentials: readonly DifferentialFact[],
  cells: DifferentialFact['cells'],
): DifferentialFact | undefined {
  const stated = differentials.filter((fact) => fact.cells === cells && fact.percent !== null);
  const signed = stated.filter(({ status }) => status !== 'preliminary');
  const [best, ...others] = (signed.length > 0 ? signed : stated).toSorted(compareByRank);
  const isAgreed = others.every((other) => best && isSamePercent(best.percent, other.percent));
  return isAgreed ? best : undefined;
}

const isSamePercent = (a: MeasuredValue | null, b: MeasuredValue | null): boolean =>
  a !== null && b !== null && a.comparator === b.comparator && new Decimal(a.value).eq(b.value);

/** Reads the share of all neutrophils, as the laboratory states it; null if it is missing or is an interval. */
function readTotalShare(differentials: readonly DifferentialFact[]): NeutrophilShare | null {
  const total = selectShare(differentials, 'total-neutrophils');
  if (!total || !isExact(total.percent)) return null;
  const { value } = total.percent;
  return { percent: new UnroundedDecimal(value), text: `${value} %`, statements: [total] };
}

/** Adds the shares of segmented and band neutrophils; null if one of them is missing or is an interval. */
function sumPartialShares(differentials: readonly DifferentialFact[]): NeutrophilShare | null {
  const segmented = selectShare(differentials, 'segmented-neutrophils');
  const bands = selectShare(differentials, 'band-neutrophils');
  if (!segmented || !bands || !isExact(segmented.percent) || !isExact(bands.percent)) return null;
  const [first, second] = [segmented.percent.value, bands.percent.value];
  return {
    percent: new UnroundedDecimal(first).plus(second),
    text: `(${first} + ${second}) %`,
    statements: [segmented, bands],
  };
}

/** The reason for which no neutrophil count is derived from shares that contradict each other. */
const CONTRADICTORY_SHARES = 'contradictory-neutrophil-shares';

/** Builds the derived fact; without a value where `share` is null. */
function buildDerivedCount(
  wbc: LabFact,
  statements: NeutrophilShare['statements'],
  share: NeutrophilShare | null,
): LabFact {
  const inputs = [wbc, ...statements];
  const count = wbc.measured?.value ?? '';
  const value = share && new UnroundedDecimal(count).times(share.percent).div(100).toFixed();
  return {
    kind: 'lab',
    key: `${wbc.key}|derived-anc`,
    subject: wbc.subject,
    at: wbc.at,
    sources: mergeSources(wbc.sources, ...statements.map((fact) => fact.sources)),
    analyte: 'anc',
    measured: value === null ? null : { value, comparator: null },
    absentReason: value === null ? CONTRADICTORY_SHARES : null,
    method: METHODS_BY_RANK[Math.max(...inputs.map(rankResult))] ?? 'estimate',
    status: inputs.some((fact) => fact.status === 'preliminary') ? 'preliminary' : 'final',
    ...(wbc.specimen === undefined ? {} : { specimen: wbc.specimen }),
    derived: true,
    original: {
      code: 'derived',
      value: null,
      unit: null,
      conversion: share && `${count} 10*9/L × ${share.text} = ${value} 10*9/L`,
    },
  };
}

/**
 * Derives the neutrophil count of one collection from its leukocytes and the share of its neutrophils: WBC × share / 100,
 * exactly, in 10*9/L, marked as derived. The share is that of all neutrophils where the laboratory states it, else the sum
 * of segmented and band neutrophils. Where both are stated and differ by more than the rounding of three shares (1.5
 * points), neither is chosen: the fact has no value, with the reason and the sources of all. Returns null where the
 * laboratory reported a neutrophil count (or stated that there is none), where leukocytes or shares are missing or are an
 * interval, or where the share exceeds 100 %. Source: domain section 3.1; usual definition of the absolute neutrophil
 * count.
 */
export function deriveNeutrophils(
  labs: readonly LabFact[],
  differentials: readonly DifferentialFact[],
): LabFact | null {
  if (labs.some((fact) => fact.analyte === 'anc')) return null;
  const [wbc] = labs.filter((fact) => fact.analyte === 'wbc' && fact.measured).toSorted(compareByRank);
  const total = readTotalShare(differentials);
  const sum = sumPartialShares(differentials);
  const share = total ?? sum;
  if (!wbc || !isExact(wbc.measured) || !share || share.percent.gt(100)) return null;
  if (total && sum && total.percent.minus(sum.percent).abs().gt(ROUNDING_POINTS))
    return buildDerivedCount(wbc, [...total.statements, ...sum.statements], null);
  return buildDerivedCount(wbc, share.statements, share);
}
