import { disarmFormula, formatCsvRow } from '../../csv-row.ts';
import type { ExportFormat, FileChunk, StudyInput } from '../export-format.ts';
import { buildSubjectTrace } from '../lineage/course-sources.ts';
import { buildStudyTables } from './study-tables.ts';
import {
  type StudyTable,
  type TableCell,
  type TableCellType,
  type TableColumn,
  traceTableRows,
} from './table-definition.ts';

/** Guards free text against spreadsheets; numbers and days keep their sign. */
function guardTableCell(cell: TableCell, type: TableCellType): TableCell {
  return type === 'text' && typeof cell === 'string' ? disarmFormula(cell) : cell;
}

function formatTableRow(table: StudyTable, row: readonly TableCell[]): string {
  return formatCsvRow(row.map((cell, index) => guardTableCell(cell, table.columns[index]?.type ?? 'text')));
}

const DICTIONARY_HEADER = ['table', 'position', 'column', 'type', 'values', 'says'];

function formatDataDictionary(tables: readonly StudyTable[]): string {
  const lines = tables.flatMap((table) =>
    table.columns.map((column: TableColumn, index) =>
      formatCsvRow([
        table.name,
        index + 1,
        column.name,
        column.type,
        (column.allowedValues ?? []).join('|'),
        column.description,
      ]),
    ),
  );
  return formatCsvRow(DICTIONARY_HEADER) + lines.join('');
}

async function* writeCsvTables(input: StudyInput): AsyncIterable<FileChunk> {
  const tables = buildStudyTables(input.asOf, input.protocol);
  yield { file: 'dictionary.csv', content: formatDataDictionary(tables) };
  for (const { name, columns } of tables)
    yield { file: `${name}.csv`, content: formatCsvRow(columns.map((column) => column.name)) };
  for await (const record of input.readSubjects()) {
    yield { file: 'subjects.csv', content: '', traces: [buildSubjectTrace(record)] };
    for (const table of tables) {
      const rows = table.buildRows(record);
      if (rows.length === 0) continue;
      const content = rows.map(({ cells }) => formatTableRow(table, cells)).join('');
      yield { file: `${table.name}.csv`, content, traces: traceTableRows(table, rows, record) };
    }
  }
}

export const csv: ExportFormat = {
  id: 'csv',
  purpose: 'one CSV file a table, with a data dictionary: spreadsheets, R, SAS, Stata',
  write: writeCsvTables,
};
