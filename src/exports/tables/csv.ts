import type { ExportFormat, Piece, StudyInput } from '../format.ts';
import { subjectTrace } from '../trace/course-sources.ts';
import { studyTables } from './study-tables.ts';
import { type Cell, type CellType, type Column, rowTraces, type Table } from './table.ts';

/** What a spreadsheet would run as a formula; a blank apostrophe in front makes it a text (OWASP, CSV injection). */
const FORMULA = /^[=+\-@\t\r]/;

/** RFC 4180: quoted where it must be, CRLF at the end of a line. */
export function csvLine(cells: readonly string[]): string {
  const quoted = cells.map((cell) =>
    /[",\r\n]|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell,
  );
  return `${quoted.join(',')}\r\n`;
}

function cellText(cell: Cell, type: CellType): string {
  if (cell === null) return '';
  const text = String(cell);
  return type === 'text' && FORMULA.test(text) ? `'${text}` : text;
}

function rowLine(table: Table, row: readonly Cell[]): string {
  return csvLine(row.map((cell, index) => cellText(cell, table.columns[index]?.type ?? 'text')));
}

const DICTIONARY = ['table', 'position', 'column', 'type', 'values', 'says'];

function dictionaryOf(tables: readonly Table[]): string {
  const lines = tables.flatMap((table) =>
    table.columns.map((column: Column, index) =>
      csvLine([
        table.name,
        String(index + 1),
        column.name,
        column.type,
        (column.words ?? []).join('|'),
        column.says,
      ]),
    ),
  );
  return csvLine(DICTIONARY) + lines.join('');
}

async function* write(input: StudyInput): AsyncIterable<Piece> {
  const tables = studyTables(input.asOf, input.protocol);
  yield { file: 'dictionary.csv', content: dictionaryOf(tables) };
  for (const { name, columns } of tables)
    yield { file: `${name}.csv`, content: csvLine(columns.map((column) => column.name)) };
  for await (const record of input.subjects()) {
    yield { file: 'subjects.csv', content: '', traces: [subjectTrace(record)] };
    for (const table of tables) {
      const rows = table.rows(record);
      if (rows.length === 0) continue;
      const content = rows.map(({ cells }) => rowLine(table, cells)).join('');
      yield { file: `${table.name}.csv`, content, traces: rowTraces(table, rows, record) };
    }
  }
}

export const csv: ExportFormat = {
  id: 'csv',
  says: 'one CSV file a table, with a data dictionary: spreadsheets, R, SAS, Stata',
  write,
};
