import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { findShareableProblems } from '../../src/mapping/view/shareable-profile.ts';

interface ShareableCase {
  readonly path: string;
  readonly shareable: boolean;
  readonly names?: string;
}

const cases = JSON.parse(
  readFileSync(new URL('../cases/view/shareable.json', import.meta.url), 'utf8'),
) as readonly ShareableCase[];

const VIEW_HEAD = { url: 'urn:example:view', name: 'example', fhirVersion: ['4.0.1'], resource: 'Patient' };
const CONSTANT = [{ name: 'limit', valueDecimal: 4 }];

describe('the Shareable subset', () => {
  test.each(cases.map((shareableCase) => [shareableCase.path, shareableCase] as const))(
    '%s',
    (_, { path, shareable, names }) => {
      const column = { name: 'a', path, type: 'string' };
      const problems = findShareableProblems({
        ...VIEW_HEAD,
        constant: CONSTANT,
        select: [{ column: [column] }],
      });
      if (shareable) expect(problems).toEqual([]);
      else {
        expect(problems.length).toBeGreaterThan(0);
        expect(problems.map((problem) => problem.at)).toContain('select[0].column[0].path');
        expect(problems.map((problem) => problem.message).join(' ')).toContain(names);
      }
    },
  );

  test('expressions are checked in all parts of a view', () => {
    const unshareable = 'name.tail()';
    const problems = findShareableProblems({
      ...VIEW_HEAD,
      where: [{ path: unshareable }],
      select: [
        {
          forEach: unshareable,
          select: [{ forEachOrNull: unshareable, column: [{ name: 'a', path: 'id', type: 'id' }] }],
        },
        {
          unionAll: [
            { repeat: ['name', unshareable], column: [{ name: 'b', path: unshareable, type: 'id' }] },
          ],
        },
      ],
    });
    expect(problems.map((problem) => problem.at)).toEqual([
      'where[0].path',
      'select[0].forEach',
      'select[0].select[0].forEachOrNull',
      'select[1].unionAll[0].repeat[1]',
      'select[1].unionAll[0].column[0].path',
    ]);
  });

  test('the profile requires url, name, fhirVersion and the type of every column', () => {
    const problems = findShareableProblems({
      resource: 'Patient',
      select: [{ column: [{ name: 'a', path: 'id' }] }],
    });
    expect(problems.map(({ at }) => at)).toEqual(['url', 'name', 'fhirVersion', 'select[0].column[0]']);
  });

  test('the problem of an invalid view is its first fault', () => {
    expect(findShareableProblems({ ...VIEW_HEAD, select: [] }).map(({ at }) => at)).toEqual(['select']);
  });
});
