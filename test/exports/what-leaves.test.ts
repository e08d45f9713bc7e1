import { beforeAll, describe, expect, test } from '@jest/globals';
import { parseJson } from '../../src/fhir/lossless-json.ts';
import { buildInfusion, buildPlateletCount } from '../stories/hospital-resources.ts';
import { useService } from '../support/with-service.ts';

/** What an export says, and what it must not: digits as they were sent, no id of a hospital. */
const adapter = useService('file');

/** Decimals of FHIR in every form; all of them are counts that a platelet result can have. */
const LITERALS =
  '1.00 0.010 1E2 1e2 1e+1 1e-3 1.50e1 100e-2 0.0 0 0.00 0e0 20 2.0 150.000 12.340 0.1 1.0E0 5e-1 10.10'.split(
    ' ',
  );

const CANARY = 'c4n4ry';

async function readExport(format: string, draft = true, trace = false): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  const request = { study: 'msc-aa', format, draft, trace };
  for await (const { file, content } of await adapter.service.exportStudy(request))
    files.set(file, (files.get(file) ?? '') + Buffer.from(content).toString('latin1'));
  return files;
}

beforeAll(async () => {
  await adapter.enrol('L-1', 'Patient/p1');
  await adapter.send(buildInfusion('p1'));
  for (const [n, literal] of LITERALS.entries()) {
    const day = `2026-02-${String(n + 1).padStart(2, '0')}`;
    const count = JSON.stringify(buildPlateletCount(`${CANARY}-${n}`, 'Patient/p1', 77.125, day));
    await adapter.send(parseJson(count.replace('77.125', literal)) as object);
  }
});

describe('digits', () => {
  const listColumn = (csv: string, name: string) => {
    const [header = '', ...rows] = csv.trimEnd().split('\r\n');
    const index = header.split(',').indexOf(name);
    return rows.map((row) => row.split(',')[index]);
  };

  test('csv has them as they were sent', async () => {
    const labs = (await readExport('csv')).get('labs.csv') ?? '';
    expect(listColumn(labs, 'value')).toEqual(LITERALS);
    expect(listColumn(labs, 'originalValue')).toEqual(LITERALS);
  });

  test('ndjson has them as they were sent', async () => {
    const observations = (await readExport('ndjson')).get('Observation.ndjson') ?? '';
    const values = [...observations.matchAll(/"valueQuantity":\{"value":([^,]+),"unit":"10\*9\/L"/g)];
    expect(values.map(([, value]) => value)).toEqual(LITERALS);
  });

  test('sdtm has the results as they were sent, and standard results without exponents', async () => {
    const lb = JSON.parse((await readExport('sdtm')).get('sdtm/lb.json') ?? '') as {
      columns: { name: string }[];
      rows: unknown[][];
    };
    const listCells = (name: string) => {
      const index = lb.columns.findIndex((column) => column.name === name);
      return lb.rows.map((row) => row[index]);
    };
    expect(listCells('LBORRES')).toEqual(LITERALS);
    const plain = '1.00 0.010 100 100 10 0.001 15 1 0.0 0 0.00 0 20 2.0 150.000 12.340 0.1 1 0.5 10.10'.split(
      ' ',
    );
    expect(listCells('LBSTRESC')).toEqual(plain);
  });
});

describe('ids of the hospital', () => {
  const FORMATS = 'csv ndjson statistics sdtm adam redcap odm parquet'.split(' ');

  test.each(FORMATS)('%s has none', async (format) => {
    const files = await readExport(format);
    for (const [file, content] of files) expect([file, content.includes(CANARY)]).toEqual([file, false]);
  });

  test('the traces, which are for the house, have them', async () => {
    const files = await readExport('csv', true, true);
    expect(files.get('trace/labs.csv.ndjson')).toContain(CANARY);
  });

  test('a resource keeps its pseudonym from one export to the next', async () => {
    const [first, second] = [await readExport('csv'), await readExport('csv')];
    expect(second.get('labs.csv')).toBe(first.get('labs.csv'));
    const names = [...(first.get('labs.csv') ?? '').matchAll(/Observation\/([0-9a-f]{32})/g)].map(
      ([, id]) => id,
    );
    expect(new Set(names).size).toBe(LITERALS.length);
  });
});
