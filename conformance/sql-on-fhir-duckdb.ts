import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { Failure } from '../src/errors.ts';
import { parseJson, stringifyJson } from '../src/fhir/lossless-json.ts';
import { translateView } from '../src/mapping/view-to-sql/translate-view.ts';
import type { CaseResult, ConformanceSuite } from './case-result.ts';
import { compareExpectedRows, type ViewCase, type ViewSuite } from './sql-on-fhir.ts';

/** Runs a view in DuckDB, over the resources of its type: a file holds one type. */
async function readRows(
  connection: DuckDBConnection,
  folder: string,
  { view }: ViewCase,
  { resources }: ViewSuite,
): Promise<readonly Record<string, unknown>[]> {
  const translated = translateView(view);
  const file = join(folder, 'resources.ndjson');
  const lines = resources
    .filter(({ resourceType }) => resourceType === translated.resource)
    .map(stringifyJson);
  writeFileSync(file, `${lines.join('\n')}\n`);
  const result = await connection.runAndReadAll(translated.formatQuery(lines.length === 0 ? [] : [file]));
  // Whole numbers are text there: the suite has numbers.
  return result.getRowObjectsJson().map((row) =>
    Object.fromEntries(
      translated.columns.map(({ name, type }) => {
        const value = row[name];
        return [name, type === 'BIGINT' && typeof value === 'string' ? Number(value) : value];
      }),
    ),
  );
}

/** What is refused as having no SQL is a known miss; what is translated must be right. */
async function runCase(
  connection: DuckDBConnection,
  folder: string,
  name: string,
  test: ViewCase,
  suite: ViewSuite,
): Promise<CaseResult> {
  try {
    const fault = compareExpectedRows(test, await readRows(connection, folder, test, suite));
    const note = test.expectError ? 'an error was expected' : fault;
    return { name, passed: note === null, note, knownMiss: false };
  } catch (cause) {
    if (test.expectError) return { name, passed: true, note: null, knownMiss: false };
    if (!(cause instanceof Failure))
      return { name, passed: false, note: `broke: ${cause}`, knownMiss: false };
    return { name, passed: false, note: `refused: ${cause.line}`, knownMiss: true };
  }
}

async function runInDuckDb(path: string): Promise<CaseResult[]> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const folder = mkdtempSync(join(tmpdir(), 'sql-on-fhir-'));
  const results: CaseResult[] = [];
  try {
    for (const file of readdirSync(path)
      .filter((each) => each.endsWith('.json'))
      .sort()) {
      const suite = parseJson(readFileSync(join(path, file), 'utf8')) as ViewSuite;
      for (const test of suite.tests) {
        const name = `${file.replace('.json', '')}: ${test.title}`;
        results.push(await runCase(connection, folder, name, test, suite));
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
    connection.closeSync();
    instance.closeSync();
  }
  return results;
}

/** The public suite, with the views translated to SQL and run by DuckDB. */
export const duckDbSuite: ConformanceSuite = {
  name: 'SQL on FHIR ViewDefinition, as SQL of DuckDB',
  folder: 'suites/sql-on-fhir',
  run: runInDuckDb,
};
