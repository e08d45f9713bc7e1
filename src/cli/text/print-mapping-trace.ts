import type { MappingTrace } from '../../service.ts';
import { formatTable, type Io } from '../terminal.ts';
import { formatFact, getConversionText } from './format-fact.ts';

function formatCellValue(value: unknown): string {
  if (Array.isArray(value)) return value.map(formatCellValue).join(', ');
  return typeof value === 'string' ? value : value === null || value === undefined ? '' : String(value);
}

const isEmptyCell = (value: unknown): boolean =>
  value === null || value === false || (Array.isArray(value) && value.length === 0);

function printTracedCells(io: Io, cells: MappingTrace['cells']): void {
  const rows = cells
    .filter(({ value }) => !isEmptyCell(value))
    .map(({ column, path, element, value }) => ['   ', column, formatCellValue(value), element, path]);
  if (rows.length > 0) io.out(formatTable(['   ', 'column', 'value', 'element', 'expression'], rows));
}

function printMappedRow(io: Io, { facts, work, ignored }: MappingTrace['mapped']): void {
  for (const fact of facts) {
    const conversion = getConversionText(fact);
    io.out(
      `    yields ${fact.kind}: ${formatFact(fact)}${conversion === '' ? '' : `, from ${conversion}`}\n`,
    );
  }
  for (const need of work) io.out(`    held ${need.reason} at ${need.element}: ${need.detail}\n`);
  if (ignored) io.out(`    ignored ${ignored.reason}: ${ignored.detail}\n`);
}

/** Prints each row of each view: its columns with a value, their elements and expressions, and the facts of the row. */
export function printMappingTrace(io: Io, trace: readonly MappingTrace[]): void {
  const rowsByView = new Map<string, number>();
  for (const { view, file, cells, mapped } of trace) {
    const row = (rowsByView.get(view) ?? 0) + 1;
    rowsByView.set(view, row);
    io.out(`  view ${view} (${file}), ${cells.length === 0 ? 'contained resource' : `row ${row}`}\n`);
    printTracedCells(io, cells);
    printMappedRow(io, mapped);
  }
}
