import { CsvError, parse } from 'csv-parse/sync';
import { Failure } from '../../errors.ts';
import { RESOURCE_ID_PATTERN } from '../../fhir/resource-types.ts';
import { isDate } from '../../fhir/validate/primitive-types.ts';

/** One row of an enrolment file. */
export interface EnrolmentFileRow {
  readonly subject: string;
  readonly site: string;
  readonly patient: string;
  readonly enrolledOn: string;
  readonly consentedOn: string;
}

/** What is wrong in one cell, and what to write instead. */
export interface CellProblem {
  readonly line: number;
  readonly column: string;
  readonly fix: string;
}

const COLUMNS = ['subject', 'site', 'patient', 'enrolledOn', 'consentedOn'] as const;

type EnrolmentColumn = (typeof COLUMNS)[number];

const NAME_PATTERN = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;

function isPatientToken(text: string): boolean {
  const reference = /^Patient\/(.+)$/.exec(text);
  if (reference) return RESOURCE_ID_PATTERN.test(reference[1] ?? '');
  const bar = text.indexOf('|');
  return bar > 0 && bar < text.length - 1 && !/\s/.test(text.slice(0, bar));
}

const isDay = (text: string) => text.length === 10 && isDate(text);

const COLUMN_RULES: Readonly<Record<EnrolmentColumn, { test: (text: string) => boolean; fix: string }>> = {
  subject: {
    test: (text) => NAME_PATTERN.test(text),
    fix: 'write a subject number: letters, digits, "_", "." and "-"',
  },
  site: { test: (text) => NAME_PATTERN.test(text), fix: 'write the id of a site, such as site-1' },
  patient: { test: isPatientToken, fix: 'write system|value or Patient/id' },
  enrolledOn: { test: isDay, fix: 'write a day that exists, as YYYY-MM-DD' },
  consentedOn: { test: isDay, fix: 'write a day that exists, as YYYY-MM-DD' },
};

interface CsvRecord {
  readonly record: readonly string[];
  readonly info: { readonly lines: number };
}

function parseCsvRecords(text: string, file: string): readonly CsvRecord[] {
  try {
    const rows: unknown = parse(text, { bom: true, info: true, skip_empty_lines: true, trim: true });
    return rows as readonly CsvRecord[];
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    throw new Failure('cli/failed', 'The file is not CSV with as many cells in each row as in the head.', {
      at: `${file}, line ${Number(cause.lines ?? 1)}`,
      fix: `Give each row ${COLUMNS.length} cells: ${COLUMNS.join(',')}.`,
    });
  }
}

function readHeader(rows: readonly CsvRecord[], file: string): readonly string[] {
  const head = rows[0]?.record ?? [];
  const missing = COLUMNS.filter((column) => !head.includes(column));
  const unknown = head.filter((column) => !COLUMNS.some((known) => known === column));
  if (missing.length === 0 && unknown.length === 0 && new Set(head).size === head.length) return head;
  throw new Failure('cli/failed', 'The head of the file is not that of an enrolment file.', {
    at: `${file}, line 1`,
    fix: `Write the head ${COLUMNS.join(',')}.`,
  });
}

function findCellProblems(row: EnrolmentFileRow, line: number): CellProblem[] {
  return COLUMNS.filter((column) => !COLUMN_RULES[column].test(row[column])).map((column) => ({
    line,
    column,
    fix: COLUMN_RULES[column].fix,
  }));
}

/** One subject, and one patient of a site, stands once. */
function findRepeatedCells(rows: readonly { row: EnrolmentFileRow; line: number }[]): CellProblem[] {
  const first = new Map<string, number>();
  return rows.flatMap(({ row, line }) => {
    const keys = [
      ['subject', row.subject],
      ['patient', JSON.stringify([row.site, row.patient])],
    ] as const;
    return keys.flatMap(([column, value]) => {
      const key = `${column} ${value}`;
      const before = first.get(key);
      if (before === undefined) first.set(key, line);
      return before === undefined ? [] : [{ line, column, fix: `keep one: line ${before} says the same` }];
    });
  });
}

/**
 * Reads an enrolment file. All rows are checked: either all are good, or the problems say where and what to do. Throws
 * `cli/failed` where the file is no such table. The problems never show what stands in a cell.
 */
export function parseEnrolmentFile(
  text: string,
  file: string,
): { rows: readonly EnrolmentFileRow[]; problems: readonly CellProblem[] } {
  const raw = parseCsvRecords(text, file);
  const head = readHeader(raw, file);
  const rows = raw.slice(1).map(({ record, info }) => {
    const cell = (column: EnrolmentColumn) => record[head.indexOf(column)] ?? '';
    const row: EnrolmentFileRow = {
      subject: cell('subject'),
      site: cell('site'),
      patient: cell('patient'),
      enrolledOn: cell('enrolledOn'),
      consentedOn: cell('consentedOn'),
    };
    return { row, line: info.lines };
  });
  const problems = [
    ...rows.flatMap(({ row, line }) => findCellProblems(row, line)),
    ...findRepeatedCells(rows),
  ];
  return { rows: rows.map(({ row }) => row), problems: problems.sort((a, b) => a.line - b.line) };
}
