import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { Failure } from '../../src/errors.ts';
import { toCanonicalJson } from '../../src/fhir/canonical-json.ts';
import { parseJson } from '../../src/fhir/lossless-json.ts';
import type { Resource } from '../../src/fhir/resource.ts';
import { compileView } from '../../src/mapping/view/compile-view.ts';

interface ViewCase {
  readonly title: string;
  readonly view: unknown;
  readonly at: string;
  readonly resources: readonly Resource[];
  readonly rows: readonly { values: unknown; elements?: unknown }[];
}

const readViewCases = (name: string) =>
  parseJson(
    readFileSync(new URL(`../cases/view/${name}.json`, import.meta.url), 'utf8'),
  ) as readonly ViewCase[];

function catchFailure(act: () => unknown): Failure {
  try {
    act();
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error('No failure was thrown.');
}

const buildView = (path: string, options: object = {}) => ({
  resource: 'Patient',
  select: [{ column: [{ name: 'a', path, ...options }] }],
});

describe('rows', () => {
  // Compared as text, so that 1.50 and 1.5 differ.
  test.each(readViewCases('rows').map((viewCase) => [viewCase.title, viewCase] as const))(
    '%s',
    (_, { view, resources, rows }) => {
      const compiled = compileView(view);
      const actual = resources.flatMap((resource) => compiled.listRows(resource));
      expect(actual.map((row) => toCanonicalJson(row.values))).toEqual(
        rows.map((row) => toCanonicalJson(row.values)),
      );
      for (const [i, row] of rows.entries()) {
        if (row.elements) expect(actual[i]?.elements).toEqual(row.elements);
      }
    },
  );

  test('the columns are named in the order of the view', () => {
    const [select] = compileView({
      resource: 'Patient',
      select: [
        {
          select: [{ column: [{ name: 'b', path: 'id' }] }],
          column: [{ name: 'z', path: 'id', type: 'id' }],
        },
        { column: [{ name: 'a', path: 'id', collection: true }] },
      ],
    }).columns;
    expect(select).toEqual({ name: 'z', type: 'id', collection: false });
    const compiled = compileView({
      resource: 'Patient',
      select: [
        { select: [{ column: [{ name: 'b', path: 'id' }] }], column: [{ name: 'z', path: 'id' }] },
        { column: [{ name: 'a', path: 'id', collection: true }] },
      ],
    });
    const [row] = compiled.listRows({ resourceType: 'Patient', id: 'p' });
    expect(Object.keys(row?.values ?? {})).toEqual(['z', 'b', 'a']);
  });

  test.each(['Asia/Shanghai', 'America/St_Johns', 'UTC'])(
    'boundaries do not depend on the clock of %s',
    (zone) => {
      const before = process.env.TZ;
      process.env.TZ = zone;
      try {
        const [row] = compileView(
          buildView('meta.lastUpdated.lowBoundary() < deceased.ofType(dateTime).highBoundary()'),
        ).listRows({
          resourceType: 'Patient',
          meta: { lastUpdated: '2020-01-02T11:59:59Z' },
          deceasedDateTime: '2020-01-01',
        });
        expect(row?.values.a).toBe(true);
      } finally {
        if (before === undefined) delete process.env.TZ;
        else process.env.TZ = before;
      }
    },
  );
});

describe('failures of a view', () => {
  test.each(readViewCases('refused').map((viewCase) => [viewCase.title, viewCase] as const))(
    '%s',
    (_, refused) => {
      const failure = catchFailure(() => compileView(refused.view));
      expect([failure.code, failure.at]).toEqual(['library/invalid', refused.at]);
      expect(failure.fix).toBeTruthy();
    },
  );

  test('a repeat that returns to an ancestor fails with its place in the view', () => {
    const compiled = compileView({
      resource: 'Patient',
      select: [{ repeat: ['contact', '$this'], column: [{ name: 'a', path: 'gender' }] }],
    });
    const failure = catchFailure(() =>
      compiled.listRows({ resourceType: 'Patient', contact: [{ gender: 'male' }] }),
    );
    expect([failure.code, failure.at]).toEqual(['library/invalid', 'select[0].repeat[1]']);
  });
});

describe('failures of a resource', () => {
  test('two values for a column that takes one: the failure names the element but not the values', () => {
    const failure = catchFailure(() =>
      compileView(buildView('name.family')).listRows({
        resourceType: 'Patient',
        name: [{ given: ['x'] }, { family: 'Muster' }, { family: 'Beispiel' }],
      }),
    );
    expect([failure.code, failure.at]).toEqual(['fhir/invalid', 'Patient.name[1].family']);
    expect(failure.line + failure.spec).not.toMatch(/Muster|Beispiel/);
  });

  test('a condition that is not boolean fails and is not taken as true', () => {
    const compiled = compileView({ ...buildView('id'), where: [{ path: 'name.family' }] });
    const failure = catchFailure(() =>
      compiled.listRows({ resourceType: 'Patient', name: [{ family: 'Muster' }] }),
    );
    expect([failure.code, failure.at]).toEqual(['fhir/invalid', 'Patient']);
    expect(failure.line).not.toMatch(/Muster/);
  });

  test("a failure does not contain the value from the engine's error", () => {
    const failure = catchFailure(() =>
      compileView(buildView('name.family + 1')).listRows({
        resourceType: 'Patient',
        name: [{ family: 'Muster' }],
      }),
    );
    expect([failure.code, failure.cause]).toEqual(['fhir/invalid', undefined]);
    expect(failure.line).not.toMatch(/Muster/);
  });

  test('the rows of a crafted resource are limited', () => {
    const many = Array.from({ length: 2000 }, (_, i) => ({ value: `${i}` }));
    const compiled = compileView({
      resource: 'Patient',
      select: [
        { forEach: 'telecom', column: [{ name: 'a', path: 'value' }] },
        { forEach: 'identifier', column: [{ name: 'b', path: 'value' }] },
      ],
    });
    const failure = catchFailure(() =>
      compiled.listRows({ resourceType: 'Patient', telecom: many, identifier: many }),
    );
    expect(failure.code).toBe('fhir/invalid');
  });
});
