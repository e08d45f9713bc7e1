import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';

/** A page that an inspector reads must not name what is not there, and must answer every requirement once. */

const ROOT = join(import.meta.dirname, '../..');
const PAGE = readFileSync(join(ROOT, 'docs/validation.md'), 'utf8');

/** The requirements of OWASP ASVS 5.0.0 at levels 1 and 2 in the chapters that the page answers: numbers only. */
const EXPECTED_IDS = readFileSync(join(import.meta.dirname, 'asvs-ids.txt'), 'utf8')
  .trim()
  .split('\n');

const ASVS_HEADING = '## OWASP ASVS';

/** Lists the paths that a page names: of tests in backticks, of pages as links, seen from docs/. */
function listNamedPaths(page: string): readonly string[] {
  const tests = [...page.matchAll(/`((?:test|torture)\/[\w./-]+)`/g)].map(([, path = '']) => path);
  const pages = [...page.matchAll(/\]\(([\w./-]+)(?:#[\w-]*)?\)/g)].map(([, path = '']) =>
    join('docs', path),
  );
  return [...tests, ...pages];
}

/** Lists the anchors that a page links to in other pages, as `operation.md#keys`. */
const listNamedAnchors = (page: string): readonly string[] =>
  [...page.matchAll(/\]\(([\w./-]+#[\w-]+)\)/g)].map(([, anchor = '']) => anchor);

/** Derives the anchors of a page's headings, as GitHub does. */
const deriveAnchors = (page: string): readonly string[] =>
  [...page.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  );

/** Lists the bars that a page names, such as R1; `E6(R3)` is a guideline. */
const listNamedBars = (page: string): ReadonlySet<string> =>
  new Set([...page.matchAll(/(?<!\()\b([RSPC]\d{1,2})\b/g)].map(([, id = '']) => id));

/** Lists the ids in the first column of the tables below a heading. */
function listAnsweredIds(page: string, heading: string): readonly string[] {
  return page
    .slice(page.indexOf(heading))
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .flatMap((line) => line.split('|')[1]?.match(/\b\d{1,2}\.\d{1,2}\.\d{1,2}\b/g) ?? []);
}

const listTwice = (ids: readonly string[]): readonly string[] =>
  ids.filter((id, index) => ids.indexOf(id) !== index);

describe('docs/validation.md', () => {
  test('names only tests and pages that exist', () => {
    const paths = listNamedPaths(PAGE);
    expect(paths.length).toBeGreaterThan(100);
    expect(paths.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });

  test('links only to headings that exist', () => {
    const missing = listNamedAnchors(PAGE).filter((named) => {
      const [file = '', anchor = ''] = named.split('#');
      return !deriveAnchors(readFileSync(join(ROOT, 'docs', file), 'utf8')).includes(anchor);
    });
    expect(missing).toEqual([]);
  });

  test('names every bar of torture/, and no other', () => {
    const bars = readdirSync(join(ROOT, 'torture')).flatMap((file) => /^[CPRS]\d+(?=-)/.exec(file) ?? []);
    expect([...listNamedBars(PAGE)].sort()).toEqual(bars.sort());
  });

  test('answers every requirement of ASVS once', () => {
    const ids = listAnsweredIds(PAGE, ASVS_HEADING);
    expect(listTwice(ids)).toEqual([]);
    expect(ids.toSorted()).toEqual(EXPECTED_IDS.toSorted());
  });
});

test('a path that is missing, a bar that is missing and an id that appears twice would be found', () => {
  const page =
    '## X\n| 2.1.1, 2.1.2 a | b | `test/attic.test.ts`; R99, [x](attic.md#y) |\n| 2.1.1 c | d 3.3.3 | |';
  expect(listNamedPaths(page)).toEqual(['test/attic.test.ts', 'docs/attic.md']);
  expect(listNamedAnchors(page)).toEqual(['attic.md#y']);
  expect([...listNamedBars(page)]).toEqual(['R99']);
  expect(listAnsweredIds(page, '## X')).toEqual(['2.1.1', '2.1.2', '2.1.1']);
  expect(listTwice(['2.1.1', '2.1.2', '2.1.1'])).toEqual(['2.1.1']);
});
