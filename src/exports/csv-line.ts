import type { DatasetCell } from './tabulation/dataset-definition.ts';

/** One line of a CSV file (RFC 4180): what holds a comma, a quote or a line break is quoted; empty where nothing is known. */
export function formatCsvRow(cells: readonly DatasetCell[]): string {
  const texts = cells.map((cell) => {
    const text = cell === null ? '' : String(cell);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  });
  return `${texts.join(',')}\r\n`;
}
