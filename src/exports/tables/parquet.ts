import type { SchemaElement } from 'hyparquet';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import type { ExportFormat, Piece, StudyInput, SubjectRecord } from '../format.ts';
import { subjectTrace } from '../trace/course-sources.ts';
import { studyTables } from './study-tables.ts';
import { type CellType, type Row, rowTraces, type Table } from './table.ts';

/** So many rows are encoded together; memory grows with this and not with the study. */
const ROWS_TOGETHER = 10_000;

/** Decimals and days are text: Parquet's own decimals have one scale a column, and would lose the digits as sent. */
const TYPES: Readonly<Record<CellType, Partial<SchemaElement>>> = {
  text: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  decimal: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  day: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  integer: { type: 'INT32' },
  boolean: { type: 'BOOLEAN' },
};

function schemaOf(table: Table): SchemaElement[] {
  const columns = table.columns.map(({ name, type }) => ({
    ...TYPES[type],
    name,
    repetition_type: 'OPTIONAL' as const,
  }));
  return [{ name: 'root', num_children: columns.length }, ...columns];
}

function columnsOf(table: Table, rows: readonly Row[]) {
  return table.columns.map(({ name }, index) => ({
    name,
    data: rows.map(({ cells }) => cells[index] ?? null),
  }));
}

/** What the writer has encoded since the last time, as bytes of their own. */
function taken(bytes: ByteWriter): Uint8Array {
  const copy = bytes.getBytes().slice();
  bytes.index = 0;
  return copy;
}

/** A table's file that is being written. */
function writing(table: Table) {
  const bytes = new ByteWriter();
  const options = { writer: bytes, schema: schemaOf(table), createdBy: 'fhir-trial-adapter' };
  const writer = new ParquetWriter(options);
  const file = `${table.name}.parquet`;
  let rows: Row[] = [];
  return {
    /** Encodes what has gathered once it is enough; before, the piece has traces only. */
    async add(record: SubjectRecord): Promise<Piece> {
      const more = table.rows(record);
      const traces = rowTraces(table, more, record);
      rows.push(...more);
      if (rows.length < ROWS_TOGETHER) return { file, content: '', traces };
      await writer.write({ columnData: columnsOf(table, rows) });
      rows = [];
      return { file, content: taken(bytes), traces };
    },
    async end(): Promise<Piece> {
      if (rows.length > 0) await writer.write({ columnData: columnsOf(table, rows) });
      await writer.finish();
      return { file, content: taken(bytes) };
    },
  };
}

async function* write(input: StudyInput): AsyncIterable<Piece> {
  const files = studyTables(input.asOf, input.protocol).map(writing);
  for await (const record of input.subjects()) {
    yield { file: 'subjects.parquet', content: '', traces: [subjectTrace(record)] };
    for (const file of files) yield await file.add(record);
  }
  for (const file of files) yield await file.end();
}

export const parquet: ExportFormat = {
  id: 'parquet',
  says: 'the tables of csv as Parquet files: DuckDB, Spark, pandas, Arrow',
  write,
};
