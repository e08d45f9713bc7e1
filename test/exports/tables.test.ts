import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { formatCsvRow } from '../../src/csv-row.ts';
import type { ExportFormat, StudyInput } from '../../src/exports/export-format.ts';
import { ndjson } from '../../src/exports/ndjson/ndjson.ts';
import { statistics } from '../../src/exports/statistics/statistics.ts';
import { csv } from '../../src/exports/tables/csv.ts';
import { parquet } from '../../src/exports/tables/parquet.ts';
import { withFolder } from '../support/with-folder.ts';
import { buildDemoStudy } from './demo-study.ts';

async function collectFileBytes(
  format: ExportFormat,
  input: StudyInput,
): Promise<ReadonlyMap<string, Buffer>> {
  const pieces = new Map<string, Buffer[]>();
  for await (const { file, content } of format.write(input)) {
    pieces.set(file, [...(pieces.get(file) ?? []), Buffer.from(content)]);
  }
  return new Map([...pieces].map(([file, parts]) => [file, Buffer.concat(parts)]));
}

const computeDigests = (files: ReadonlyMap<string, Buffer>) =>
  [...files].map(([file, bytes]) => [file, createHash('sha256').update(bytes).digest('hex')]);

let study: ReturnType<typeof buildDemoStudy>;
let tables: ReadonlyMap<string, Buffer>;
const readTableText = (file: string) => tables.get(file)?.toString('utf8') ?? '';

beforeAll(async () => {
  study = buildDemoStudy();
  tables = await collectFileBytes(csv, study);
});

describe('csv', () => {
  test('is one file for each table, with a dictionary that describes every column', () => {
    const names =
      'subjects labs infusions transfusions medications adverse-events assessments lineage-responses deviations weights conditions transplants';
    expect([...tables.keys()]).toEqual(['dictionary.csv', ...names.split(' ').map((name) => `${name}.csv`)]);
    const described = readTableText('dictionary.csv').split('\r\n').slice(1, -1);
    const columns = [...tables.keys()]
      .slice(1)
      .flatMap((file) => readTableText(file).split('\r\n')[0]?.split(',') ?? []);
    expect(described).toHaveLength(columns.length);
  });

  test('labs begins with the columns of the contract', () => {
    const head = 'subject,site,analyte,value,unit,comparator,collectedAt,day,status,source';
    expect(readTableText('labs.csv').startsWith(head)).toBe(true);
  });

  test('responders are those of the report', () => {
    const [head = '', ...rows] = readTableText('subjects.csv').trimEnd().split('\r\n');
    const column = head.split(',').indexOf('bestResponse');
    const classes = rows.map((row) => row.split(',')[column]);
    expect(classes).toHaveLength(74);
    expect(classes.filter((c) => c === 'CR')).toHaveLength(study.report.response.complete.count);
    expect(classes.filter((c) => c === 'PR')).toHaveLength(study.report.response.partial.count);
  });

  test('quotes cells that need quotes, and contains no name or identifier of a patient', () => {
    expect(formatCsvRow(['a,b', 'say "x"', 'plain', ''])).toBe('"a,b","say ""x""",plain,\r\n');
    const text = [...tables.values()].join('');
    expect(text).not.toMatch(/hospital-\d\.example\/mrn/);
  });

  test('a cell that a spreadsheet would run is text; numbers stay numbers', async () => {
    const [first] = study.records;
    if (!first) throw new Error('no subject');
    const subject = { ...first.subject, subject: '=cmd()' };
    const input = {
      ...study,
      readSubjects: async function* () {
        yield { ...first, subject };
      },
    };
    const file = (await collectFileBytes(csv, input)).get('labs.csv')?.toString('utf8') ?? '';
    expect(file.split('\r\n')[1]?.startsWith("'=cmd(),")).toBe(true);
    expect(file).toMatch(/,-\d+,final,/);
  });
});

test.each([csv, parquet, ndjson, statistics])(
  '$id: the same bytes regardless of the order of arrival, from one walk at most',
  async (format) => {
    let walks = 0;
    const shuffled: StudyInput = {
      ...study,
      async *readSubjects() {
        walks += 1;
        for (const record of study.records) yield { ...record, facts: [...record.facts].reverse() };
      },
    };
    expect(computeDigests(await collectFileBytes(format, shuffled))).toEqual(
      computeDigests(await collectFileBytes(format, study)),
    );
    expect(walks).toBeLessThanOrEqual(1);
  },
);

test('parquet, read back with DuckDB, has the cells of csv', () =>
  withFolder(async (folder) => {
    for (const [file, bytes] of await collectFileBytes(parquet, study)) folder.writeFile(file, bytes);
    const db = await (await DuckDBInstance.create(':memory:')).connect();
    const rows = async (sql: string) => (await db.runAndReadAll(sql)).getRowsJson();
    const labs = `'${join(folder.path, 'labs.parquet')}'`;
    const [[count] = []] = await rows(`SELECT count(*) FROM ${labs}`);
    expect(Number(count)).toBe(readTableText('labs.csv').trimEnd().split('\r\n').length - 1);
    const [first = []] = await rows(`SELECT subject, site, analyte, value, unit, day FROM ${labs} LIMIT 1`);
    const [subject, site, analyte, value, unit, , , day] =
      readTableText('labs.csv').split('\r\n')[1]?.split(',') ?? [];
    expect(first.map(String)).toEqual([subject, site, analyte, value, unit, day]);
    db.closeSync();
  }));

test('ndjson: the manifest counts the resources, decimals keep their digits', async () => {
  const files = await collectFileBytes(ndjson, study);
  const manifest = JSON.parse(files.get('manifest.json')?.toString('utf8') ?? '{}') as {
    output: { url: string; count: number }[];
  };
  for (const { url, count } of manifest.output) {
    expect(files.get(url)?.toString('utf8').split('\n').length).toBe(count + 1);
  }
  expect(files.get('MedicationAdministration.ndjson')?.toString('utf8')).toMatch(/"value":\d\.\d0[,}]/);
});
