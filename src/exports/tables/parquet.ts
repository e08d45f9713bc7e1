import type { SchemaElement } from 'hyparquet';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import type { ExportFormat, FileChunk, StudyInput, SubjectRecord } from '../export-format.ts';
import { buildSubjectTrace } from '../lineage/course-sources.ts';
import { buildStudyTables } from './study-tables.ts';
import { type StudyTable, type TableCellType, type TableRow, traceTableRows } from './table-definition.ts';

/** So many rows are encoded together; memory grows with this and not with the study. */
const ROW_GROUP_SIZE = 10_000;

/** Decimals and days are text: Parquet's own decimals have one scale a column, and would lose the digits as sent. */
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
  return table.columns.map(({ name }, index) => ({
    name,
    data: rows.map(({ cells }) => cells[index] ?? null),
  }));
}

/** What the writer has encoded since the last time, as bytes of their own. */
function takeEncodedBytes(bytes: ByteWriter): Uint8Array {
  const copy = bytes.getBytes().slice();
  bytes.index = 0;
  return copy;
}

/** A table's file that is being written. */
function createTableWriter(table: StudyTable) {
  const bytes = new ByteWriter();
  const options = { writer: bytes, schema: buildParquetSchema(table), createdBy: 'fhir-trial-adapter' };
  const writer = new ParquetWriter(options);
  const file = `${table.name}.parquet`;
  let rows: TableRow[] = [];
  return {
    /** Encodes what has gathered once it is enough; before, the piece has traces only. */
    async add(record: SubjectRecord): Promise<FileChunk> {
      const more = table.buildRows(record);
      const traces = traceTableRows(table, more, record);
      rows.push(...more);
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
  const files = buildStudyTables(input.asOf, input.protocol).map(createTableWriter);
  for await (const record of input.readSubjects()) {
    yield { file: 'subjects.parquet', content: '', traces: [buildSubjectTrace(record)] };
    for (const file of files) yield await file.add(record);
  }
  for (const file of files) yield await file.end();
}

export const parquet: ExportFormat = {
  id: 'parquet',
  purpose: 'the tables of csv as Parquet files: DuckDB, Spark, pandas, Arrow',
  write: writeParquetTables,
};
