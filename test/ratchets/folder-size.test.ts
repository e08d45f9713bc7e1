import { dirname } from 'node:path';
import { expect, test } from '@jest/globals';
import { listAllFiles } from './source-tree.ts';

/** A folder of more files than this is a drawer: nobody reads the list, and names stop telling where a rule is. */
const MOST_FILES = 25;

const findLargeFolders = (files: readonly string[]): readonly string[] =>
  [...Map.groupBy(files, dirname)]
    .filter(([, inFolder]) => inFolder.length > MOST_FILES)
    .map(([folder, inFolder]) => `${folder}: ${inFolder.length}`);

test('no folder has more than 25 files', () => {
  // Cases and golden files are data: one file for each case or dataset.
  const files = listAllFiles().filter((file) => !/^test\/(cases|golden\/exports)\//.test(file));
  expect(files.length).toBeGreaterThan(300);
  expect(findLargeFolders(files)).toEqual([]);
});

test('one more would be found', () => {
  const files = Array.from({ length: MOST_FILES + 1 }, (_, index) => `src/room/file-${index}.ts`);
  expect(findLargeFolders(files)).toEqual(['src/room: 26']);
  expect(findLargeFolders(files.slice(1))).toEqual([]);
});
