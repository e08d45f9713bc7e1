import type { Service } from '../../service.ts';
import { formatTable, type Io } from '../terminal.ts';
import { formatFact, getConversionText } from './format-fact.ts';

type TracedViewRow = Awaited<ReturnType<Service['traceMapping']>>[number];

function formatCellValue(value: unknown): string {
  if (Array.isArray(value)) return value.map(formatCellValue).join(', ');
  return typeof value === 'string' ? value : value === null || value === undefined ? '' : String(value);
}

const isEmptyCell = (value: unknown): boolean =>
  value === null || value === false || (Array.isArray(value) && value.length === 0);

function printTracedCells(io: Io, cells: TracedViewRow['cells']): void {
  const rows = cells
    .filter(({ value }) => !isEmptyCell(value))
    .map(({ column, path, element, value }) => ['   ', column, formatCellValue(value), element, path]);
  if (rows.length > 0) io.out(formatTable(['   ', 'column', 'value', 'element', 'expression'], rows));
}

function printMappedRow(io: Io, { facts, work, ignored }: TracedViewRow['mapped']): void {
  for (const fact of facts) {
    const how = getConversionText(fact);
    io.out(`    gives ${fact.kind}: ${formatFact(fact)}${how === '' ? '' : `, from ${how}`}\n`);
  }
  for (const need of work) io.out(`    held ${need.reason} at ${need.element}: ${need.detail}\n`);
  if (ignored) io.out(`    ignored ${ignored.reason}: ${ignored.detail}\n`);
}

/** Each row of each view: its columns that have a value, with element and expression, and what the row gave. */
export function printMappingTrace(io: Io, traced: readonly TracedViewRow[]): void {
  const ofView = new Map<string, number>();
  for (const { view, file, cells, mapped } of traced) {
    const row = (ofView.get(view) ?? 0) + 1;
    ofView.set(view, row);
    io.out(`  view ${view} (${file}), ${cells.length === 0 ? 'contained resource' : `row ${row}`}\n`);
    printTracedCells(io, cells);
    printMappedRow(io, mapped);
  }
}
