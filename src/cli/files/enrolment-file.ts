import { CsvError, parse } from 'csv-parse/sync';
import { Failure } from '../../errors.ts';
import { LONG_ID_PATTERN, RESOURCE_ID_PATTERN } from '../../fhir/resource-types.ts';
import { isDate } from '../../fhir/validate/primitive-types.ts';

/** One row of an enrolment file. */
export interface EnrolmentFileRow {
  readonly subject: string;
  readonly site: string;
  readonly patient: string;
  readonly enrolledOn: string;
  readonly consentedOn: string;
}

/** An invalid cell, with its fix. */
export interface CellProblem {
  readonly line: number;
  readonly column: string;
  readonly fix: string;
}

const COLUMNS = ['subject', 'site', 'patient', 'enrolledOn', 'consentedOn'] as const;

type EnrolmentColumn = (typeof COLUMNS)[number];

const NAME_PATTERN = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;

/** Whether the text is a patient identifier: `Patient/id` or `system|value`. */
function isPatientIdentifier(text: string): boolean {
  const reference = /^Patient\/(.+)$/.exec(text);
  if (reference)
    return RESOURCE_ID_PATTERN.test(reference[1] ?? '') || LONG_ID_PATTERN.test(reference[1] ?? '');
  const bar = text.indexOf('|');
  return bar > 0 && bar < text.length - 1 && !/\s/.test(text.slice(0, bar));
}

/** Whether the text is a whole date that exists, not a partial one. */
const isDay = (text: string) => text.length === 10 && isDate(text);

const COLUMN_RULES: Readonly<Record<EnrolmentColumn, { isValid: (text: string) => boolean; fix: string }>> = {
  subject: {
    isValid: (text) => NAME_PATTERN.test(text),
    fix: 'write a subject number: letters, digits, "_", "." and "-"',
  },
  site: { isValid: (text) => NAME_PATTERN.test(text), fix: 'write the id of a site, such as site-1' },
  patient: { isValid: isPatientIdentifier, fix: 'write system|value or Patient/id' },
  enrolledOn: { isValid: isDay, fix: 'write a day that exists, as YYYY-MM-DD' },
  consentedOn: { isValid: isDay, fix: 'write a day that exists, as YYYY-MM-DD' },
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
    throw new Failure(
      'cli/failed',
      'The file is not valid CSV with as many cells in each row as in the header.',
      {
        at: `${file}, line ${Number(cause.lines ?? 1)}`,
        fix: `Write ${COLUMNS.length} cells in each row: ${COLUMNS.join(',')}.`,
      },
    );
  }
}

function readHeader(records: readonly CsvRecord[], file: string): readonly string[] {
  const header = records[0]?.record ?? [];
  const missing = COLUMNS.filter((column) => !header.includes(column));
  const unknown = header.filter((column) => !COLUMNS.some((known) => known === column));
  if (missing.length === 0 && unknown.length === 0 && new Set(header).size === header.length) return header;
  throw new Failure('cli/failed', 'The file does not have the header of an enrolment file.', {
    at: `${file}, line 1`,
    fix: `Write the header ${COLUMNS.join(',')}.`,
  });
}

function findCellProblems(row: EnrolmentFileRow, line: number): CellProblem[] {
  return COLUMNS.filter((column) => !COLUMN_RULES[column].isValid(row[column])).map((column) => ({
    line,
    column,
    fix: COLUMN_RULES[column].fix,
  }));
}

/** Finds ids over 64 characters of sites from which they are not taken. */
function findRefusedLongIds(
  { site, patient }: EnrolmentFileRow,
  line: number,
  takesLongIds: (site: string) => boolean,
): CellProblem[] {
  if (!/^Patient\//.test(patient) || !LONG_ID_PATTERN.test(patient.slice('Patient/'.length))) return [];
  const fix =
    'write system|value; or, if the EHR has ids over 64 characters, set "longIds": "as-identifiers" for the site in the configuration';
  return takesLongIds(site) ? [] : [{ line, column: 'patient', fix }];
}

/** Finds subjects, and patients of a site, that an earlier row already contains. */
function findRepeatedCells(rows: readonly { row: EnrolmentFileRow; line: number }[]): CellProblem[] {
  const firstLines = new Map<string, number>();
  return rows.flatMap(({ row, line }) => {
    const keys = [
      ['subject', row.subject],
      ['patient', JSON.stringify([row.site, row.patient])],
    ] as const;
    return keys.flatMap(([column, value]) => {
      const key = `${column} ${value}`;
      const firstLine = firstLines.get(key);
      if (firstLine === undefined) firstLines.set(key, line);
      return firstLine === undefined
        ? []
        : [{ line, column, fix: `keep one: line ${firstLine} has the same value` }];
    });
  });
}

/**
 * Parses an enrolment file and checks all its rows: either all are valid, or the problems list each invalid cell with its
 * fix. Throws `cli/failed` for a file without this table. The problems never show the content of a cell.
 */
export function parseEnrolmentFile(
  text: string,
  file: string,
  takesLongIds: (site: string) => boolean = () => false,
): { rows: readonly EnrolmentFileRow[]; problems: readonly CellProblem[] } {
  const records = parseCsvRecords(text, file);
  const header = readHeader(records, file);
  const rows = records.slice(1).map(({ record, info }) => {
    const getCell = (column: EnrolmentColumn) => record[header.indexOf(column)] ?? '';
    const row: EnrolmentFileRow = {
      subject: getCell('subject'),
      site: getCell('site'),
      patient: getCell('patient'),
      enrolledOn: getCell('enrolledOn'),
      consentedOn: getCell('consentedOn'),
    };
    return { row, line: info.lines };
  });
  const problems = [
    ...rows.flatMap(({ row, line }) => findCellProblems(row, line)),
    ...rows.flatMap(({ row, line }) => findRefusedLongIds(row, line, takesLongIds)),
    ...findRepeatedCells(rows),
  ];
  return { rows: rows.map(({ row }) => row), problems: problems.sort((a, b) => a.line - b.line) };
}
