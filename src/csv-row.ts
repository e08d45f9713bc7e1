/** The value of a cell; null is an empty cell. */
export type CsvCell = string | number | boolean | null;

/**
 * Characters that RFC 4180 requires to be quoted; blanks at either end, which many readers trim from unquoted cells; and the
 * separators of other locales, after which a spreadsheet might begin a new cell.
 */
const NEEDS_QUOTES = /[",\r\n;\t]|^\s|\s$/;

/**
 * A start that makes a spreadsheet read a cell as a formula (OWASP, CSV injection), with the full-width forms that some
 * take for the same; also behind apostrophes, so that one can be taken away again.
 */
const FORMULA_START = /^'*[=+\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]/;

const PLAIN_NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/**
 * Puts an apostrophe before text that a spreadsheet would run as a formula, so that it stays text. Numbers keep their sign. A
 * reader takes the apostrophe away from a cell that begins with apostrophes and then one of `= + - @`, tab or line break.
 */
function disarmFormula(text: string): string {
  return FORMULA_START.test(text) && !PLAIN_NUMBER.test(text) ? `'${text}` : text;
}

/** Formats one row of a CSV file (RFC 4180), with its CRLF. No cell is a formula. */
export function formatCsvRow(cells: readonly CsvCell[]): string {
  const texts = cells.map((cell) => {
    const text = cell === null ? '' : disarmFormula(String(cell));
    return NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  });
  return `${texts.join(',')}\r\n`;
}
