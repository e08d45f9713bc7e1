import type { Source } from '../../trial/facts.ts';
import type { SubjectRecord } from '../format.ts';
import { namingOf, statedBy } from '../trace/source-names.ts';
import { byColumn, type RowTrace, rowsOfSubject } from '../trace/trace.ts';

/** `decimal` keeps its digits as text in every format that has no exact decimals. */
export type CellType = 'text' | 'decimal' | 'integer' | 'day' | 'boolean';

/** null: not sent, not known or not applicable; never a stand-in value. */
export type Cell = string | number | boolean | null;

export interface Column {
  readonly name: string;
  readonly type: CellType;
  /** One sentence for the data dictionary: meaning, unit, and what an empty cell means. */
  readonly says: string;
  /** The words that may stand in it, where they are few. */
  readonly words?: readonly string[];
}

/** A row, with its address within the subject and the sources that it was made of. */
export interface Row {
  readonly cells: readonly Cell[];
  readonly at: string;
  readonly from: readonly Source[];
}

/** One table of the study: its columns, and what one subject contributes, in a fixed order. */
export interface Table {
  readonly name: string;
  readonly says: string;
  readonly columns: readonly Column[];
  rows(record: SubjectRecord): readonly Row[];
}

/** How a row is addressed within its subject, and what it was made of. */
export interface Origin<T> {
  at(item: T): string;
  from(item: T, record: SubjectRecord): readonly Source[];
}

/** A fact's row: by what states it, with a word of the fact where one resource states several. */
export function ofFact<F extends { readonly sources: readonly Source[] }>(
  word: (fact: F) => string,
): Origin<F> {
  return {
    at: (fact) => `${word(fact)}/${statedBy(fact.sources)}`,
    from: (fact) => fact.sources,
  };
}

/** What stands behind a subject's rows. */
export function rowTraces(
  table: Table,
  rows: readonly Row[],
  { subject, facts }: SubjectRecord,
): readonly RowTrace[] {
  const columns = table.columns.map(({ name }) => name);
  const names = namingOf(facts);
  return rowsOfSubject(
    subject.subject,
    rows.map(({ cells, at, from }) => ({ at, values: byColumn(columns, cells), from: names(from) })),
  );
}

interface Field<T> extends Column {
  readonly of: (row: T, record: SubjectRecord) => Cell;
}

/** A table from its fields: each column says what it is and where it comes from in one place. */
export function table<T>(
  name: string,
  says: string,
  items: (record: SubjectRecord) => readonly T[],
  origin: Origin<T>,
  columns: (column: Make<T>) => readonly Field<T>[],
): Table {
  const fields = columns(field);
  return {
    name,
    says,
    columns: fields.map(({ of: _value, ...column }) => column),
    rows: (record) =>
      items(record).map((item) => ({
        cells: fields.map((field) => field.of(item, record)),
        at: origin.at(item),
        from: origin.from(item, record),
      })),
  };
}

/** Makes one column of a table whose rows are made of `T`. */
export type Make<T> = (
  name: string,
  type: CellType,
  says: string,
  of: (row: T, record: SubjectRecord) => Cell,
  words?: readonly string[],
) => Field<T>;

function field<T>(
  name: string,
  type: CellType,
  says: string,
  of: (row: T, record: SubjectRecord) => Cell,
  words?: readonly string[],
): Field<T> {
  return { name, type, says, of, ...(words ? { words } : {}) };
}

/** The two columns that begin every table. */
export const WHOSE: readonly Field<unknown>[] = [
  field('subject', 'text', 'Subject number.', (_row, { subject }) => subject.subject),
  field('site', 'text', 'Site at which the subject is enrolled.', (_row, { subject }) => subject.site),
];
