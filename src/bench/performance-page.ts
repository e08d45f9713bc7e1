import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BenchResult } from './bench-result.ts';
import { type BenchTable, buildBenchTables, formatSurroundings } from './format-figures.ts';

/** The page between whose marks the figures stand; what is outside of them is written by hand. */
const PAGE = join(import.meta.dirname, '../../docs/performance.md');
const BEGIN = '<!-- bench:begin: written by `trial-adapter bench --write`; edits here are lost -->';
const END = '<!-- bench:end -->';

const formatRow = (cells: readonly string[]): string =>
  `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;

const formatMarkdownTable = ({ title, headings, rows }: BenchTable): string =>
  [
    `### ${title}`,
    '',
    formatRow(headings),
    formatRow(headings.map(() => '---')),
    ...rows.map(formatRow),
  ].join('\n');

/** Replaces the part between the marks of the page. */
export function replaceFigures(page: string, result: BenchResult): string {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`The page has no marks for the figures: ${BEGIN} ${END}`);
  const surroundings = formatSurroundings(result).map((line) => `* ${line}`);
  const figures = [surroundings.join('\n'), ...buildBenchTables(result).map(formatMarkdownTable)];
  return `${page.slice(0, begin)}${BEGIN}\n\n${figures.join('\n\n')}\n\n${page.slice(end)}`;
}

/** Writes the figures into docs/performance.md; returns its path. */
export function writePerformancePage(result: BenchResult): string {
  writeFileSync(PAGE, replaceFigures(readFileSync(PAGE, 'utf8'), result));
  return PAGE;
}
