import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parseCriteriaSet } from '../../../src/library/formats/criteria-set-schema.ts';
import type { ParseResult } from '../../../src/library/formats/parse-definition.ts';
import { parseProtocol } from '../../../src/library/formats/protocol-schema.ts';
import { checkProtocolCriteria } from '../../../src/library/protocol-criteria.ts';
import { checkDefinitionReferences } from '../../../src/trial/criteria/definition-references.ts';
import { readBundledCriteria, readBundledProtocol } from '../../trial/vignette.ts';

const PROTOCOL_FILE = new URL('../../../mappings/studies/msc-aa/protocol.json', import.meta.url);

/** Returns the bundled protocol with one value replaced; undefined removes it. */
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
  test('is accepted as it is, and names sets that exist', () => {
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
    ['censoring/by/0/role', 'other', 'p.json#/censoring/by/0/role'],
    ['censoring/by/1/role', 'other', 'p.json#/censoring/by/1'],
    ['censoring/by/1/event', 'death', 'p.json#/censoring/by/1/event'],
    ['censoring/by/1/onlyIfNew', 'yes', 'p.json#/censoring/by/1/onlyIfNew'],
    ['elements/1/code', 'SCRN', 'p.json#/elements'],
    ['elements/1/begins', 'screening', 'p.json#/elements'],
    ['elements/1/epoch', 'RUN-IN', 'p.json#/elements/1/epoch'],
    ['arms/0/elements/3/code', 'END', 'p.json#/arms/0/elements/3/code'],
    ['arms', [], 'p.json#/arms'],
  ])('reports the place of a wrong %s', (path, value, at) => {
    const parsed = parseProtocol(replaceInProtocol(path, value), 'p.json');
    expect(listPlaces(parsed)).toContain(at);
    if ('problems' in parsed) for (const problem of parsed.problems) expect(problem.fix).not.toBe('');
  });
});

describe('a refusal of the protocol file', () => {
  test.each([
    ['sealedDays', -1, '-1 is not a whole number of at least 0', 'write a whole number of at least 0'],
    ['title', ' ', '" " is not a text that is not empty', 'write a text that is not empty'],
    ['interval/method', 'wald', '"wald" is not one of', 'write one of clopper-pearson, wilson, wilson-cc'],
    ['criteria/overall/NSAA', undefined, 'NSAA is missing', 'add "NSAA": a text that is not empty'],
    ['predictors/agent', 'atg', 'unknown key agent', 'use one of previousAgent'],
    ['dosing/days', [7], 'the planned days do not rise from 0', 'begin with 0 and put them in order'],
    [
      'visits/0/window',
      [16, 21],
      'the window does not include its target day',
      'write [first day, last day]',
    ],
    ['washouts', {}, '{} is not a list with at least one entry', 'write a list with at least one entry'],
  ])('names what is wrong with %s = %j, and the fix', (path, value, message, fix) => {
    const parsed = parseProtocol(replaceInProtocol(path, value), 'p.json');
    expect('problems' in parsed && parsed.problems[0]).toMatchObject({
      message: expect.stringContaining(message),
      fix: expect.stringContaining(fix),
    });
  });

  test('reports every wrong place in one pass', () => {
    const json = { ...(replaceInProtocol('sealedDays', -1) as object), title: '', washouts: [] };
    expect(listPlaces(parseProtocol(json, 'p.json'))).toEqual([
      'p.json#/title',
      'p.json#/sealedDays',
      'p.json#/washouts',
    ]);
  });

  test.each([null, 'text', 7, [], {}])('%j is refused as a protocol without an exception', (json) => {
    expect(listPlaces(parseProtocol(json, 'p.json')).length).toBeGreaterThan(0);
  });

  test('reports a criteria set that does not exist', () => {
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
  test('all bundled sets are accepted, and their references lead somewhere', () => {
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
    [{ count: 'anc', op: '>', value: '1', valueByMethod: { manual: '1' } }, 'x.json#/classes/0/when'],
    [{ count: 'reticulocytes', op: '>', valueByMethod: {} }, 'x.json#/classes/0/when/valueByMethod'],
    [{ ref: 'a', says: '' }, 'x.json#/classes/0/when/says'],
    ['anc > 1.5', 'x.json#/classes/0/when'],
  ])('%j is refused at its place', (when, at) => {
    expect(listPlaces(parseSetWith(when))).toContain(at);
  });

  test('an undefined set must not have classes, and a defined one must have classes or definitions', () => {
    const classes = [{ scope: 'overall', class: 'PR', paragraph: 'x', when: { ref: 'a' } }];
    expect(listPlaces(parseCriteriaSet({ ...BARE_SET, status: 'undefined', classes }, 'x.json'))).toContain(
      'x.json#/classes',
    );
    expect(listPlaces(parseCriteriaSet(BARE_SET, 'x.json'))).toContain('x.json#');
  });

  test('a reference to nothing and a circle are reported', () => {
    const lost = parseSetWith({ ref: 'y#z' });
    const circle = parseSetWith({ ref: 'a' }, { a: { not: { ref: 'b' } }, b: { ref: 'x#a' } });
    if (!('value' in lost) || !('value' in circle)) throw new Error('both files are well formed');
    const check = (set: unknown): readonly string[] =>
      checkDefinitionReferences(new Map([['x', set as never]])).map((problem) => problem.message);
    expect(check(lost.value)).toEqual(['y#z is not defined']);
    expect(check(circle.value)).toEqual(['a is defined by itself', 'b is defined by itself']);
  });
});
