import { formatCsvRow } from '../../csv-row.ts';
import type { ExportFormat, FileChunk, StudyInput } from '../export-format.ts';
import { buildSubjectTrace } from '../lineage/course-sources.ts';
import { buildStudyTables } from './study-tables.ts';
import { type StudyTable, traceTableRows } from './table-definition.ts';

const DICTIONARY_HEADER = ['table', 'position', 'column', 'type', 'values', 'says'];

/** Formats the data dictionary: one row for each column of each table. */
function formatDataDictionary(tables: readonly StudyTable[]): string {
  const rows = tables.flatMap((table) =>
    table.columns.map(({ name, type, allowedValues = [], description }, i) =>
      formatCsvRow([table.name, i + 1, name, type, allowedValues.join('|'), description]),
    ),
  );
  return formatCsvRow(DICTIONARY_HEADER) + rows.join('');
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
      const content = rows.map(({ cells }) => formatCsvRow(cells)).join('');
      yield { file: `${table.name}.csv`, content, traces: traceTableRows(table, rows, record) };
    }
  }
}

/** The study's tables as CSV files with a data dictionary. */
export const csv: ExportFormat = {
  id: 'csv',
  purpose: 'one CSV file a table, with a data dictionary: spreadsheets, R, SAS, Stata',
  write: writeCsvTables,
};
