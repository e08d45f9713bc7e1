import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';

/** The examples in the doc comments of src/statistics: `expression // => value`, the value to the digits printed. */
const FOLDER = new URL('../../src/statistics/', import.meta.url);
const EXAMPLE_PATTERN = /^ \* (\S.*) \/\/ => (.+)$/gm;

const files = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.ts'),
);

async function importStatistics(): Promise<Record<string, unknown>> {
  const modules = await Promise.all(files.map((file) => import(new URL(file, FOLDER).href)));
  return Object.assign({}, ...modules);
}

function expectClose(found: unknown, expected: unknown): void {
  if (typeof expected === 'number') expect(found).toBeCloseTo(expected, 4);
  else if (typeof expected === 'object' && expected !== null)
    for (const [key, value] of Object.entries(expected))
      expectClose((found as Readonly<Record<string, unknown>>)[key], value);
  else expect(found).toEqual(expected);
}

const examples = files.flatMap((file) =>
  [...readFileSync(new URL(file, FOLDER), 'utf8').matchAll(EXAMPLE_PATTERN)].map(
    ([, expression = '', value = '']) => [expression, value] as const,
  ),
);

test.each(examples)('%s is %s', async (expression, value) => {
  const statistics = await importStatistics();
  const evaluate = new Function(...Object.keys(statistics), `return (${expression});`);
  expectClose(evaluate(...Object.values(statistics)), JSON.parse(value));
});

test('every exported function has an example', () => {
  const without = files.filter((file) => {
    const text = readFileSync(new URL(file, FOLDER), 'utf8');
    return text.split('export function ').length > text.split('@example').length;
  });
  expect(without).toEqual([]);
});
