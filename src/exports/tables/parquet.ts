import type { SchemaElement } from 'hyparquet';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import type { ExportFormat, Piece, StudyInput } from '../format.ts';
import { studyTables } from './study-tables.ts';
import type { Cell, CellType, Table } from './table.ts';

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

function columnsOf(table: Table, rows: readonly (readonly Cell[])[]) {
  return table.columns.map(({ name }, index) => ({ name, data: rows.map((row) => row[index] ?? null) }));
}

/** What the writer has encoded since the last time, as bytes of their own. */
function taken(bytes: ByteWriter): Uint8Array {
  const copy = bytes.getBytes().slice();
  bytes.index = 0;
  return copy;
}

async function* writeTable(table: Table, input: StudyInput): AsyncIterable<Piece> {
  const bytes = new ByteWriter();
  const writer = new ParquetWriter({
    writer: bytes,
    schema: schemaOf(table),
    createdBy: 'fhir-trial-adapter',
  });
  const file = `${table.name}.parquet`;
  let rows: (readonly Cell[])[] = [];
  for await (const record of input.subjects()) {
    rows.push(...table.rows(record));
    if (rows.length < ROWS_TOGETHER) continue;
    await writer.write({ columnData: columnsOf(table, rows) });
    rows = [];
    yield { file, content: taken(bytes) };
  }
  if (rows.length > 0) await writer.write({ columnData: columnsOf(table, rows) });
  await writer.finish();
  yield { file, content: taken(bytes) };
}

async function* write(input: StudyInput): AsyncIterable<Piece> {
  for (const table of studyTables(input.asOf)) yield* writeTable(table, input);
}

export const parquet: ExportFormat = {
  id: 'parquet',
  says: 'the tables of csv as Parquet files: DuckDB, Spark, pandas, Arrow',
  write,
};
