import type { DuckDBConnection } from '@duckdb/node-api';
import { isWireNumber, readDigits, stringifyJson } from '../../../src/fhir/lossless-json.ts';
import type { Resource } from '../../../src/fhir/resource.ts';
import { compileView } from '../../../src/mapping/view/compile-view.ts';
import { translateView } from '../../../src/mapping/view-to-sql/translate-view.ts';
import type { TestFolder } from '../../support/with-folder.ts';

/** The rows of a view by our runner and by DuckDB, as comparable text: numbers by their value, rows in order of text. */
export interface ComparedRows {
  readonly ours: readonly string[];
  readonly sql: readonly string[];
}

function formatCell(cell: unknown): string {
  if (Array.isArray(cell)) return `[${cell.map(formatCell).join(', ')}]`;
  if (isWireNumber(cell)) return String(Number(readDigits(cell)));
  if (typeof cell === 'bigint') return String(cell);
  if (typeof cell === 'object' && cell !== null && 'items' in cell) return formatCell(cell.items);
  return JSON.stringify(cell);
}

const formatRow = (cells: readonly unknown[]): string => cells.map(formatCell).join(' | ');

/** Writes the resources to a file, and runs the view over it in both ways. */
export async function compareRows(
  connection: DuckDBConnection,
  folder: TestFolder,
  definition: unknown,
  resources: readonly Resource[],
): Promise<ComparedRows> {
  const view = compileView(definition);
  const ours = resources.flatMap((resource) =>
    view.listRows(resource).map(({ values }) => formatRow(Object.values(values))),
  );
  const file = folder.writeFile(
    'resources.ndjson',
    resources.map((resource) => `${stringifyJson(resource)}\n`).join(''),
  );
  const result = await connection.runAndReadAll(translateView(definition).formatQuery([file]));
  return { ours: ours.sort(), sql: result.getRows().map(formatRow).sort() };
}
