import { expect, test } from '@jest/globals';
import { listLocalImports, listSourceFiles, parseFile, parseSource } from './source-tree.ts';

/**
 * Two files that import each other can only be understood together, and a type import ties them as firmly as any other.
 * Biome's noImportCycles does not see type imports.
 */
type ImportGraph = ReadonlyMap<string, readonly string[]>;

/** The cycles of the graph, each as its files in order; found by depth-first search, one for every edge that goes back. */
function findCycles(graph: ImportGraph): readonly string[] {
  const cycles: string[] = [];
  const finished = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    const start = path.indexOf(file);
    if (start >= 0) cycles.push([...path.slice(start), file].join(' → '));
    if (start >= 0 || finished.has(file)) return;
    for (const imported of graph.get(file) ?? []) visit(imported, [...path, file]);
    finished.add(file);
  };
  for (const file of graph.keys()) visit(file, []);
  return cycles;
}

/** Cycles that are being removed; the list may only shrink. */
const KNOWN_CYCLES: readonly string[] = [
  'src/mapping/suggest/suggester.ts → src/mapping/suggest/suggest-units.ts → src/mapping/suggest/suggester.ts',
];

test('no file imports itself by way of others', () => {
  const graph = new Map(listSourceFiles().map((file) => [file, listLocalImports(parseFile(file))]));
  expect([...graph.values()].flat().length).toBeGreaterThan(1_000);
  expect(findCycles(graph).filter((cycle) => !KNOWN_CYCLES.includes(cycle))).toEqual([]);
});

test('a cycle would be found, over two files or three', () => {
  expect(
    findCycles(
      new Map([
        ['a', ['b']],
        ['b', ['c']],
        ['c', ['a', 'b']],
      ]),
    ),
  ).toEqual(['a → b → c → a', 'b → c → b']);
});

test('a file that is imported on use is imported', () => {
  const source = parseSource('src/a.ts', "const load = async () => (await import('./b.ts')).b;");
  expect(listLocalImports(source)).toEqual(['src/b.ts']);
});
