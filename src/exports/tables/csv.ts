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

/** What a spreadsheet would run as a formula; a blank apostrophe in front makes it a text (OWASP, CSV injection). */
const FORMULA_START = /^[=+\-@\t\r]/;

/** RFC 4180: quoted where it must be, CRLF at the end of a line. */
export function formatCsvLine(cells: readonly string[]): string {
  const quoted = cells.map((cell) =>
    /[",\r\n]|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell,
  );
  return `${quoted.join(',')}\r\n`;
}

function formatTableCell(cell: TableCell, type: TableCellType): string {
  if (cell === null) return '';
  const text = String(cell);
  return type === 'text' && FORMULA_START.test(text) ? `'${text}` : text;
}

function formatTableRow(table: StudyTable, row: readonly TableCell[]): string {
  return formatCsvLine(row.map((cell, index) => formatTableCell(cell, table.columns[index]?.type ?? 'text')));
}

const DICTIONARY_HEADER = ['table', 'position', 'column', 'type', 'values', 'says'];

function formatDataDictionary(tables: readonly StudyTable[]): string {
  const lines = tables.flatMap((table) =>
    table.columns.map((column: TableColumn, index) =>
      formatCsvLine([
        table.name,
        String(index + 1),
        column.name,
        column.type,
        (column.allowedValues ?? []).join('|'),
        column.description,
      ]),
    ),
  );
  return formatCsvLine(DICTIONARY_HEADER) + lines.join('');
}

async function* writeCsvTables(input: StudyInput): AsyncIterable<FileChunk> {
  const tables = buildStudyTables(input.asOf, input.protocol);
  yield { file: 'dictionary.csv', content: formatDataDictionary(tables) };
  for (const { name, columns } of tables)
    yield { file: `${name}.csv`, content: formatCsvLine(columns.map((column) => column.name)) };
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
