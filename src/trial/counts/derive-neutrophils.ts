import { Decimal } from 'decimal.js';
import type { DifferentialFact, LabFact, MeasurementMethod } from '../facts.ts';
import { mergeSources } from './merge-statements.ts';
import { compareByRank, rankResult } from './rank-results.ts';

/** Wide enough that no product of digits that a laboratory sends is ever rounded. */
const UnroundedDecimal = Decimal.clone({ precision: 130, toExpNeg: -100, toExpPos: 100 });

const METHODS_BY_DERIVED_RANK: readonly MeasurementMethod[] = [
  'automated',
  'manual',
  'unspecified',
  'estimate',
];

/** The results of one collection that a neutrophil count can be calculated from. */
interface NeutrophilInputs {
  readonly wbc: LabFact;
  readonly segmented: DifferentialFact;
  readonly bands: DifferentialFact;
}

function selectNeutrophilInputs(
  labs: readonly LabFact[],
  differentials: readonly DifferentialFact[],
): NeutrophilInputs | null {
  const cells = (wanted: DifferentialFact['cells']): DifferentialFact | undefined =>
    differentials.filter((fact) => fact.cells === wanted && fact.percent !== null).toSorted(compareByRank)[0];
  const wbc = labs
    .filter((fact) => fact.analyte === 'wbc' && fact.measured !== null)
    .toSorted(compareByRank)[0];
  const [segmented, bands] = [cells('segmented-neutrophils'), cells('band-neutrophils')];
  return wbc && segmented && bands ? { wbc, segmented, bands } : null;
}

function calculateNeutrophils({
  wbc,
  segmented,
  bands,
}: NeutrophilInputs): { value: string; conversion: string } | null {
  const sent = [wbc.measured, segmented.percent, bands.percent];
  if (sent.some((measured) => measured === null || measured.comparator !== null)) return null;
  const [count = '', s = '', b = ''] = sent.map((measured) => measured?.value);
  const share = new UnroundedDecimal(s).plus(b);
  if (share.gt(100)) return null;
  const value = new UnroundedDecimal(count).times(share).div(100).toFixed();
  return { value, conversion: `${count} 10*9/L × (${s} + ${b}) % = ${value} 10*9/L` };
}

/**
 * The neutrophil count of one collection from its leukocytes and the shares of segmented and band neutrophils: WBC ×
 * (segmented % + bands %) / 100, exactly, in 10*9/L, marked as derived. Null where the laboratory reported a neutrophil
 * count (or said that there is none), where one of the three is missing or is an interval, or where the shares exceed
 * 100 %. Its sources are those of all three. Source: domain section 3.1; usual definition of the absolute neutrophil count.
 */
export function deriveNeutrophils(
  labs: readonly LabFact[],
  differentials: readonly DifferentialFact[],
): LabFact | null {
  if (labs.some((fact) => fact.analyte === 'anc')) return null;
  const inputs = selectNeutrophilInputs(labs, differentials);
  const given = inputs && calculateNeutrophils(inputs);
  if (!inputs || !given) return null;
  const { wbc, segmented, bands } = inputs;
  const all = [wbc, segmented, bands];
  return {
    kind: 'lab',
    key: `${wbc.key}|derived-anc`,
    subject: wbc.subject,
    at: wbc.at,
    sources: mergeSources(wbc.sources, segmented.sources, bands.sources),
    analyte: 'anc',
    measured: { value: given.value, comparator: null },
    absentReason: null,
    method: METHODS_BY_DERIVED_RANK[Math.max(...all.map(rankResult))] ?? 'estimate',
    status: all.some((fact) => fact.status === 'preliminary') ? 'preliminary' : 'final',
    ...(wbc.specimen === undefined ? {} : { specimen: wbc.specimen }),
    derived: true,
    original: { code: 'derived', value: null, unit: null, conversion: given.conversion },
  };
}
