import { CsvError, parse } from 'csv-parse/sync';
import { Failure } from '../../errors.ts';
import { LONG_ID_PATTERN, RESOURCE_ID_PATTERN } from '../../fhir/resource-types.ts';
import { isDate } from '../../fhir/validate/primitive-types.ts';

/** One row of an enrolment file. */
interface EnrolmentFileRow {
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

/** A row with its place in the file, such as `enrolment.csv:2`. */
export interface LocatedRow extends EnrolmentFileRow {
  readonly at: string;
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

const HEADER = COLUMNS.join(',');

/** The first bytes of files that are not text, with what they are. */
const BINARY_SIGNATURES: readonly (readonly [signature: string, kind: string])[] = [
  ['504b0304', 'an Excel workbook (.xlsx) or another zip file'],
  ['d0cf11e0', 'an Excel workbook (.xls)'],
  ['25504446', 'a PDF'],
  ['1f8b', 'compressed with gzip'],
];

const SAVE_AS_UTF8 = 'Save it as "CSV UTF-8 (comma delimited)", or convert it to UTF-8, and name that file.';

/**
 * Decodes an enrolment file: UTF-8, with or without byte order mark. Throws `cli/failed` for a workbook or another file that
 * is not text, for UTF-16, and for bytes that are not UTF-8, with the line and column of the first.
 */
export function decodeEnrolmentFile(bytes: Uint8Array, file: string): string {
  const start = Buffer.from(bytes.subarray(0, 4)).toString('hex');
  const binary = BINARY_SIGNATURES.find(([signature]) => start.startsWith(signature));
  if (binary) throw refuseFile(`The file is ${binary[1]}, not CSV.`, file, SAVE_AS_UTF8);
  if (start.startsWith('fffe') || start.startsWith('feff'))
    throw refuseFile('The file is UTF-16 text, not UTF-8.', file, SAVE_AS_UTF8);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return refuseEncoding(bytes, file);
  }
}

/** Refuses a file with the place of its first byte that is not UTF-8: the end of the longest part that is. */
function refuseEncoding(bytes: Uint8Array, file: string): never {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  // Each invalid byte is decoded as the replacement character, which a file of names and numbers does not hold.
  const before = decoder.decode(bytes).split('\uFFFD', 1)[0] ?? '';
  const lines = before.split('\n');
  const column = (lines.at(-1)?.length ?? 0) + 1;
  const message = 'The file is not UTF-8 text; it may be Latin-1 or Windows-1252.';
  throw refuseFile(message, `${file}:${lines.length}, character ${column}`, SAVE_AS_UTF8);
}

const refuseFile = (message: string, at: string, fix: string): Failure =>
  new Failure('cli/failed', message, { at, fix });

function parseCsvRecords(text: string, file: string): readonly CsvRecord[] {
  try {
    const options = { bom: true, info: true, skip_empty_lines: true, trim: true, relax_column_count: true };
    return parse(text, options) as unknown as readonly CsvRecord[];
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    const message = 'The file is not valid CSV: a quotation mark is not closed, or stands within a cell.';
    throw refuseFile(
      message,
      `${file}:${Number(cause.lines ?? 1)}`,
      'Close the quotation mark, and double those within a cell.',
    );
  }
}

/** Separators that spreadsheets write in place of the comma. */
const OTHER_SEPARATORS: readonly (readonly [separator: string, name: string])[] = [
  [';', 'semicolons'],
  ['\t', 'tabs'],
  ['|', 'vertical bars'],
];

const listMissingColumns = (header: readonly string[]): readonly string[] =>
  COLUMNS.filter((column) => !header.includes(column));

/** Refuses a file whose first line has columns of ours between something else than commas. */
function refuseOtherSeparator(text: string, file: string): void {
  const [line = ''] = text
    .replace(/^\uFEFF/, '')
    .trimStart()
    .split(/\r?\n/, 1);
  const countColumns = (separator: string): number =>
    COLUMNS.length -
    listMissingColumns(line.split(separator).map((cell) => cell.replaceAll('"', '').trim())).length;
  const separated = OTHER_SEPARATORS.find(([separator]) => countColumns(separator) > 1);
  if (!separated || countColumns(',') > 1) return;
  const fix = 'Separate them by commas; in a spreadsheet, save it as "CSV UTF-8 (comma delimited)".';
  throw refuseFile(`The columns are separated by ${separated[1]}, not by commas.`, `${file}:1`, fix);
}

function describeHeaderFaults(header: readonly string[]): readonly string[] {
  const unknown = header.filter((column) => !COLUMNS.some((known) => known === column));
  const repeated = COLUMNS.filter((column) => header.indexOf(column) !== header.lastIndexOf(column));
  const faults = [
    ['missing', listMissingColumns(header)],
    ['unknown', unknown.map((column) => (column === '' ? '(no name)' : column.slice(0, 40)))],
    ['repeated', repeated],
  ] as const;
  return faults.flatMap(([fault, columns]) =>
    columns.length > 0 ? [`${fault}: ${columns.join(', ')}`] : [],
  );
}

function readHeader(records: readonly CsvRecord[], file: string): readonly string[] {
  const header = records[0]?.record ?? [];
  if (records.length === 0)
    throw refuseFile('The file is empty.', file, `Write the header ${HEADER} and a row for each subject.`);
  const faults = describeHeaderFaults(header);
  if (faults.length === 0) return header;
  const message = `The header of the file is not that of an enrolment file (columns ${faults.join('; ')}).`;
  throw refuseFile(message, `${file}:1`, `Write the header ${HEADER}, in any order.`);
}

/** Refuses the first row that has not as many cells as the header. */
function refuseUnevenRow(records: readonly CsvRecord[], header: readonly string[], file: string): void {
  const uneven = records.find(({ record }) => record.length !== header.length);
  if (!uneven) return;
  const { record, info } = uneven;
  const message = `The row has ${record.length} ${record.length === 1 ? 'cell' : 'cells'}, the header ${header.length}.`;
  throw refuseFile(message, `${file}:${info.lines}`, `Write ${header.length} cells: ${header.join(',')}.`);
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

/** Finds rows in which the consent is later than the enrolment: nobody may be enrolled before they have consented. */
function findLateConsent({ enrolledOn, consentedOn }: EnrolmentFileRow, line: number): CellProblem[] {
  if (!isDay(enrolledOn) || !isDay(consentedOn) || consentedOn <= enrolledOn) return [];
  return [
    { line, column: 'consentedOn', fix: 'write a day that is not after enrolledOn; consent comes first' },
  ];
}

/**
 * Parses an enrolment file and checks all its rows: either all are valid, or the problems list each invalid cell with its
 * fix. Throws `cli/failed` for a file without this table. The problems never show the content of a cell.
 */
export function parseEnrolmentFile(
  text: string,
  file: string,
  takesLongIds: (site: string) => boolean = () => false,
): { rows: readonly LocatedRow[]; problems: readonly CellProblem[] } {
  refuseOtherSeparator(text, file);
  const records = parseCsvRecords(text, file);
  const header = readHeader(records, file);
  refuseUnevenRow(records, header, file);
  const rows = records.slice(1).map(({ record, info }) => {
    const getCell = (column: EnrolmentColumn) => record[header.indexOf(column)] ?? '';
    const row: LocatedRow = {
      subject: getCell('subject'),
      site: getCell('site'),
      patient: getCell('patient'),
      enrolledOn: getCell('enrolledOn'),
      consentedOn: getCell('consentedOn'),
      at: `${file}:${info.lines}`,
    };
    return { row, line: info.lines };
  });
  const problems = [
    ...rows.flatMap(({ row, line }) => [...findCellProblems(row, line), ...findLateConsent(row, line)]),
    ...rows.flatMap(({ row, line }) => findCellProblems(row, line)),
    ...rows.flatMap(({ row, line }) => findRefusedLongIds(row, line, takesLongIds)),
    ...findRepeatedCells(rows),
  ];
  return { rows: rows.map(({ row }) => row), problems: problems.sort((a, b) => a.line - b.line) };
}
