import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Decimal } from 'decimal.js';
import { Failure } from '../src/errors.ts';
import { isWireNumber, parseJson, readDigits } from '../src/fhir/lossless-json.ts';
import { isObject, type Resource } from '../src/fhir/resource.ts';
import { compileView } from '../src/mapping/view/compile-view.ts';
import type { CaseResult, ConformanceSuite } from './case-result.ts';

/** Cases that are expected to fail, by `file: title`, each with the reason. There are none at present. */
const KNOWN_MISSES: Readonly<Record<string, string>> = {};

/** A case of the public suite. */
export interface ViewCase {
  readonly title: string;
  readonly view: unknown;
  readonly expect?: readonly unknown[];
  readonly expectCount?: unknown;
  readonly expectColumns?: readonly string[];
  readonly expectError?: boolean;
}

/** A file of the public suite. */
export interface ViewSuite {
  readonly resources: readonly Resource[];
  readonly tests: readonly ViewCase[];
}

/** Runs every case of every file in the folder unchanged. */
async function runSqlOnFhir(path: string): Promise<CaseResult[]> {
  const files = (await readdir(path)).filter((file) => file.endsWith('.json')).sort();
  const results: CaseResult[] = [];
  for (const file of files) {
    const suite = parseJson(await readFile(join(path, file), 'utf8')) as ViewSuite;
    for (const test of suite.tests) {
      results.push(runViewCase(`${file.replace('.json', '')}: ${test.title}`, test, suite.resources));
    }
  }
  return results;
}

function runViewCase(caseName: string, test: ViewCase, resources: readonly Resource[]): CaseResult {
  const fault = findViewFault(test, resources);
  const reason = KNOWN_MISSES[caseName];
  const notice = reason !== undefined && fault === null ? `passes, though listed as a miss: ${reason}` : null;
  return { name: caseName, passed: fault === null, note: fault ?? notice, knownMiss: reason !== undefined };
}

/** Returns why the result of the view is wrong; null where it is as expected. */
function findViewFault(test: ViewCase, resources: readonly Resource[]): string | null {
  let rows: readonly Record<string, unknown>[];
  let columns: readonly string[];
  try {
    const view = compileView(test.view);
    columns = view.columns.map((column) => column.name);
    rows = resources.flatMap((resource) => view.listRows(resource).map((row) => row.values));
  } catch (error) {
    // Only a Failure is a refusal. Any other error is a defect of the adapter, even where the case expects an error.
    if (!(error instanceof Failure)) return `broke: ${error}`;
    return test.expectError ? null : `refused: ${error.line}`;
  }
  if (test.expectError) return 'an error was expected';
  return compareColumns(test, columns) ?? compareExpectedRows(test, rows);
}

function compareColumns(test: ViewCase, columns: readonly string[]): string | null {
  if (!test.expectColumns || columns.join() === test.expectColumns.join()) return null;
  return `columns ${columns.join()} instead of ${test.expectColumns.join()}`;
}

/** Returns how the rows differ from those that the case expects; null where they do not. */
export function compareExpectedRows(test: ViewCase, rows: readonly unknown[]): string | null {
  if (test.expectCount !== undefined && readDigits(test.expectCount) !== String(rows.length)) {
    return `${rows.length} rows instead of ${readDigits(test.expectCount)}`;
  }
  if (!test.expect) return test.expectCount === undefined ? 'the case expects nothing' : null;
  const [actual, expected] = [rows, test.expect].map((list) => list.map(toComparableText).sort().join('\n'));
  return actual === expected ? null : `rows\n${actual}\ninstead of\n${expected}`;
}

/** Formats a row for comparison: keys sorted, numbers by their value (0.95 equals 0.95000000). */
function toComparableText(value: unknown): string {
  if (isWireNumber(value)) return new Decimal(readDigits(value) ?? '').toString();
  if (Array.isArray(value)) return `[${value.map(toComparableText).join()}]`;
  if (!isObject(value)) return JSON.stringify(value ?? null);
  const entries = Object.entries(value).map(([key, inner]) => `${key}:${toComparableText(inner)}`);
  return `{${entries.sort().join()}}`;
}

export const viewDefinitionSuite: ConformanceSuite = {
  name: 'SQL on FHIR ViewDefinition',
  folder: 'suites/sql-on-fhir',
  run: runSqlOnFhir,
};
