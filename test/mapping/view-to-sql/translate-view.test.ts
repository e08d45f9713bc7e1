import { readFileSync } from 'node:fs';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Failure } from '../../../src/errors.ts';
import { parseJson } from '../../../src/fhir/lossless-json.ts';
import type { Resource } from '../../../src/fhir/resource.ts';
import { translateView } from '../../../src/mapping/view-to-sql/translate-view.ts';
import { useFolder } from '../../support/use-lifecycle.ts';
import { compareRows } from './compare-rows.ts';

const folder = useFolder();
let instance: DuckDBInstance;
let connection: DuckDBConnection;
beforeAll(async () => {
  instance = await DuckDBInstance.create(':memory:');
  connection = await instance.connect();
});
afterAll(() => {
  connection.closeSync();
  instance.closeSync();
});

/** An Observation with what is easily read wrongly: elements without a value, nulls in lists, several languages of types. */
const OBSERVATION = parseJson(
  JSON.stringify({
    resourceType: 'Observation',
    id: 'o1',
    status: 'final',
    _status: { extension: [{ url: 'http://x/why', valueString: "it's" }] },
    code: {
      coding: [
        { _system: { extension: [{ url: 'http://x/unknown' }] }, code: 'a' },
        { system: 'http://s', code: 'b', userSelected: true },
        { system: 'http://s', code: 'c' },
      ],
    },
    subject: { reference: 'Patient/p1/_history/3' },
    performer: [
      { reference: 'Practitioner/d1' },
      { reference: 'https://elsewhere.example/Practitioner/d2' },
      { display: 'Dr. D' },
    ],
    effectivePeriod: { start: '2026-03', end: '2026-03-02T08:15:00+08:00' },
    valueQuantity: { value: 'DIGITS', unit: 'g/L' },
    component: [
      { code: { text: 'first' }, valueInteger: 0 },
      {
        code: { text: 'second' },
        valueString: 'x',
        interpretation: [{ text: 'H' }, { text: 'HH' }],
      },
    ],
    extension: [
      { url: 'http://x/a', valueCode: 'code-value' },
      { url: 'http://x/b', valueMarkdown: 'markdown' },
      { url: 'http://x/c', valuePositiveInt: 3 },
      { url: 'http://x/d', valueAge: { value: 4 } },
      { url: 'http://x/e', valueUrl: 'http://u' },
      { url: 'http://x/f', valueBoolean: false },
    ],
  }).replace('"DIGITS"', '100.50'),
) as Resource;

/** Nothing but the least that an Observation has. */
const BARE: Resource = { resourceType: 'Observation', id: 'o2', status: 'final', code: {} };

const PATIENT: Resource = {
  resourceType: 'Patient',
  id: 'p1',
  _birthDate: { extension: [{ url: 'http://x/estimated', valueBoolean: true }] },
  name: [
    { use: 'official', given: ['A', null], _given: [null, { id: 'masked' }] },
    { given: ['B'] },
    { use: 'old', _given: [{ id: 'masked' }] },
  ],
};

const nameColumns = (paths: readonly string[], collection: boolean) =>
  paths.map((path, i) => ({ name: `c${i}`, path, ...(collection ? { collection } : {}) }));

async function expectOurRows(definition: unknown, resources: readonly Resource[]): Promise<void> {
  const { ours, sql } = await compareRows(connection, folder, definition, resources);
  expect(ours.length).toBeGreaterThan(0);
  expect(sql).toEqual(ours);
}

describe('expressions yield our values', () => {
  test.each([
    'status',
    "status.extension('http://x/why').value.ofType(string)",
    'Observation.status',
    'getResourceKey()',
    'subject.getReferenceKey()',
    'subject.getReferenceKey(Patient)',
    'subject.getReferenceKey(Group)',
    'code.coding.first().system',
    'code.coding.first().system.exists()',
    'code.coding.first().system.empty()',
    'code.coding.system.first()',
    'code.coding[2].code',
    'code.coding[7].code.exists()',
    "code.coding.first().system = 'http://s'",
    "(code.coding.first().system = 'http://s').not()",
    "code.coding.first().system != 'http://s'",
    "code.coding.code = 'a'",
    "code.coding.where(code = 'b').code = 'b'",
    "code.coding.where(code = 'z').code = 'b'",
    'code.coding.where(userSelected).code',
    'code.coding.where(userSelected.not()).exists()',
    'code.coding.exists(userSelected = true)',
    "code.coding.where(userSelected = true or code = 'zz').code",
    'code.coding.userSelected and false',
    'valueQuantity.value',
    'value.exists()',
    'value.ofType(Quantity).value',
    'value.ofType(Quantity).value >= 100.5',
    'value.ofType(Quantity).value = 100.5',
    'value.ofType(Quantity).value < -1',
    'value.ofType(Quantity).where(value > 3).unit',
    'value.ofType(string)',
    'effective.ofType(Period).start',
    'effective.ofType(dateTime).exists()',
    'component.value.exists()',
    'component.first().value.ofType(integer)',
    "component.where(value.ofType(string) = 'x').code.text",
    'status.ofType(string)',
    'status.ofType(boolean)',
    "extension('http://x/f').value.ofType(boolean)",
    "extension('http://x/f').value.ofType(boolean) = false",
    "extension('http://x/none').value.ofType(boolean) = false",
    "extension('http://x/none').exists()",
    'false',
    "'it\\'s'",
    '-3',
    '%threshold',
    '%flag and status.exists()',
    'value.ofType(Quantity).value > %threshold',
  ])('%s', async (path) => {
    const view = {
      resource: 'Observation',
      constant: [
        { name: 'threshold', valueDecimal: 12.5 },
        { name: 'flag', valueBoolean: true },
      ],
      select: [{ column: nameColumns([path], false) }],
    };
    await expectOurRows(view, [OBSERVATION, BARE]);
  });

  test.each([
    'code.coding.system',
    'code.coding.code',
    'component.interpretation.text',
    'performer.getReferenceKey()',
    'performer.getReferenceKey(Practitioner)',
    ...['string', 'code', 'markdown', 'integer', 'positiveInt', 'uri', 'url', 'boolean'].map(
      (type) => `extension.value.ofType(${type})`,
    ),
    'extension.value.ofType(Quantity).value',
    'extension.value.ofType(Age).value',
    "component.code.where(text = 'first').text",
    'status',
  ])('all values of %s', async (path) => {
    const view = { resource: 'Observation', select: [{ column: nameColumns([path], true) }] };
    await expectOurRows(view, [OBSERVATION, BARE]);
  });

  test.each([
    ['name.given', true],
    ['name.given.exists()', false],
    ['name.given.first()', false],
    ["name.given.where($this = 'B')", true],
    ['name[2].given.exists()', false],
    ['name[1].given.exists()', false],
    ["birthDate.extension('http://x/estimated').value.ofType(boolean)", false],
    ['birthDate', false],
    ['birthDate.exists()', false],
  ])('of a primitive without a value: %s', async (path, collection) => {
    const view = { resource: 'Patient', select: [{ column: nameColumns([path], collection) }] };
    await expectOurRows(view, [PATIENT, { resourceType: 'Patient', id: 'p2' }]);
  });
});

describe('selections yield our rows', () => {
  const column = (name: string, path: string, collection = false) => ({ name, path, collection });
  test.each([
    ['forEach', [{ column: [column('id', 'id')] }, { forEach: 'name', column: [column('use', 'use')] }]],
    ['forEach over primitives', [{ forEach: 'name.given', column: [column('given', '$this')] }]],
    [
      'forEachOrNull, with what an absent element yields',
      [
        { column: [column('id', 'id')] },
        {
          forEachOrNull: 'contact',
          column: [
            column('there', 'gender.exists()'),
            column('text', "'x'"),
            column('all', 'telecom.value', true),
          ],
          select: [{ forEach: 'telecom', column: [column('value', 'value')] }],
        },
      ],
    ],
    [
      'a forEach without elements inside a forEachOrNull with elements',
      [{ forEachOrNull: 'name', select: [{ forEach: 'suffix', column: [column('suffix', '$this')] }] }],
    ],
    [
      'unionAll inside forEachOrNull: one row where there is no element',
      [
        {
          forEachOrNull: 'contact',
          unionAll: [{ column: [column('a', 'gender')] }, { column: [column('a', 'name.family')] }],
        },
      ],
    ],
    [
      'unionAll of branches, and the product of selections',
      [
        { unionAll: [{ column: [column('a', 'id')] }, { forEach: 'name', column: [column('a', 'use')] }] },
        { forEachOrNull: 'name', column: [column('b', 'given', true)] },
      ],
    ],
  ])('%s', async (_title, select) => {
    const contact = { gender: 'female', name: { family: 'F' }, telecom: [{ value: '1' }, { value: '2' }] };
    const withContact: Resource = {
      resourceType: 'Patient',
      id: 'p3',
      contact: [contact, { gender: 'male' }],
    };
    await expectOurRows({ resource: 'Patient', select }, [PATIENT, withContact]);
  });

  test('where, on the resource, and resources of other types in the same file', async () => {
    const view = {
      resource: 'Observation',
      where: [{ path: 'value.ofType(Quantity).value > 5' }, { path: "status = 'final'" }],
      select: [{ column: [column('id', 'id')] }],
    };
    await expectOurRows(view, [OBSERVATION, BARE, PATIENT]);
  });

  interface RowsCase {
    readonly title: string;
    readonly view: unknown;
    readonly resources: readonly Resource[];
  }
  const rowsCases = parseJson(
    readFileSync(new URL('../../cases/view/rows.json', import.meta.url), 'utf8'),
  ) as readonly RowsCase[];
  const translatable = rowsCases.filter(({ view }) => {
    try {
      return translateView(view).name !== '';
    } catch (cause) {
      if (cause instanceof Failure) return false;
      throw cause;
    }
  });

  test.each(translatable.map((each) => [each.title, each] as const))(
    'the case of the runner: %s',
    async (_title, { view, resources }) => {
      const { ours, sql } = await compareRows(connection, folder, view, resources);
      expect(sql).toEqual(ours);
    },
  );
});

describe('what is not the same in SQL', () => {
  test.each([
    ['value.ofType(Quantity).value + 1', 'exact'],
    ['effective.ofType(dateTime) = issued', 'precision'],
    ["effective.ofType(dateTime) = '2026-03-02'", 'precision'],
    ["status > 'a'", 'order of texts'],
    ['status = 1', 'compared with'],
    ['status and true', 'true or false is needed'],
    ['value', 'one of several types'],
    ['value.start', 'one of several types'],
    ['statuss', 'no element'],
    ['code', 'a whole CodeableConcept'],
    ["component.code.text.join(', ')", 'join()'],
    ['contained.id', 'resources of any type'],
    ['%rowIndex', '%rowIndex'],
    ['code.coding.code = component.code.text', 'Two lists'],
    ['effective.ofType(Period).start | issued', 'UnionExpression'],
  ])('%s is refused with its place: %s', (path, said) => {
    const view = { resource: 'Observation', select: [{ column: [{ name: 'a', path }] }] };
    expect(() => translateView(view)).toThrow(
      expect.objectContaining({
        code: 'library/invalid',
        at: 'select[0].column[0].path',
        message: expect.stringContaining(said),
        fix: expect.any(String),
      }),
    );
  });

  test('repeat, and a key of an element, are refused', () => {
    const column = [{ name: 'a', path: 'linkId' }];
    expect(() =>
      translateView({ resource: 'Questionnaire', select: [{ repeat: ['item'], column }] }),
    ).toThrow(expect.objectContaining({ at: 'select[0].repeat' }));
    const key = [{ name: 'a', path: 'getResourceKey()' }];
    expect(() => translateView({ resource: 'Patient', select: [{ forEach: 'name', column: key }] })).toThrow(
      expect.objectContaining({ at: 'select[0].column[0].path' }),
    );
  });

  test('columns of one name and two types are refused', () => {
    const unionAll = ['id', 'active'].map((path) => ({ column: [{ name: 'a', path }] }));
    expect(() => translateView({ resource: 'Patient', select: [{ unionAll }] })).toThrow(
      expect.objectContaining({ at: 'select[0].unionAll' }),
    );
  });

  test('several values for a column that takes one fail the query, as they do the view', async () => {
    const view = { resource: 'Observation', select: [{ column: nameColumns(['code.coding.code'], false) }] };
    const file = folder.writeJson('several.ndjson', OBSERVATION);
    await expect(connection.run(translateView(view).formatQuery([file]))).rejects.toThrow('takes one value');
    await expect(compareRows(connection, folder, view, [OBSERVATION])).rejects.toThrow(Failure);
  });

  test('a view of whose type there is no file has its columns and no row', async () => {
    const view = { resource: 'Patient', select: [{ column: nameColumns(['id', 'active'], false) }] };
    const result = await connection.runAndReadAll(translateView(view).formatQuery([]));
    expect([result.columnNames(), result.getRows()]).toEqual([['c0', 'c1'], []]);
  });
});
