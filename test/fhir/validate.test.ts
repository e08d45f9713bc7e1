import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parseJson, stringifyJson } from '../../src/fhir/lossless-json.ts';
import { isDate, isDateTime } from '../../src/fhir/validate/primitive-types.ts';
import { isSurelyValid } from '../../src/fhir/validate/sure-types.ts';
import { validateResource } from '../../src/fhir/validate-resource.ts';

function readValidateCases<T>(name: string): T {
  const text = readFileSync(new URL(`../cases/validate/${name}.json`, import.meta.url), 'utf8');
  return JSON.parse(text);
}

const OBSERVATION = {
  resourceType: 'Observation',
  id: 'o1',
  status: 'final',
  code: { coding: [{ system: 'http://loinc.org', code: '777-3' }] },
  subject: { reference: 'Patient/p1' },
  effectiveDateTime: '2026-03-02T08:15:00+08:00',
  valueQuantity: { value: 24, unit: '10*9/L' },
};

/** Lists the elements with issues. The compiled tests may not be sure of a resource that has any. */
function listInvalidElements(tree: unknown): string[] {
  const result = validateResource(tree);
  if ('resource' in result) return [];
  expect(isSurelyValid(tree, '4.0')).toBe(false);
  return result.issues.map((issue) => issue.expression ?? '');
}

interface Change {
  readonly name: string;
  readonly change: object;
  readonly remove?: readonly string[];
  readonly at: readonly string[];
}

describe('an Observation', () => {
  test.each(readValidateCases<Change[]>('observation'))('$name', ({ change, remove = [], at }) => {
    const entries = Object.entries({ ...OBSERVATION, ...change }).filter(([key]) => !remove.includes(key));
    expect(listInvalidElements(Object.fromEntries(entries))).toEqual(at);
  });
});

describe('other resources', () => {
  test.each(readValidateCases<{ name: string; resource: unknown; at: string[] }[]>('other-types'))(
    '$name',
    ({ resource, at }) => {
      expect(listInvalidElements(resource)).toEqual(at);
    },
  );

  test.each([null, 1, 'x', [], [OBSERVATION], true])('%j is not a resource', (tree) => {
    expect(listInvalidElements(tree)).toEqual(['']);
  });
});

describe('dates', () => {
  const { good, bad } = readValidateCases<{ good: string[]; bad: string[] }>('dates');
  test.each(good)('%s', (text) => expect(isDateTime(text)).toBe(true));
  test.each(bad)('not %j', (text) => {
    expect(isDateTime(text)).toBe(false);
    expect(isDate(text)).toBe(false);
  });
});

test('a valid resource is returned as it was sent, digits and order included', () => {
  const text = JSON.stringify(OBSERVATION).replace('"value":24', '"value":24.00');
  const tree = parseJson(text);
  const result = validateResource(tree);
  expect('resource' in result && result.resource).toBe(tree);
  expect('resource' in result && stringifyJson(result.resource)).toBe(text);
});

test('issues state the fix and never what was sent', () => {
  const secret = 'Wolfeschlegelstein';
  const result = validateResource({
    ...OBSERVATION,
    status: secret,
    subject: secret,
    [`${secret} born 1957`]: 1,
    valueQuantity: { value: secret, comparator: secret },
    effectiveDateTime: secret,
  });
  const text = JSON.stringify(result);
  expect('issues' in result && result.issues.length).toBe(6);
  expect(text).not.toContain(secret);
  expect(text).toContain('one of registered, preliminary, final');
});

test('at most twenty issues', () => {
  const component = Array.from({ length: 500 }, () => ({ valueQuantity: { value: '1' } }));
  const result = validateResource({ ...OBSERVATION, component });
  expect('issues' in result && result.issues).toHaveLength(20);
});
