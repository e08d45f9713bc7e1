import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { buildStudyResults, type StudyResults } from '../../../src/exports/registry-results/build-results.ts';
import { findInconsistencies } from '../../../src/exports/registry-results/check-results.ts';
import { refuseInconsistent } from '../../../src/exports/registry-results/inconsistency.ts';
import { buildSixSubjectStudy } from './six-subject-study.ts';

interface RuleCase {
  readonly name: string;
  /** What to put where in the results, by path. */
  readonly set?: Readonly<Record<string, unknown>>;
  readonly record?: Readonly<Record<string, unknown>>;
  readonly remove?: string;
  readonly rule: string | null;
  readonly element: string | null;
}

const RULES_FILE = join(import.meta.dirname, '../../cases/exports/ctgov-rules.json');
const cases = JSON.parse(readFileSync(RULES_FILE, 'utf8')) as readonly RuleCase[];
const input = buildSixSubjectStudy();
const consistentStudy = await buildStudyResults(input);

type JsonTree = Record<string, unknown>;

/** The parent of a path's last step; every step before must exist, so that a case cannot miss its place. */
function findParent(root: object, path: string): readonly [parent: JsonTree, key: string] {
  const steps = path.split('.');
  const key = steps.pop() ?? '';
  const parent = steps.reduce<unknown>((node, step) => (node as JsonTree)[step], root);
  if (typeof parent !== 'object' || parent === null) throw new Error(`nothing at ${path}`);
  return [parent as JsonTree, key];
}

/** A deep copy; what tells who is behind a figure stays the same. */
function copyDeep<T>(value: T): T {
  if (Array.isArray(value)) return value.map(copyDeep) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, copyDeep(one)])) as T;
}

function applyChange({ set = {}, record = {}, remove }: RuleCase): StudyResults {
  const study = copyDeep(consistentStudy);
  for (const [path, value] of Object.entries(set)) {
    const [parent, key] = findParent(study.results, path);
    parent[key] = value;
  }
  for (const [path, value] of Object.entries(record)) {
    const [parent, key] = findParent(study.record, path);
    parent[key] = value;
  }
  if (remove !== undefined) {
    const [parent, key] = findParent(study.results, remove);
    (parent as unknown as unknown[]).splice(Number(key), 1);
  }
  return study;
}

describe('the rules that the XSD cannot see', () => {
  test('the unchanged study breaks none', () => {
    expect(findInconsistencies(consistentStudy, input.report)).toEqual([]);
  });

  test.each(cases)('$name', (one) => {
    const found = findInconsistencies(applyChange(one), input.report).map(({ rule, element }) => ({
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
    const study = applyChange({
      name: '',
      set: { 'events.groups.0.deaths.value': '1' },
      rule: null,
      element: null,
    });
    expect(() => refuseInconsistent(findInconsistencies(study, input.report))).toThrow(
      expect.objectContaining({
        code: 'exports/inconsistent',
        at: 'reportedEvents/interventionGroups/interventionGroup/numDeaths',
        message: expect.stringContaining('1 deaths, 2 in participant flow (deaths)'),
      }),
    );
  });
});
