import type { Assessment } from '../../trial/assessment.ts';
import type { Source } from '../../trial/facts.ts';
import { listAssessmentSources } from '../lineage/course-sources.ts';
import { buildStatementAddress } from '../lineage/resource-names.ts';
import { SUPPLEMENTAL_QUALIFIERS, type SupplementalQualifier } from './codelists.ts';
import type { DatasetCell, DatasetCells, DatasetDefinition } from './dataset-definition.ts';

/** A record before it has its sequence number. */
export interface RecordDraft {
  readonly cells: DatasetCells;
  /** Its address within the subject (or the trial): what states it, or what it is about; never its number. */
  readonly address: string;
  /** What it was made of; nothing where the enrolment or the protocol says it. */
  readonly sources: readonly Source[];
  /** What has no variable of its own and goes to SUPP--: null where there is nothing to say. */
  readonly qualifiers?: Partial<Readonly<Record<SupplementalQualifier, string | null>>>;
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
  const seq = dataset.variables.find(({ name }) => name === `${dataset.domain}SEQ`)?.name;
  const known = { ...ids, DOMAIN: dataset.name };
  return [...drafts]
    .sort(createKeyComparator(dataset.keys))
    .map(({ cells, qualifiers: more = {}, address: at, sources: from }, i) => {
      const counted = seq === undefined ? {} : { [seq]: i + 1 };
      return { cells: { ...known, ...counted, ...cells }, qualifiers: more, address: at, sources: from };
    });
}

/** Qualifiers that follow from a judgement rather than from what was sent. */
const DERIVED_QUALIFIERS: readonly string[] = ['AASEV', 'RSASSTAT'] satisfies SupplementalQualifier[];

/** The SUPP-- records of a dataset's records. Where the parent has no sequence number, IDVAR is empty (as for DM). */
export function buildSupplementalRecords(
  parent: DatasetDefinition,
  rows: readonly DatasetRecord[],
): readonly DatasetRecord[] {
  const seq = `${parent.name}SEQ`;
  return rows.flatMap(({ cells, qualifiers: more, address: at, sources: from }) => {
    const { STUDYID = null, USUBJID = null } = cells;
    const number = cells[seq] ?? null;
    const related = { STUDYID, RDOMAIN: parent.name, USUBJID, IDVAR: number === null ? null : seq };
    return Object.entries(more).flatMap(([name, value]): DatasetRecord[] => {
      if (value === null) return [];
      const QORIG = DERIVED_QUALIFIERS.includes(name) ? 'DERIVED' : 'COLLECTED';
      const label = SUPPLEMENTAL_QUALIFIERS[name as SupplementalQualifier];
      const said = {
        IDVARVAL: number === null ? null : String(number),
        QNAM: name,
        QLABEL: label,
        QVAL: value,
        QORIG,
      };
      return [
        {
          cells: { ...related, ...said },
          qualifiers: {},
          address: [at, name].filter(Boolean).join('/'),
          sources: from,
        },
      ];
    });
  });
}
