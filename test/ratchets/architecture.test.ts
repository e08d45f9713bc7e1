import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { listAllFiles } from './source-tree.ts';

/** A folder that the map does not name is a room that a newcomer finds only by reading the code. */
const MAP = readFileSync(join(import.meta.dirname, '../../docs/ARCHITECTURE.md'), 'utf8');

/** Returns the folders of src that the map does not name, by path or by last part below a named folder. */
function findUnnamedFolders(files: readonly string[], map: string): readonly string[] {
  const folders = new Set(files.filter((file) => /^src\/.*\.ts$/.test(file)).map(dirname));
  return [...folders].filter((folder) => {
    const name = folder.split('/').at(-1) ?? '';
    return (
      folder !== 'src' &&
      !map.includes(`\`${folder}\``) &&
      !map.includes(`\`${folder}/\``) &&
      !map.includes(`\`${name}/\``)
    );
  });
}

test('every folder of src is named in docs/ARCHITECTURE.md', () => {
  expect(findUnnamedFolders(listAllFiles(), MAP)).toEqual([]);
});

test('every file and folder of src that the map names exists', () => {
  const files = listAllFiles();
  const named = [...MAP.matchAll(/`(src\/[a-z0-9/.-]+)`/g)].map(([, path = '']) => path.replace(/\/$/, ''));
  expect(named.length).toBeGreaterThan(25);
  expect(named.filter((path) => !files.some((file) => file === path || file.startsWith(`${path}/`)))).toEqual(
    [],
  );
});

test('a new room would be found', () => {
  expect(findUnnamedFolders(['src/attic/box.ts'], '`src/cellar/`')).toEqual(['src/attic']);
});
