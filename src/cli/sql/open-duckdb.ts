import type { DuckDBConnection } from '@duckdb/node-api';
import { Failure } from '../../errors.ts';

/** Loads DuckDB, an optional dependency; a test passes its own. */
type LoadDuckDb = () => Promise<Pick<typeof import('@duckdb/node-api'), 'DuckDBInstance'>>;

/** The result of a query: its columns in order, and its rows with the values as JSON has them. */
export interface QueryResult {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
}

/** A database in memory. */
export interface AnalysisDatabase {
  /** Runs statements of ours. Throws `cli/failed`, with file and line where a resource is the cause. */
  run(sql: string): Promise<void>;
  /** Runs one statement of the user. Throws `cli/usage` for none or several, `cli/failed` for one that fails. */
  query(sql: string): Promise<QueryResult>;
  close(): void;
}

/** Kinds of errors about the statement. All others are about the data, whose values are not repeated. */
const STATEMENT_ERRORS =
  /^(?:Failed to \w+ statements?: )?(Parser|Binder|Catalog|Permission|Not implemented) Error: (.*)/;

/** Finds the file and line that an error names. For a line that is not JSON, DuckDB (1.5) names the next one. */
function findPlace(text: string): { readonly at: string; readonly problem: string } | null {
  const found = /in file "(.+?)", (at byte \d+ )?in line (\d+): ?(.*)/s.exec(text);
  if (!found) return null;
  const [, file, byte, line, problem = ''] = found;
  return { at: `${file}:${Number(line) - (byte === undefined ? 0 : 1)}`, problem };
}

/**
 * Converts an error of DuckDB, which carries all that it knows in its message. What it quotes of the data is left out: it may
 * be about a patient.
 */
function toQueryFailure(cause: unknown): Failure {
  const text = cause instanceof Error ? cause.message : String(cause);
  const statementError = STATEMENT_ERRORS.exec(text);
  if (statementError) {
    const fix = 'Correct the query. A query reads the views and the named files, and nothing else.';
    return new Failure('cli/failed', `${statementError[1]} error: ${statementError[2]}`, { fix });
  }
  const place = findPlace(text);
  const problem =
    (place?.problem ?? text)
      .split('\n')[0]
      ?.replace(/["'].*["']/s, '…')
      .trim() ?? '';
  const fix = place
    ? 'Correct the resource, or leave out the view that reads this element.'
    : 'Correct the query, or the view that it reads.';
  return new Failure('cli/failed', problem, { ...(place ? { at: place.at } : {}), fix });
}

async function tryQuery<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    throw toQueryFailure(cause);
  }
}

/** Converts a value of DuckDB to JSON: lists to arrays, structs to objects, dates and decimals to text. */
function toJsonValue(value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value !== 'object' || value === null) return value;
  if ('items' in value && Array.isArray(value.items)) return value.items.map(toJsonValue);
  if (!('entries' in value)) return String(value);
  if (Array.isArray(value.entries))
    return value.entries.map((entry: { readonly key: unknown; readonly value: unknown }) => ({
      key: toJsonValue(entry.key),
      value: toJsonValue(entry.value),
    }));
  const members = Object.entries(value.entries as Readonly<Record<string, unknown>>);
  return Object.fromEntries(members.map(([name, member]) => [name, toJsonValue(member)]));
}

async function runQuery(connection: DuckDBConnection, sql: string): Promise<QueryResult> {
  const { count } = await connection.extractStatements(sql);
  if (count !== 1)
    throw new Failure('cli/usage', `The query has ${count} statements.`, {
      at: '<query>',
      fix: 'Write one statement.',
    });
  const result = await connection.runAndReadAll(sql);
  return {
    columns: result.columnNames(),
    rows: result.getRows().map((row) => row.map(toJsonValue)),
  };
}

/** Opens a database in memory that keeps what does not fit there in the folder. Throws `cli/failed` without DuckDB. */
export async function openDuckDb(
  temporaryFolder: string,
  load: LoadDuckDb = () => import('@duckdb/node-api'),
): Promise<AnalysisDatabase> {
  const { DuckDBInstance } = await load().catch((cause: unknown) => {
    const fix = 'Install it: npm install --include=optional. It is published for Linux, macOS and Windows.';
    const at = '@duckdb/node-api';
    throw new Failure(
      'cli/failed',
      'DuckDB is not installed, or not for this system.',
      { at, fix },
      { cause },
    );
  });
  const instance = await DuckDBInstance.create(':memory:', { temp_directory: temporaryFolder });
  const connection = await instance.connect();
  return {
    run: (sql) => tryQuery(async () => void (await connection.run(sql))),
    query: (sql) => tryQuery(() => runQuery(connection, sql)),
    close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}
