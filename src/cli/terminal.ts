/** What a command may say and hear; a test hands in its own. */
export interface Io {
  /** Results. */
  out(text: string): void;
  /** Everything else: progress, findings, failures. */
  err(text: string): void;
  /** Whether standard error is a terminal, which can show a line that changes. */
  readonly errIsTerminal: boolean;
  readonly stdin: AsyncIterable<Uint8Array>;
  /** Ends when somebody asks the service to stop. */
  waitUntilStopped(): Promise<void>;
  /** Calls whenever somebody asks the service to read its mappings again (SIGHUP). */
  onReload(reload: () => void): void;
}

/** Characters that would move the cursor or colour the screen are not ours to pass on. */
function replaceControlCharacters(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that are taken out
  return text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ');
}

function measureColumn(rows: readonly (readonly string[])[], column: number): number {
  return rows.reduce((most, row) => Math.max(most, (row[column] ?? '').length), 0);
}

/** Rows in columns of equal width, the heads above; `(none)` where there are no rows. */
export function formatTable(heads: readonly string[], rows: readonly (readonly unknown[])[]): string {
  if (rows.length === 0) return '(none)\n';
  const cells = [heads, ...rows].map((row) =>
    row.map((cell) => replaceControlCharacters(String(cell ?? ''))),
  );
  const widths = heads.map((_, column) => measureColumn(cells, column));
  const lines = cells.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return `${lines.join('\n')}\n`;
}

export function printJson(io: Io, value: unknown): void {
  io.out(`${JSON.stringify(value, null, 2)}\n`);
}

export function pluralize(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** How long work goes on, without a line for every step. */
export interface ProgressReporter {
  update(text: string): void;
  finish(): void;
}

const TERMINAL_INTERVAL_MS = 100;
const PLAIN_INTERVAL_MS = 5_000;

/** On a terminal one line that changes; elsewhere a plain line now and then. */
export function createProgressReporter(
  io: Io,
  now: () => number = () => performance.now(),
): ProgressReporter {
  const every = io.errIsTerminal ? TERMINAL_INTERVAL_MS : PLAIN_INTERVAL_MS;
  let last = now();
  let shown = 0;
  return {
    update(text) {
      if (now() - last < every) return;
      last = now();
      io.err(io.errIsTerminal ? `\r${text.padEnd(shown)}` : `${text}\n`);
      shown = text.length;
    },
    finish() {
      if (io.errIsTerminal && shown > 0) io.err(`\r${' '.repeat(shown)}\r`);
    },
  };
}
