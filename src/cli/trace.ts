import type { Service } from '../service.ts';
import { conversionOf, factSays } from './fact-words.ts';
import { type Io, table } from './terminal.ts';

type Traced = Awaited<ReturnType<Service['trace']>>[number];

function shown(value: unknown): string {
  if (Array.isArray(value)) return value.map(shown).join(', ');
  return typeof value === 'string' ? value : value === null || value === undefined ? '' : String(value);
}

const isEmpty = (value: unknown): boolean =>
  value === null || value === false || (Array.isArray(value) && value.length === 0);

function printCells(io: Io, cells: Traced['cells']): void {
  const rows = cells
    .filter(({ value }) => !isEmpty(value))
    .map(({ column, path, element, value }) => ['   ', column, shown(value), element, path]);
  if (rows.length > 0) io.out(table(['   ', 'column', 'value', 'element', 'expression'], rows));
}

function printGiven(io: Io, { facts, work, ignored }: Traced['mapped']): void {
  for (const fact of facts) {
    const how = conversionOf(fact);
    io.out(`    gives ${fact.kind}: ${factSays(fact)}${how === '' ? '' : `, from ${how}`}\n`);
  }
  for (const need of work) io.out(`    held ${need.reason} at ${need.element}: ${need.detail}\n`);
  if (ignored) io.out(`    ignored ${ignored.reason}: ${ignored.detail}\n`);
}

/** Each row of each view: its columns that have a value, with element and expression, and what the row gave. */
export function printTrace(io: Io, traced: readonly Traced[]): void {
  const ofView = new Map<string, number>();
  for (const { view, file, cells, mapped } of traced) {
    const row = (ofView.get(view) ?? 0) + 1;
    ofView.set(view, row);
    io.out(`  view ${view} (${file}), ${cells.length === 0 ? 'contained resource' : `row ${row}`}\n`);
    printCells(io, cells);
    printGiven(io, mapped);
  }
}
