import type { Assessment } from '../../trial/assessment.ts';
import type { Source } from '../../trial/facts.ts';
import { listAssessmentSources } from '../lineage/course-sources.ts';
import { buildStatementAddress } from '../lineage/resource-names.ts';
import type { DatasetCell, DatasetCells, DatasetDefinition } from './dataset-definition.ts';
import type { NumberedVisit } from './visit-numbers.ts';

/** A record before it has its identifiers and sequence number. */
export interface RecordDraft {
  readonly cells: DatasetCells;
  /**
   * Address within the subject (or the trial): by the resource that states the record or by its topic, never its
   * number.
   */
  readonly address: string;
  /** The sources of the record; empty where it follows from the enrolment or the protocol. */
  readonly sources: readonly Source[];
  /** The visit of a finding; null or absent where the record belongs to no visit. */
  readonly visit?: NumberedVisit | null;
  /** Supplemental qualifiers by QNAM, for SUPP--; null where a qualifier has no value. */
  readonly qualifiers?: Readonly<Record<string, string | null>>;
}

/** Derives address and sources of a record that a fact states; `word` distinguishes several facts of one resource. */
export function deriveFactProvenance(
  { sources }: { readonly sources: readonly Source[] },
  word: string,
): Pick<RecordDraft, 'address' | 'sources'> {
  return { address: `${word}/${buildStatementAddress(sources)}`, sources };
}

/** Derives address and sources of a record that presents an assessment. */
export function deriveAssessmentProvenance(assessment: Assessment): Pick<RecordDraft, 'address' | 'sources'> {
  const { kind, visit, scope, criteria } = assessment;
  return { address: `${kind}/${visit}/${scope}/${criteria.id}`, sources: listAssessmentSources(assessment) };
}

/** A record with its identifiers and sequence number. */
export type DatasetRecord = Required<RecordDraft>;

/** Orders empty cells last, numbers by their value, all other cells by code unit. */
function compareCells(a: DatasetCell, b: DatasetCell): number {
  if (a === b) return 0;
  if (a === null) return 1;
  if (b === null) return -1;
  const numbers = [Number(a), Number(b)] as const;
  if (!numbers.some(Number.isNaN)) return numbers[0] - numbers[1];
  return a < b ? -1 : 1;
}

/** Orders records by the keys, and by their whole content where those agree, so that the order of arrival does not matter. */
function createKeyComparator(keys: readonly string[]) {
  return (a: RecordDraft, b: RecordDraft): number => {
    for (const key of keys) {
      const order = compareCells(a.cells[key] ?? null, b.cells[key] ?? null);
      if (order !== 0) return order;
    }
    const [contentOfA, contentOfB] = [
      JSON.stringify([a.cells, a.qualifiers, a.address]),
      JSON.stringify([b.cells, b.qualifiers, b.address]),
    ];
    return contentOfA === contentOfB ? 0 : contentOfA < contentOfB ? -1 : 1;
  };
}

/** Orders a subject's records by the dataset's keys and adds identifiers and sequence numbers. */
export function numberRecords(
  dataset: DatasetDefinition,
  identifiers: DatasetCells,
  drafts: readonly RecordDraft[],
): readonly DatasetRecord[] {
  const { sequenceVariable } = dataset;
  return [...drafts]
    .sort(createKeyComparator(dataset.keys))
    .map(({ cells, qualifiers = {}, visit = null, address, sources }, i) => {
      const sequence = sequenceVariable === null ? {} : { [sequenceVariable]: i + 1 };
      return {
        cells: { ...identifiers, DOMAIN: dataset.name, ...sequence, ...cells },
        qualifiers,
        visit,
        address,
        sources,
      };
    });
}

/** Builds the SUPP-- records of one record: one for each qualifier with a value. */
function buildQualifierRecords(
  supplement: DatasetDefinition,
  parent: DatasetDefinition,
  { cells, qualifiers, visit, address, sources }: DatasetRecord,
): readonly DatasetRecord[] {
  const { STUDYID = null, USUBJID = null } = cells;
  const IDVAR = parent.sequenceVariable;
  const sequence = IDVAR === null ? null : (cells[IDVAR] ?? null);
  const IDVARVAL = sequence === null ? null : String(sequence);
  const related = { STUDYID, RDOMAIN: parent.name, USUBJID, IDVAR, IDVARVAL };
  return Object.entries(qualifiers).flatMap(([QNAM, QVAL]): DatasetRecord[] => {
    if (QVAL === null) return [];
    const qualifier = supplement.qualifiers.find(({ name }) => name === QNAM);
    if (!qualifier) throw new Error(`${supplement.name} has no qualifier ${QNAM}`);
    const QORIG = qualifier.origin.toUpperCase();
    return [
      {
        cells: { ...related, QNAM, QLABEL: qualifier.label, QVAL, QORIG },
        qualifiers: {},
        visit,
        address: [address, QNAM].filter(Boolean).join('/'),
        sources,
      },
    ];
  });
}

/**
 * Builds the SUPP-- records of a dataset's records. IDVAR and IDVARVAL are empty where the parent has no sequence
 * number (such as DM).
 */
export function buildSupplementalRecords(
  supplement: DatasetDefinition,
  parent: DatasetDefinition,
  records: readonly DatasetRecord[],
): readonly DatasetRecord[] {
  return records.flatMap((record) => buildQualifierRecords(supplement, parent, record));
}
