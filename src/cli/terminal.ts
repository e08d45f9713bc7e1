/** The input and output of a command; a test passes its own. */
export interface Io {
  /** Results. */
  out(text: string): void;
  /** Progress, problems and failures. */
  err(text: string): void;
  /** Whether standard error is a terminal, where a line can be updated in place. */
  readonly errIsTerminal: boolean;
  readonly stdin: AsyncIterable<Uint8Array>;
  /** Asks for a secret without showing it; null where there is no terminal to ask at. */
  askSecret(question: string): Promise<string | null>;
  /** Resolves when the service is asked to stop (SIGINT or SIGTERM). */
  waitUntilStopped(): Promise<void>;
  /** Calls `reload` whenever the service is asked to read its mappings again (SIGHUP). */
  onReload(reload: () => void): void;
}

/** Replaces control characters, which external data could use to move the cursor or change colours. */
function replaceControlCharacters(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that are replaced
  return text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ');
}

function measureColumn(rows: readonly (readonly string[])[], column: number): number {
  return rows.reduce((width, row) => Math.max(width, (row[column] ?? '').length), 0);
}

/** Formats rows in aligned columns under their headings; `(none)` if there are no rows. */
export function formatTable(headings: readonly string[], rows: readonly (readonly unknown[])[]): string {
  if (rows.length === 0) return '(none)\n';
  const cells = [headings, ...rows].map((row) =>
    row.map((cell) => replaceControlCharacters(String(cell ?? ''))),
  );
  const widths = headings.map((_, column) => measureColumn(cells, column));
  const lines = cells.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return `${lines.join('\n')}\n`;
}

/** Prints a value as indented JSON. */
export function printJson(io: Io, value: unknown): void {
  io.out(`${JSON.stringify(value, null, 2)}\n`);
}

/** Formats a count with its noun, such as `1 subject` or `2 subjects`. */
export function pluralise(count: number, singular: string, plural = `${singular}s`): string {
  return `${count} ${count === 1 ? singular : plural}`;
}

/** Reports the progress of long work, without a line for every step. */
interface ProgressReporter {
  update(text: string): void;
  finish(): void;
}

const TERMINAL_INTERVAL_MS = 100;
const PLAIN_INTERVAL_MS = 5_000;

/** Creates a reporter: on a terminal one line that is updated in place, elsewhere a plain line every few seconds. */
export function createProgressReporter(
  io: Io,
  now: () => number = () => performance.now(),
): ProgressReporter {
  const interval = io.errIsTerminal ? TERMINAL_INTERVAL_MS : PLAIN_INTERVAL_MS;
  let lastUpdate = now();
  let shownLength = 0;
  return {
    update(text) {
      if (now() - lastUpdate < interval) return;
      lastUpdate = now();
      io.err(io.errIsTerminal ? `\r${text.padEnd(shownLength)}` : `${text}\n`);
      shownLength = text.length;
    },
    finish() {
      if (io.errIsTerminal && shownLength > 0) io.err(`\r${' '.repeat(shownLength)}\r`);
    },
  };
}
