import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { checkDefinitionReferences } from '../../src/trial/criteria/definition-references.ts';
import { parseCriteriaSet } from '../../src/trial/criteria/parse-criteria-set.ts';
import type { ParseResult } from '../../src/trial/definition.ts';
import { checkProtocolCriteria, parseProtocol } from '../../src/trial/parse-protocol.ts';
import { readBundledCriteria, readBundledProtocol } from './vignette.ts';

const PROTOCOL_FILE = new URL('../../mappings/studies/msc-aa/protocol.json', import.meta.url);

/** The real protocol with one value at a path replaced (undefined: taken out). */
function replaceInProtocol(path: string, value: unknown): unknown {
  const json = JSON.parse(readFileSync(PROTOCOL_FILE, 'utf8'));
  const keys = path.split('/');
  const last = keys.pop() ?? '';
  const parent = keys.reduce((node, key) => node[key], json);
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  return json;
}

function listPlaces(parsed: ParseResult<unknown>): readonly string[] {
  return 'problems' in parsed ? parsed.problems.map((problem) => problem.at) : [];
}

describe('the protocol file', () => {
  test('is right as it is, and names sets that exist', () => {
    const protocol = readBundledProtocol();
    expect(protocol.visits.map((visit) => visit.id)).toEqual(['W2', 'M1', 'M2', 'M3', 'M6', 'M9', 'M12']);
    expect(checkProtocolCriteria(protocol, readBundledCriteria())).toEqual([]);
  });

  test.each([
    ['visits/1/window', [20, 44], 'p.json#/visits/1/window'],
    ['visits/0/window', [16, 21], 'p.json#/visits/0/window'],
    ['visits/0/target', '15', 'p.json#/visits/0/target'],
    ['visits/1/id', 'W2', 'p.json#/visits'],
    ['dosing/minPerKg', 1, 'p.json#/dosing/minPerKg'],
    ['dosing/days', [7, 14], 'p.json#/dosing/days'],
    ['dosing/continuation/visit', 'M4', 'p.json#/dosing/continuation/visit'],
    ['washouts/0/analytes', ['plt'], 'p.json#/washouts/0/analytes/0'],
    ['criteria/overall/NSAA', undefined, 'p.json#/criteria/overall'],
    ['interval/method', 'wald', 'p.json#/interval/method'],
    ['bestResponseBy', 'M24', 'p.json#/bestResponseBy'],
    ['windows', [], 'p.json#/windows'],
  ])('says where %s is wrong', (path, value, at) => {
    const parsed = parseProtocol(replaceInProtocol(path, value), 'p.json');
    expect(listPlaces(parsed)).toContain(at);
    if ('problems' in parsed) for (const problem of parsed.problems) expect(problem.fix).not.toBe('');
  });

  test.each([null, 'text', 7, [], {}])('%j is no protocol, and no exception', (json) => {
    expect(listPlaces(parseProtocol(json, 'p.json')).length).toBeGreaterThan(0);
  });

  test('names a criteria set that is not there', () => {
    const protocol = {
      ...readBundledProtocol(),
      criteria: { ...readBundledProtocol().criteria, lineages: 'no-such-set' },
    };
    expect(checkProtocolCriteria(protocol, readBundledCriteria())[0]?.message).toContain('no-such-set');
  });
});

const BARE_SET = {
  id: 'x',
  version: '1',
  title: 'x',
  status: 'defined',
  sources: [{ cite: 'x', trust: 'own-choice' }],
};

function parseSetWith(when: unknown, definitions?: unknown): ParseResult<unknown> {
  const classes = [{ scope: 'overall', class: 'PR', paragraph: 'x', when }];
  return parseCriteriaSet({ ...BARE_SET, classes, ...(definitions ? { definitions } : {}) }, 'x.json');
}

describe('a criteria file', () => {
  test('all sets of the repository are right and their references lead somewhere', () => {
    expect([...readBundledCriteria().keys()]).toEqual(
      expect.arrayContaining(['bsh-saa', 'bsh-nsaa', 'nih-epag-refractory', 'pang-2017', 'camitta-severity']),
    );
    expect(checkDefinitionReferences(readBundledCriteria())).toEqual([]);
  });

  test.each([
    [{ count: 'anc', op: '>', value: 1.5 }, 'x.json#/classes/0/when/value'],
    [{ count: 'anc', op: '=>', value: '1.5' }, 'x.json#/classes/0/when/op'],
    [{ count: 'anc', op: '>', value: '1,5' }, 'x.json#/classes/0/when/value'],
    [{ count: 'neutrophils', op: '>', value: '1' }, 'x.json#/classes/0/when/count'],
    [{ count: 'anc', op: '>', valeu: '1' }, 'x.json#/classes/0/when/valeu'],
    [{ all: [] }, 'x.json#/classes/0/when/all'],
    [{ all: [{ any: [{ nothing: 1 }] }] }, 'x.json#/classes/0/when/all/0/any/0'],
    [{ atLeast: 0, of: [{ ref: 'a' }] }, 'x.json#/classes/0/when/atLeast'],
    [{ change: 'anc', op: '>', by: '1', byFactor: '2' }, 'x.json#/classes/0/when'],
    [{ transfusionIndependent: ['plasma'] }, 'x.json#/classes/0/when/transfusionIndependent/0'],
    ['anc > 1.5', 'x.json#/classes/0/when'],
  ])('%j is refused at its place', (when, at) => {
    expect(listPlaces(parseSetWith(when))).toContain(at);
  });

  test('an undefined set may not have classes, a defined one must have something', () => {
    const classes = [{ scope: 'overall', class: 'PR', paragraph: 'x', when: { ref: 'a' } }];
    expect(listPlaces(parseCriteriaSet({ ...BARE_SET, status: 'undefined', classes }, 'x.json'))).toContain(
      'x.json#/classes',
    );
    expect(listPlaces(parseCriteriaSet(BARE_SET, 'x.json'))).toContain('x.json#');
  });

  test('a reference to nothing and a circle are found', () => {
    const lost = parseSetWith({ ref: 'y#z' });
    const circle = parseSetWith({ ref: 'a' }, { a: { not: { ref: 'b' } }, b: { ref: 'x#a' } });
    if (!('value' in lost) || !('value' in circle)) throw new Error('both files are well formed');
    const check = (set: unknown): readonly string[] =>
      checkDefinitionReferences(new Map([['x', set as never]])).map((problem) => problem.message);
    expect(check(lost.value)).toEqual(['y#z is not defined']);
    expect(check(circle.value)).toEqual(['a is defined by itself', 'b is defined by itself']);
  });
});
