import type { SchemaElement } from 'hyparquet';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import type { ExportFormat, FileChunk, StudyInput, SubjectRecord } from '../export-format.ts';
import { buildSubjectTrace } from '../lineage/course-sources.ts';
import { buildStudyTables } from './study-tables.ts';
import { type StudyTable, type TableCellType, type TableRow, traceTableRows } from './table-definition.ts';

/** Rows that are encoded together. Memory grows with this number and not with the size of the study. */
const ROW_GROUP_SIZE = 10_000;

/** Decimals and days are text: Parquet's decimals have one scale for a whole column and would lose the digits as sent. */
const PARQUET_TYPES: Readonly<Record<TableCellType, Partial<SchemaElement>>> = {
  text: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  decimal: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  day: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  integer: { type: 'INT32' },
  boolean: { type: 'BOOLEAN' },
};

function buildParquetSchema(table: StudyTable): SchemaElement[] {
  const columns = table.columns.map(({ name, type }) => ({
    ...PARQUET_TYPES[type],
    name,
    repetition_type: 'OPTIONAL' as const,
  }));
  return [{ name: 'root', num_children: columns.length }, ...columns];
}

function toColumnData(table: StudyTable, rows: readonly TableRow[]) {
  return table.columns.map(({ name }, i) => ({
    name,
    data: rows.map(({ cells }) => cells[i] ?? null),
  }));
}

/** Takes the bytes that were encoded since the last call. */
function takeEncodedBytes(bytes: ByteWriter): Uint8Array {
  const copy = bytes.getBytes().slice();
  bytes.index = 0;
  return copy;
}

/** Creates the writer of a table's file. */
function createTableWriter(table: StudyTable) {
  const bytes = new ByteWriter();
  const options = { writer: bytes, schema: buildParquetSchema(table), createdBy: 'fhir-trial-adapter' };
  const writer = new ParquetWriter(options);
  const file = `${table.name}.parquet`;
  let rows: TableRow[] = [];
  return {
    /** Adds a subject's rows. The chunk has content when a row group is full, else only traces. */
    async add(record: SubjectRecord): Promise<FileChunk> {
      const subjectRows = table.buildRows(record);
      const traces = traceTableRows(table, subjectRows, record);
      rows.push(...subjectRows);
      if (rows.length < ROW_GROUP_SIZE) return { file, content: '', traces };
      await writer.write({ columnData: toColumnData(table, rows) });
      rows = [];
      return { file, content: takeEncodedBytes(bytes), traces };
    },
    async end(): Promise<FileChunk> {
      if (rows.length > 0) await writer.write({ columnData: toColumnData(table, rows) });
      await writer.finish();
      return { file, content: takeEncodedBytes(bytes) };
    },
  };
}

async function* writeParquetTables(input: StudyInput): AsyncIterable<FileChunk> {
  const writers = buildStudyTables(input.asOf, input.protocol).map(createTableWriter);
  for await (const record of input.readSubjects()) {
    yield { file: 'subjects.parquet', content: '', traces: [buildSubjectTrace(record)] };
    for (const writer of writers) yield await writer.add(record);
  }
  for (const writer of writers) yield await writer.end();
}

/** The study's tables as Parquet files. */
export const parquet: ExportFormat = {
  id: 'parquet',
  purpose: 'the tables of csv as Parquet files: DuckDB, Spark, pandas, Arrow',
  write: writeParquetTables,
};
