import type { Assessment } from '../../trial/assessment.ts';
import type { Source } from '../../trial/facts.ts';
import { listAssessmentSources } from '../lineage/course-sources.ts';
import { buildStatementAddress } from '../lineage/resource-names.ts';
import type { DatasetCell, DatasetCells, DatasetDefinition } from './dataset-definition.ts';

/** A record before it has its sequence number. */
export interface RecordDraft {
  readonly cells: DatasetCells;
  /** Its address within the subject (or the trial): what states it, or what it is about; never its number. */
  readonly address: string;
  /** What it was made of; nothing where the enrolment or the protocol says it. */
  readonly sources: readonly Source[];
  /** Supplemental qualifiers by QNAM, for SUPP--; null where a qualifier has no value. */
  readonly qualifiers?: Readonly<Record<string, string | null>>;
}

/** Address and sources of a record that a fact states; the word tells apart what one resource states. */
export function deriveFactProvenance(
  { sources }: { readonly sources: readonly Source[] },
  word: string,
): Pick<RecordDraft, 'address' | 'sources'> {
  return { address: `${word}/${buildStatementAddress(sources)}`, sources: sources };
}

/** Address and sources of a record that an assessment gives. */
export function deriveAssessmentProvenance(assessment: Assessment): Pick<RecordDraft, 'address' | 'sources'> {
  const { kind, visit, scope, criteria } = assessment;
  return { address: `${kind}/${visit}/${scope}/${criteria.id}`, sources: listAssessmentSources(assessment) };
}

/** A record with all its variables. */
export interface DatasetRecord extends Pick<RecordDraft, 'cells' | 'address' | 'sources'> {
  readonly qualifiers: NonNullable<RecordDraft['qualifiers']>;
}

function compareCells(a: DatasetCell, b: DatasetCell): number {
  if (a === b) return 0;
  if (a === null) return 1;
  if (b === null) return -1;
  const numbers = [Number(a), Number(b)] as const;
  if (!numbers.some(Number.isNaN)) return numbers[0] - numbers[1];
  return a < b ? -1 : 1;
}

/** Orders by the keys; records that agree in all of them by their whole content, so that arrival does not matter. */
function createKeyComparator(keys: readonly string[]) {
  return (a: RecordDraft, b: RecordDraft): number => {
    for (const key of keys) {
      const order = compareCells(a.cells[key] ?? null, b.cells[key] ?? null);
      if (order !== 0) return order;
    }
    const [x, y] = [
      JSON.stringify([a.cells, a.qualifiers, a.address]),
      JSON.stringify([b.cells, b.qualifiers, b.address]),
    ];
    return x === y ? 0 : x < y ? -1 : 1;
  };
}

/** The subject's records of a dataset in the order of its keys, with identifiers and sequence numbers. */
export function numberRecords(
  dataset: DatasetDefinition,
  ids: DatasetCells,
  drafts: readonly RecordDraft[],
): readonly DatasetRecord[] {
  const { sequenceVariable } = dataset;
  const known = { ...ids, DOMAIN: dataset.name };
  return [...drafts]
    .sort(createKeyComparator(dataset.keys))
    .map(({ cells, qualifiers: more = {}, address: at, sources: from }, i) => {
      const counted = sequenceVariable === null ? {} : { [sequenceVariable]: i + 1 };
      return { cells: { ...known, ...counted, ...cells }, qualifiers: more, address: at, sources: from };
    });
}

/**
 * Builds the SUPP-- records of a dataset's records: one for each qualifier with a value. IDVAR is empty where the parent
 * has no sequence number (as for DM).
 */
export function buildSupplementalRecords(
  supplement: DatasetDefinition,
  parent: DatasetDefinition,
  rows: readonly DatasetRecord[],
): readonly DatasetRecord[] {
  const IDVAR = parent.sequenceVariable;
  const definitions = new Map(supplement.qualifiers.map((qualifier) => [qualifier.name, qualifier]));
  return rows.flatMap(({ cells, qualifiers, address, sources }) => {
    const { STUDYID = null, USUBJID = null } = cells;
    const number = IDVAR === null ? null : (cells[IDVAR] ?? null);
    const parentCells = {
      STUDYID,
      RDOMAIN: parent.name,
      USUBJID,
      IDVAR,
      IDVARVAL: number === null ? null : String(number),
    };
    return Object.entries(qualifiers).flatMap(([QNAM, QVAL]): DatasetRecord[] => {
      if (QVAL === null) return [];
      const definition = definitions.get(QNAM);
      if (!definition) throw new Error(`${supplement.name} has no qualifier ${QNAM}`);
      const { label: QLABEL, origin } = definition;
      return [
        {
          cells: { ...parentCells, QNAM, QLABEL, QVAL, QORIG: origin.toUpperCase() },
          qualifiers: {},
          address: [address, QNAM].filter(Boolean).join('/'),
          sources,
        },
      ];
    });
  });
}
