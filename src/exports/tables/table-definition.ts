import type { Source } from '../../trial/facts.ts';
import type { SubjectRecord } from '../export-format.ts';
import { buildStatementAddress, findResourceNamer } from '../lineage/resource-names.ts';
import { addressSubjectRows, keyByColumn, type RowTrace } from '../provenance-trace.ts';

/** `decimal` keeps its digits as text in every format that has no exact decimals. */
export type TableCellType = 'text' | 'decimal' | 'integer' | 'day' | 'boolean';

/** null: not sent, not known or not applicable; never a stand-in value. */
export type TableCell = string | number | boolean | null;

export interface TableColumn {
  readonly name: string;
  readonly type: TableCellType;
  /** One sentence for the data dictionary: meaning, unit, and what an empty cell means. */
  readonly description: string;
  /** The words that may stand in it, where they are few. */
  readonly allowedValues?: readonly string[];
}

/** A row, with its address within the subject and the sources that it was made of. */
export interface TableRow {
  readonly cells: readonly TableCell[];
  readonly address: string;
  readonly sources: readonly Source[];
}

/** One table of the study: its columns, and what one subject contributes, in a fixed order. */
export interface StudyTable {
  readonly name: string;
  readonly description: string;
  readonly columns: readonly TableColumn[];
  buildRows(record: SubjectRecord): readonly TableRow[];
}

/** How a row is addressed within its subject, and what it was made of. */
export interface RowProvenance<T> {
  buildAddress(item: T): string;
  listSources(item: T, record: SubjectRecord): readonly Source[];
}

/** A fact's row: by what states it, with a word of the fact where one resource states several. */
export function createFactProvenance<F extends { readonly sources: readonly Source[] }>(
  word: (fact: F) => string,
): RowProvenance<F> {
  return {
    buildAddress: (fact) => `${word(fact)}/${buildStatementAddress(fact.sources)}`,
    listSources: (fact) => fact.sources,
  };
}

/** What stands behind a subject's rows. */
export function traceTableRows(
  table: StudyTable,
  rows: readonly TableRow[],
  { subject, facts }: SubjectRecord,
): readonly RowTrace[] {
  const columns = table.columns.map(({ name }) => name);
  const names = findResourceNamer(facts);
  return addressSubjectRows(
    subject.subject,
    rows.map(({ cells, address: at, sources: from }) => ({
      at,
      values: keyByColumn(columns, cells),
      from: names(from),
    })),
  );
}

interface SourcedColumn<T> extends TableColumn {
  readonly derive: (row: T, record: SubjectRecord) => TableCell;
}

/** A table from its fields: each column says what it is and where it comes from in one place. */
export function defineTable<T>(
  name: string,
  says: string,
  items: (record: SubjectRecord) => readonly T[],
  origin: RowProvenance<T>,
  columns: (column: ColumnFactory<T>) => readonly SourcedColumn<T>[],
): StudyTable {
  const fields = columns(defineColumn);
  return {
    name,
    description: says,
    columns: fields.map(({ derive: _value, ...column }) => column),
    buildRows: (record) =>
      items(record).map((item) => ({
        cells: fields.map((field) => field.derive(item, record)),
        address: origin.buildAddress(item),
        sources: origin.listSources(item, record),
      })),
  };
}

/** Makes one column of a table whose rows are made of `T`. */
export type ColumnFactory<T> = (
  name: string,
  type: TableCellType,
  says: string,
  of: (row: T, record: SubjectRecord) => TableCell,
  words?: readonly string[],
) => SourcedColumn<T>;

function defineColumn<T>(
  name: string,
  type: TableCellType,
  says: string,
  of: (row: T, record: SubjectRecord) => TableCell,
  words?: readonly string[],
): SourcedColumn<T> {
  return { name, type, description: says, derive: of, ...(words ? { allowedValues: words } : {}) };
}

/** The two columns that begin every table. */
export const SUBJECT_COLUMNS: readonly SourcedColumn<unknown>[] = [
  defineColumn('subject', 'text', 'Subject number.', (_row, { subject }) => subject.subject),
  defineColumn('site', 'text', 'Site at which the subject is enrolled.', (_row, { subject }) => subject.site),
];
