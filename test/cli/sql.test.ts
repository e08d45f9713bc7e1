import { existsSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import { openDuckDb } from '../../src/cli/sql/open-duckdb.ts';
import { runInFolder } from '../support/run-cli.ts';
import { useFolder } from '../support/use-lifecycle.ts';

const folder = useFolder();
const runSql = (...args: string[]) => runInFolder(folder, ['sql', ...args]);

const formatCount = (id: string, value: string) =>
  `{"resourceType":"Observation","id":"${id}","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"777-3"}]},` +
  `"subject":{"reference":"Patient/p1"},"effectiveDateTime":"2026-03-02","valueQuantity":{"value":${value},"unit":"10*9/L"}}`;
const PATIENT = '{"resourceType":"Patient","id":"p1","gender":"female","name":[{"family":"F"}]}';
const ORGANIZATION = '{"resourceType":"Organization","id":"h1","name":"Hospital"}';

const formatLines = (...resources: readonly string[]) => `${resources.join('\n')}\n`;
const bulk = folder.writeFile(
  'bulk/Observation.ndjson',
  formatLines(formatCount('a', '24.50'), formatCount('b', '8')),
);
folder.writeFile('bulk/Patient.ndjson', formatLines(PATIENT));
folder.writeFile('bulk/Empty.ndjson', '');
const bulkFolder = join(folder.path, 'bulk');
const QUERY = 'select id, value_value, code_codes from observation_measurement order by id';

function writeParquet(name: string): string {
  const writer = new ByteWriter();
  const parquet = new ParquetWriter({
    writer,
    schema: [
      { name: 'root', num_children: 1 },
      { name: 'subject', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
    ],
  });
  void parquet.write({ columnData: [{ name: 'subject', data: ['T-1', 'T-2'] }] });
  void parquet.finish();
  return folder.writeFile(name, writer.getBytes());
}

describe('a query', () => {
  test('over the views of the mappings: as JSON, CSV and a table', async () => {
    const json = await runSql('--ndjson', bulkFolder, '--json', QUERY);
    expect(json.err).toBe('');
    expect(JSON.parse(json.out)).toEqual([
      { id: 'Observation/a', value_value: 24.5, code_codes: ['777-3'] },
      { id: 'Observation/b', value_value: 8, code_codes: ['777-3'] },
    ]);
    const csv = await runSql('--ndjson', bulk, '--csv', QUERY);
    expect(csv.out.split('\r\n').slice(0, 2)).toEqual([
      'id,value_value,code_codes',
      'Observation/a,24.5,"[""777-3""]"',
    ]);
    const { out } = await runSql(
      '--ndjson',
      bulkFolder,
      'select count(*) as n, sum(value_value) from observation_measurement',
    );
    expect(out).toMatch(/^n +sum/);
    expect(out).toContain('32.5');
  });

  test('a cell that a spreadsheet would run as a formula stays text in CSV; a number stays a number', async () => {
    const { out } = await runSql('--csv', `select '=1+1' as a, -1.5 as b, '-1.50' as c, null as d`);
    expect(out).toBe("a,b,c,d\r\n'=1+1,-1.5,-1.50,\r\n");
  });

  test('types of SQL in JSON: integers, decimals, dates, structs, maps', async () => {
    const { out } = await runSql(
      '--json',
      `select 3::bigint a, 1.50::decimal(5,2) b, date '2026-03-02' c, {x: [1]} d, map {'k': 2} e, 9007199254740993 f`,
    );
    expect(JSON.parse(out)).toEqual([
      { a: 3, b: '1.50', c: '2026-03-02', d: { x: [1] }, e: [{ key: 'k', value: 2 }], f: '9007199254740993' },
    ]);
  });

  test('a file of several resource types is read by type; resources are there as JSON, too', async () => {
    const mixed = folder.writeFile('mixed.ndjson', formatLines(ORGANIZATION, PATIENT, formatCount('c', '1')));
    const query = `select p.id, r.resource->>'$.name[0].family' as family from patient p join resources r on r.key = p.id`;
    const { out, err } = await runSql('--ndjson', mixed, '--json', query);
    expect(err).toBe('');
    expect(JSON.parse(out)).toEqual([{ id: 'Patient/p1', family: 'F' }]);
    const types = await runSql('--ndjson', mixed, '--json', 'select type from resources order by type');
    expect(JSON.parse(types.out).map(({ type }: { type: string }) => type)).toEqual([
      'Observation',
      'Organization',
      'Patient',
    ]);
    const left = readdirSync(tmpdir()).filter((name) => name.startsWith('trial-adapter-sql-'));
    expect(left.filter((name) => existsSync(join(tmpdir(), name, '0-Patient.ndjson')))).toEqual([]);
  });

  test('Parquet files are views of their names, with and without NDJSON', async () => {
    const parquet = writeParquet('tables/subjects.parquet');
    const { out } = await runSql(
      '--parquet',
      join(folder.path, 'tables'),
      '--json',
      'select * from subjects order by 1',
    );
    expect(JSON.parse(out)).toEqual([{ subject: 'T-1' }, { subject: 'T-2' }]);
    const both = `select s.subject, p.sex from subjects s, patient p order by 1 limit 1`;
    const joined = await runSql('--parquet', parquet, '--ndjson', bulkFolder, '--json', both);
    expect(JSON.parse(joined.out)).toEqual([{ subject: 'T-1', sex: 'female' }]);
  });

  test('a view without a resource of its type has no rows', async () => {
    const { out } = await runSql('--ndjson', bulkFolder, '--json', 'select count(*) as n from condition');
    expect(JSON.parse(out)).toEqual([{ n: 0 }]);
  });

  test('--print-sql prints the statements, and runs without a query', async () => {
    const { code, out } = await runSql('--ndjson', bulkFolder, '--view', 'patient', '--print-sql');
    expect(code).toBe(0);
    expect(out).toContain('create view "patient" as');
    expect(out).toContain('Patient.ndjson');
    expect(out).not.toContain('observation_measurement');
  });
});

describe('a view of its own', () => {
  const writeView = (name: string, path: string) =>
    folder.writeJson(`${name}.json`, {
      resource: 'Patient',
      name,
      select: [{ column: [{ name: 'family', path }] }],
    });

  test('is defined next to those of the mappings', async () => {
    const file = writeView('family_names', 'name.family');
    const { out } = await runSql(
      '--ndjson',
      bulkFolder,
      '--view-file',
      file,
      '--json',
      'select * from family_names',
    );
    expect(JSON.parse(out)).toEqual([{ family: 'F' }]);
  });

  test('that has no SQL is left out, with its place and the fix; where it is named it is refused', async () => {
    const file = writeView('joined_names', "name.family.join(',')");
    const args = ['--ndjson', bulkFolder, '--view-file', file, '--json'];
    const leftOut = await runSql(...args, 'select 1 as one');
    expect([leftOut.code, JSON.parse(leftOut.out)]).toEqual([0, [{ one: 1 }]]);
    expect(leftOut.err).toContain(`${file}: select[0].column[0].path`);
    const refused = await runSql(...args, '--view', 'joined_names', 'select 1');
    expect(refused.code).toBe(1);
    expect(refused.err).toContain(`${file}: select[0].column[0].path`);
    expect(refused.err).toContain('Fix:');
  });
});

describe('is refused', () => {
  const notResource = folder.writeFile('wrong/text.ndjson', '{"a":1}\n');
  const broken = folder.writeFile('wrong/broken.ndjson', `${PATIENT}\n{"resourceType":\n`);
  const otherForm = folder.writeFile(
    'wrong/form.ndjson',
    formatLines(PATIENT, '{"resourceType":"Patient","id":"p2","extension":"Mr. Secret"}'),
  );
  const empty = join(folder.path, 'wrong');

  test.each([
    ['no query', [], 2, '<query>'],
    ['two statements', ['select 1; select 2'], 2, '<query>'],
    ['an unknown view', ['--view', 'patients', 'select 1'], 1, 'Did you mean patient?'],
    ['an unknown table', ['select * from nothing'], 1, 'nothing'],
    ['a syntax error', ['selec 1'], 1, 'selec'],
    ['an absent file', ['--ndjson', 'absent.ndjson', 'select 1'], 1, 'absent.ndjson'],
    ['a folder without such files', ['--parquet', empty, 'select 1'], 1, '.parquet'],
    ['a line that is no resource', ['--ndjson', notResource, 'select 1'], 1, `${notResource}:1`],
    ['a line that is not JSON', ['--ndjson', broken, 'select 1'], 1, `${broken}:2`],
    ['an unknown site', ['--ndjson', bulk, '--site', 'site-x', 'select 1'], 1, 'site-x'],
    ['an unknown study', ['--ndjson', bulk, '--study', 'none', 'select 1'], 1, '--study'],
    ['a file that is not named', [`select * from read_text('${notResource}')`], 1, 'Permission'],
    ['writing a file', [`copy (select 1) to '${folder.path}/out.csv'`], 1, 'Permission'],
    ['both outputs', ['--csv', '--json', 'select 1'], 2, '--csv'],
  ])('%s', async (_title, args, expected, said) => {
    const { code, out, err } = await runSql(...args);
    expect([code, out]).toEqual([expected, '']);
    expect(err).toContain(said);
  });

  test('an element of another form than FHIR defines: file and line are named, the value is not', async () => {
    const { code, err } = await runSql('--ndjson', otherForm, 'select * from patient');
    expect(code).toBe(1);
    expect(err).toContain(`${otherForm}:2`);
    expect(err).not.toContain('Secret');
  });

  test('a value that the query cannot convert is not printed', async () => {
    const { err } = await runSql('--ndjson', bulkFolder, 'select cast(sex as integer) from patient');
    expect(err).not.toContain('female');
    expect(err).toContain('[cli/failed]');
  });

  test('everything, where DuckDB is not installed', async () => {
    const load = () => Promise.reject(new Error('Cannot find package'));
    await expect(openDuckDb(folder.path, load)).rejects.toThrow(
      expect.objectContaining({ code: 'cli/failed', fix: expect.stringContaining('--include=optional') }),
    );
  });
});
