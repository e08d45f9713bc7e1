import { Decimal } from 'decimal.js';
import type { DifferentialFact, LabFact, Method } from '../facts.ts';
import { byRank, rankOf } from './rank.ts';
import { allSources } from './statements.ts';

/** Wide enough that no product of digits that a laboratory sends is ever rounded. */
const Exact = Decimal.clone({ precision: 130, toExpNeg: -100, toExpPos: 100 });

const METHODS: readonly Method[] = ['automated', 'manual', 'unspecified', 'estimate'];

/** The results of one collection that a neutrophil count can be calculated from. */
interface Inputs {
  readonly wbc: LabFact;
  readonly segmented: DifferentialFact;
  readonly bands: DifferentialFact;
}

function inputsIn(labs: readonly LabFact[], differentials: readonly DifferentialFact[]): Inputs | null {
  const cells = (wanted: DifferentialFact['cells']): DifferentialFact | undefined =>
    differentials.filter((fact) => fact.cells === wanted && fact.percent !== null).toSorted(byRank)[0];
  const wbc = labs.filter((fact) => fact.analyte === 'wbc' && fact.measured !== null).toSorted(byRank)[0];
  const [segmented, bands] = [cells('segmented-neutrophils'), cells('band-neutrophils')];
  return wbc && segmented && bands ? { wbc, segmented, bands } : null;
}

function calculated({ wbc, segmented, bands }: Inputs): { value: string; conversion: string } | null {
  const sent = [wbc.measured, segmented.percent, bands.percent];
  if (sent.some((measured) => measured === null || measured.comparator !== null)) return null;
  const [count = '', s = '', b = ''] = sent.map((measured) => measured?.value);
  const share = new Exact(s).plus(b);
  if (share.gt(100)) return null;
  const value = new Exact(count).times(share).div(100).toFixed();
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
  const inputs = inputsIn(labs, differentials);
  const given = inputs && calculated(inputs);
  if (!inputs || !given) return null;
  const { wbc, segmented, bands } = inputs;
  const all = [wbc, segmented, bands];
  return {
    kind: 'lab',
    key: `${wbc.key}|derived-anc`,
    subject: wbc.subject,
    at: wbc.at,
    sources: allSources(wbc.sources, segmented.sources, bands.sources),
    analyte: 'anc',
    measured: { value: given.value, comparator: null },
    absentReason: null,
    method: METHODS[Math.max(...all.map(rankOf))] ?? 'estimate',
    status: all.some((fact) => fact.status === 'preliminary') ? 'preliminary' : 'final',
    ...(wbc.specimen === undefined ? {} : { specimen: wbc.specimen }),
    derived: true,
    original: { code: 'derived', value: null, unit: null, conversion: given.conversion },
  };
}
