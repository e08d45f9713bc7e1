import { expect, test } from '@jest/globals';
import { listSourceFiles, type ParsedSource, parseFile, parseSource } from './source-tree.ts';

/**
 * An exported name has one meaning in the whole tree: two functions called `studyDay`, one counting from 0 and one from
 * 1, are an accident that the compiler cannot see. A re-export is no declaration.
 */
function listDeclaredExports({ tree }: Pick<ParsedSource, 'tree'>): readonly string[] {
  return tree.body.flatMap((item) => {
    if (item.type !== 'ExportDeclaration') return [];
    const { declaration } = item;
    if (declaration.type === 'VariableDeclaration')
      return declaration.declarations.flatMap(({ id }) => (id.type === 'Identifier' ? [id.value] : []));
    if (declaration.type === 'FunctionDeclaration' || declaration.type === 'ClassDeclaration')
      return [declaration.identifier.value];
    return 'id' in declaration && declaration.id.type === 'Identifier' ? [declaration.id.value] : [];
  });
}

function findSharedNames(sources: readonly ParsedSource[]): readonly string[] {
  const declared = sources.flatMap((source) =>
    [...new Set(listDeclaredExports(source))].map((name) => ({ name, file: source.file })),
  );
  return [...Map.groupBy(declared, ({ name }) => name)]
    .filter(([, places]) => places.length > 1)
    .map(([name, places]) => `${name}: ${places.map(({ file }) => file).join(', ')}`)
    .sort();
}

test('no exported name is declared in two files', () => {
  const sources = listSourceFiles().map(parseFile);
  expect(sources.flatMap(listDeclaredExports).length).toBeGreaterThan(1_000);
  expect(findSharedNames(sources)).toEqual([]);
});

test('a second declaration of any kind is found', () => {
  const sources = [
    parseSource('a.ts', 'export const one = 1; export type Two = 2; export interface Three {}'),
    parseSource(
      'b.ts',
      'export function one() {} export class Two {} export interface Three {} const four = 4;',
    ),
    parseSource('c.ts', "export { one } from './a.ts'; export const four = 4;"),
  ];
  expect(findSharedNames(sources)).toEqual(['Three: a.ts, b.ts', 'Two: a.ts, b.ts', 'one: a.ts, b.ts']);
});
