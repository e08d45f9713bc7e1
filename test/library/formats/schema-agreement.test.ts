import { globSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parseCriteriaSet } from '../../../src/library/formats/criteria-set-schema.ts';
import { generateJsonSchemas } from '../../../src/library/formats/json-schemas.ts';
import type { DefinitionProblem } from '../../../src/library/formats/parse-definition.ts';
import { parseProtocol } from '../../../src/library/formats/protocol-schema.ts';

/** Both come from one format; what zod cannot express in JSON Schema is written for both, and must agree. */
const MAPPINGS = new URL('../../../mappings/', import.meta.url);
const readMappingJson = (path: string): unknown => JSON.parse(readFileSync(new URL(path, MAPPINGS), 'utf8'));
const ajv = new Ajv2020({ strict: true, strictRequired: false });

const DEFINITION_KINDS = [
  { schema: 'criteria.schema.json', files: 'criteria/*.json', parse: parseCriteriaSet },
  { schema: 'protocol.schema.json', files: 'studies/*/protocol.json', parse: parseProtocol },
];

/** Rules between places of a file are beyond JSON Schema: only the parser reports them. */
const BETWEEN_PLACES =
  /does not include its target|overlaps the window|two visits have the same id|do not rise from 0|is not a visit of|two variants|those of two stages|two elements|is not an element of/;

/** The last keys of a path without list positions: places of the same kind have the same format. */
const formatPlaceKind = (path: readonly string[]): string =>
  path
    .filter((key) => !/^\d+$/.test(key))
    .slice(-3)
    .join('/');

/** One path for each kind of place. */
function listPlaceKinds(json: unknown): readonly (readonly string[])[] {
  return [...Map.groupBy(listPlaces(json).slice(1), formatPlaceKind).values()].flatMap(([first]) =>
    first ? [first] : [],
  );
}

/** Paths to every place of a JSON value. */
function listPlaces(json: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof json !== 'object' || json === null) return [path];
  return [path, ...Object.entries(json).flatMap(([key, value]) => listPlaces(value, [...path, key]))];
}

function changeAt(
  json: unknown,
  [key, ...rest]: readonly string[],
  change: (value: unknown) => unknown,
): unknown {
  if (key === undefined) return change(json);
  const copy: Record<string, unknown> = Array.isArray(json) ? ([...json] as never) : { ...(json as object) };
  const value = changeAt(copy[key], rest, change);
  if (value === undefined && !Array.isArray(copy)) delete copy[key];
  else copy[key] = value;
  return copy;
}

const WRONG_VALUES: readonly ((value: unknown) => unknown)[] = [
  ...[null, 7, -1, 1.5, '', ' ', 'x', '1.5', '1,5', true, [], {}].map((value) => () => value),
  () => undefined,
  (value) => (typeof value === 'object' && !Array.isArray(value) ? { ...value, unheardOf: 1 } : value),
];

describe.each(DEFINITION_KINDS)('$schema', ({ schema, files, parse }) => {
  test('is what the format generates', () => {
    expect(readMappingJson(schema)).toEqual(generateJsonSchemas().get(schema));
  });

  const validate = ajv.compile(readMappingJson(schema) as object);
  const found = globSync(files, { cwd: MAPPINGS });
  const problemsOf = (json: unknown): readonly DefinitionProblem[] => {
    const read = parse(json, 'x.json');
    return 'problems' in read ? read.problems : [];
  };

  test.each(found)('%s is accepted by both', (file) => {
    expect(problemsOf(readMappingJson(file))).toEqual([]);
    expect([validate(readMappingJson(file)), validate.errors]).toEqual([true, null]);
  });

  test.each(found)('a change in %s is refused by both or by neither', (file) => {
    const json = readMappingJson(file);
    let broken = 0;
    for (const path of listPlaceKinds(json)) {
      for (const change of WRONG_VALUES) {
        const other = changeAt(json, path, change);
        const problems = problemsOf(other).filter(({ message }) => !BETWEEN_PLACES.test(message));
        const isRefused = problems.length > 0;
        broken += Number(isRefused);
        const at = path.join('/');
        expect({ at, other: change('?'), refused: !validate(other) }).toEqual({
          at,
          other: change('?'),
          refused: isRefused,
        });
      }
    }
    expect(broken).toBeGreaterThan(20);
  });
});
