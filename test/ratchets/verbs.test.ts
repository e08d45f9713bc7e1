import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { listSourceFiles, type ParsedSource, parseFile, parseSource } from './source-tree.ts';

/**
 * A function says what it does, so its name begins with a verb; `textOf` and `described` say what it returns, and seven
 * functions called `textOf` returned seven things. verbs.txt lists the verbs in use: a new verb is added there on purpose,
 * a noun is not. A name that ends in `Of` is a genitive, even if it begins with a verb.
 */
const VERBS = new Set(
  readFileSync(join(import.meta.dirname, 'verbs.txt'), 'utf8')
    .split(/\s+/)
    .filter(Boolean),
);

/** Names with a preposition at the end that belongs to the verb. */
const NOT_GENITIVES = ['parseAsOf', 'queryAsOf', 'allowOneOf', 'withSubjectOf'];

const readFirstWord = (name: string): string => /^[a-z]+/.exec(name)?.[0] ?? name;

/** The names of the functions that are declared at the top level of a file. */
function listFunctionNames({ tree }: Pick<ParsedSource, 'tree'>): readonly string[] {
  return tree.body.flatMap((item) => {
    const declaration = item.type === 'ExportDeclaration' ? item.declaration : item;
    if (declaration.type === 'FunctionDeclaration') return [declaration.identifier.value];
    if (declaration.type !== 'VariableDeclaration') return [];
    return declaration.declarations.flatMap(({ id, init }) =>
      id.type === 'Identifier' && init?.type === 'ArrowFunctionExpression' ? [id.value] : [],
    );
  });
}

function findNamesWithoutVerb(sources: readonly ParsedSource[]): readonly string[] {
  return sources.flatMap((source) =>
    listFunctionNames(source)
      .filter(
        (name) => !VERBS.has(readFirstWord(name)) || (/Of$/.test(name) && !NOT_GENITIVES.includes(name)),
      )
      .map((name) => `${source.file}: ${name}`),
  );
}

const SOURCES = listSourceFiles().map(parseFile);

test('every function begins with a verb', () => {
  expect(SOURCES.flatMap(listFunctionNames).length).toBeGreaterThan(2_000);
  expect(findNamesWithoutVerb(SOURCES)).toEqual([]);
});

test('no verb is listed that nobody uses', () => {
  const used = new Set(SOURCES.flatMap(listFunctionNames).map(readFirstWord));
  expect([...VERBS].filter((verb) => !used.has(verb))).toEqual([]);
});

test('a genitive and a noun would be found', () => {
  const source = parseSource(
    'a.ts',
    'function textOf() {} const dose = () => 1; export function readOf() {}',
  );
  expect(findNamesWithoutVerb([source])).toEqual(['a.ts: textOf', 'a.ts: dose', 'a.ts: readOf']);
});
