import type { Source } from '../../trial/facts.ts';
import type { SubjectRecord } from '../export-format.ts';
import { buildStatementAddress, findResourceNamer } from '../lineage/resource-names.ts';
import { addressSubjectRows, type ExportedValue, keyByColumn, type RowTrace } from '../provenance-trace.ts';

/** Type of a column. A `decimal` keeps its digits as text in every format without exact decimals. */
export type TableCellType = 'text' | 'decimal' | 'integer' | 'day' | 'boolean';

interface TableColumn {
  readonly name: string;
  readonly type: TableCellType;
  /** One sentence for the data dictionary: meaning, unit, and what an empty cell means. */
  readonly description: string;
  /** The values that can occur, where the column has a closed list. */
  readonly allowedValues?: readonly string[];
}

/** A row, with its address within the subject and its sources. */
export interface TableRow {
  readonly cells: readonly ExportedValue[];
  readonly address: string;
  readonly sources: readonly Source[];
}

/** A table of the study. */
export interface StudyTable {
  /** Name of the file without its extension. */
  readonly name: string;
  readonly columns: readonly TableColumn[];
  /** Builds one subject's rows, in an order that does not depend on arrival. */
  buildRows(record: SubjectRecord): readonly TableRow[];
}

/** How a row of an item is addressed within its subject, and its sources. */
export interface RowProvenance<T> {
  buildAddress(item: T): string;
  listSources(item: T, record: SubjectRecord): readonly Source[];
}

/** Creates the provenance of facts: `getWord` distinguishes several facts that one resource states. */
export function createFactProvenance<F extends { readonly sources: readonly Source[] }>(
  getWord: (fact: F) => string,
): RowProvenance<F> {
  return {
    buildAddress: (fact) => `${getWord(fact)}/${buildStatementAddress(fact.sources)}`,
    listSources: (fact) => fact.sources,
  };
}

/** Returns the provenance traces of one subject's rows. */
export function traceTableRows(
  table: StudyTable,
  rows: readonly TableRow[],
  { subject, facts }: SubjectRecord,
): readonly RowTrace[] {
  const columns = table.columns.map(({ name }) => name);
  const nameResources = findResourceNamer(facts);
  return addressSubjectRows(
    subject.subject,
    rows.map(({ cells, address, sources }) => ({
      at: address,
      values: keyByColumn(columns, cells),
      from: nameResources(sources),
    })),
  );
}

/** A column with the function that derives its cells from an item of type `T`. */
export interface DerivedColumn<T> extends TableColumn {
  derive(item: T, record: SubjectRecord): ExportedValue;
}

/** Defines a column: name, type, description, how its cells are derived, and its values where the list is closed. */
export function defineColumn<T>(
  name: string,
  type: TableCellType,
  description: string,
  derive: (item: T, record: SubjectRecord) => ExportedValue,
  allowedValues?: readonly string[],
): DerivedColumn<T> {
  return { name, type, description, derive, ...(allowedValues ? { allowedValues } : {}) };
}

/** The two columns with which every table begins. */
const SUBJECT_COLUMNS: readonly DerivedColumn<unknown>[] = [
  defineColumn('subject', 'text', 'Subject number.', (_item, { subject }) => subject.subject),
  defineColumn(
    'site',
    'text',
    'Site at which the subject is enrolled.',
    (_item, { subject }) => subject.site,
  ),
];

interface TableSpecification<T> {
  readonly name: string;
  listItems(record: SubjectRecord): readonly T[];
  readonly provenance: RowProvenance<T>;
  /** The columns after subject and site. */
  readonly columns: readonly DerivedColumn<T>[];
}

/** Defines a table with one row for each item of a subject. */
export function defineTable<T>(specification: TableSpecification<T>): StudyTable {
  const { name, provenance } = specification;
  const columns: readonly DerivedColumn<T>[] = [...SUBJECT_COLUMNS, ...specification.columns];
  return {
    name,
    columns: columns.map(({ derive: _derive, ...column }) => column),
    buildRows: (record) =>
      specification.listItems(record).map((item) => ({
        cells: columns.map((column) => column.derive(item, record)),
        address: provenance.buildAddress(item),
        sources: provenance.listSources(item, record),
      })),
  };
}
