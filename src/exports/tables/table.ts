import type { SubjectRecord } from '../format.ts';

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

/** One table of the study: its columns, and what one subject contributes, in a fixed order. */
export interface Table {
  readonly name: string;
  readonly says: string;
  readonly columns: readonly Column[];
  rows(record: SubjectRecord): readonly (readonly Cell[])[];
}

interface Field<T> extends Column {
  readonly of: (row: T, record: SubjectRecord) => Cell;
}

/** A table from its fields: each column says what it is and where it comes from in one place. */
export function table<T>(
  name: string,
  says: string,
  items: (record: SubjectRecord) => readonly T[],
  columns: (column: Make<T>) => readonly Field<T>[],
): Table {
  const fields = columns(field);
  return {
    name,
    says,
    columns: fields.map(({ of: _value, ...column }) => column),
    rows: (record) => items(record).map((item) => fields.map((field) => field.of(item, record))),
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
