import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { type StudyResults, studyResultsOf } from '../../../src/exports/ctgov/build.ts';
import { inconsistenciesOf } from '../../../src/exports/ctgov/check.ts';
import { refuseInconsistent } from '../../../src/exports/ctgov/inconsistency.ts';
import { studyInput } from './small-study.ts';

interface Case {
  readonly name: string;
  /** What to put where in the results, by path. */
  readonly set?: Readonly<Record<string, unknown>>;
  readonly record?: Readonly<Record<string, unknown>>;
  readonly remove?: string;
  readonly rule: string | null;
  readonly element: string | null;
}

const file = join(import.meta.dirname, '../../cases/exports/ctgov-rules.json');
const cases = JSON.parse(readFileSync(file, 'utf8')) as readonly Case[];
const input = studyInput();
const right = await studyResultsOf(input);

type Tree = Record<string, unknown>;

/** The parent of a path's last step; every step before must exist, so that a case cannot miss its place. */
function parentOf(root: object, path: string): readonly [parent: Tree, key: string] {
  const steps = path.split('.');
  const key = steps.pop() ?? '';
  const parent = steps.reduce<unknown>((node, step) => (node as Tree)[step], root);
  if (typeof parent !== 'object' || parent === null) throw new Error(`nothing at ${path}`);
  return [parent as Tree, key];
}

/** A deep copy; what tells who is behind a figure stays the same. */
function copyOf<T>(value: T): T {
  if (Array.isArray(value)) return value.map(copyOf) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, copyOf(one)])) as T;
}

function changed({ set = {}, record = {}, remove }: Case): StudyResults {
  const study = copyOf(right);
  for (const [path, value] of Object.entries(set)) {
    const [parent, key] = parentOf(study.results, path);
    parent[key] = value;
  }
  for (const [path, value] of Object.entries(record)) {
    const [parent, key] = parentOf(study.record, path);
    parent[key] = value;
  }
  if (remove !== undefined) {
    const [parent, key] = parentOf(study.results, remove);
    (parent as unknown as unknown[]).splice(Number(key), 1);
  }
  return study;
}

describe('the rules that the XSD cannot see', () => {
  test('the unchanged study breaks none', () => {
    expect(inconsistenciesOf(right, input.report)).toEqual([]);
  });

  test.each(cases)('$name', (one) => {
    const found = inconsistenciesOf(changed(one), input.report).map(({ rule, element }) => ({
      rule,
      element,
    }));
    if (one.rule === null) expect(found).toEqual([]);
    else expect(found).toContainEqual({ rule: one.rule, element: one.element });
  });

  test('every rule has a case', () => {
    const named = new Set(cases.flatMap(({ rule }) => (rule === null ? [] : [rule])));
    expect([...named].sort()).toEqual(
      'deaths dispersion events flow length numbers outcomes references report sums'.split(' '),
    );
  });

  test('a refusal names rule and element, and no subject', () => {
    const study = changed({
      name: '',
      set: { 'events.groups.0.deaths.value': '1' },
      rule: null,
      element: null,
    });
    expect(() => refuseInconsistent(inconsistenciesOf(study, input.report))).toThrow(
      expect.objectContaining({
        code: 'exports/inconsistent',
        at: 'reportedEvents/interventionGroups/interventionGroup/numDeaths',
        message: expect.stringContaining('1 deaths, 2 in participant flow (deaths)'),
      }),
    );
  });
});
