import { Decimal } from 'decimal.js';
import type { DifferentialFact, LabFact } from '../facts.ts';
import { mergeSources } from './merge-statements.ts';
import { compareByRank, METHODS_BY_RANK, rankResult } from './rank-results.ts';

/** Wide enough that no product of digits that a laboratory sends is rounded. */
const UnroundedDecimal = Decimal.clone({ precision: 130, toExpNeg: -100, toExpPos: 100 });

/** The results of one collection from which a neutrophil count can be calculated. */
interface NeutrophilInputs {
  readonly wbc: LabFact;
  readonly segmented: DifferentialFact;
  readonly bands: DifferentialFact;
}

function selectNeutrophilInputs(
  labs: readonly LabFact[],
  differentials: readonly DifferentialFact[],
): NeutrophilInputs | null {
  const selectShare = (cells: DifferentialFact['cells']): DifferentialFact | undefined =>
    differentials.filter((fact) => fact.cells === cells && fact.percent !== null).toSorted(compareByRank)[0];
  const wbc = labs
    .filter((fact) => fact.analyte === 'wbc' && fact.measured !== null)
    .toSorted(compareByRank)[0];
  const [segmented, bands] = [selectShare('segmented-neutrophils'), selectShare('band-neutrophils')];
  return wbc && segmented && bands ? { wbc, segmented, bands } : null;
}

function calculateNeutrophils({
  wbc,
  segmented,
  bands,
}: NeutrophilInputs): { value: string; conversion: string } | null {
  const values = [wbc.measured, segmented.percent, bands.percent];
  if (
    values.some(
      (measured) => measured === null || measured.comparator !== null || measured.upTo !== undefined,
    )
  )
    return null;
  const [count = '', segmentedPercent = '', bandPercent = ''] = values.map((measured) => measured?.value);
  const share = new UnroundedDecimal(segmentedPercent).plus(bandPercent);
  if (share.gt(100)) return null;
  const value = new UnroundedDecimal(count).times(share).div(100).toFixed();
  return {
    value,
    conversion: `${count} 10*9/L × (${segmentedPercent} + ${bandPercent}) % = ${value} 10*9/L`,
  };
}

/**
 * Derives the neutrophil count of one collection from its leukocytes and the shares of segmented and band
 * neutrophils: WBC × (segmented % + bands %) / 100, exactly, in 10*9/L, marked as derived. Its sources are those of
 * all three. Returns null where the laboratory reported a neutrophil count (or stated that there is none), where one
 * of the three is missing or is an interval, or where the shares exceed 100 %. Source: domain section 3.1; usual
 * definition of the absolute neutrophil count.
 */
export function deriveNeutrophils(
  labs: readonly LabFact[],
  differentials: readonly DifferentialFact[],
): LabFact | null {
  if (labs.some((fact) => fact.analyte === 'anc')) return null;
  const inputs = selectNeutrophilInputs(labs, differentials);
  const calculated = inputs && calculateNeutrophils(inputs);
  if (!inputs || !calculated) return null;
  const { wbc, segmented, bands } = inputs;
  const inputFacts = [wbc, segmented, bands];
  return {
    kind: 'lab',
    key: `${wbc.key}|derived-anc`,
    subject: wbc.subject,
    at: wbc.at,
    sources: mergeSources(wbc.sources, segmented.sources, bands.sources),
    analyte: 'anc',
    measured: { value: calculated.value, comparator: null },
    absentReason: null,
    method: METHODS_BY_RANK[Math.max(...inputFacts.map(rankResult))] ?? 'estimate',
    status: inputFacts.some((fact) => fact.status === 'preliminary') ? 'preliminary' : 'final',
    ...(wbc.specimen === undefined ? {} : { specimen: wbc.specimen }),
    derived: true,
    original: { code: 'derived', value: null, unit: null, conversion: calculated.conversion },
  };
}
