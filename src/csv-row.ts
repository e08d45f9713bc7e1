/** The value of a cell; null is an empty cell. */
export type CsvCell = string | number | boolean | null;

/** Characters that RFC 4180 requires to be quoted, and blanks at either end, which many readers trim from unquoted cells. */
const NEEDS_QUOTES = /[",\r\n]|^\s|\s$/;

/** Formats one row of a CSV file (RFC 4180), with its CRLF. */
export function formatCsvRow(cells: readonly CsvCell[]): string {
  const texts = cells.map((cell) => {
    const text = cell === null ? '' : String(cell);
    return NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  });
  return `${texts.join(',')}\r\n`;
}

/** First characters that make a spreadsheet read a cell as a formula (OWASP, CSV injection). */
const FORMULA_START = /^[=+\-@\t\r]/;

/** Puts an apostrophe before text that a spreadsheet would run as a formula, so that it stays text. */
export function disarmFormula(text: string): string {
  return FORMULA_START.test(text) ? `'${text}` : text;
}
