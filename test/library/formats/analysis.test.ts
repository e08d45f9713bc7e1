import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parseProtocol } from '../../../src/library/formats/protocol-schema.ts';
import { checkProtocolCriteria } from '../../../src/library/protocol-criteria.ts';
import type { Protocol } from '../../../src/trial/protocol.ts';
import { readBundledCriteria } from '../../trial/vignette.ts';

/** What a protocol says about its analysis: defaults, what is refused, and names that must exist elsewhere. */
const PROTOCOL_FILE = new URL('../../../mappings/studies/msc-aa/protocol.json', import.meta.url);
const BUNDLED = JSON.parse(readFileSync(PROTOCOL_FILE, 'utf8'));

const parseWith = (analysis: unknown) => parseProtocol({ ...BUNDLED, analysis }, 'p.json');

function readWith(analysis: unknown): Protocol {
  const parsed = parseWith(analysis);
  if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems));
  return parsed.value;
}

test('what is left out has a default', () => {
  expect(readWith(undefined).analysis).toEqual(readWith({}).analysis);
  expect(readWith({}).analysis).toMatchObject({
    landmarkMonths: [6],
    survivalMonths: [6, 12],
    treatmentEmergent: { untilDaysAfterLastInfusion: 30 },
    sensitivity: [],
    twoStage: null,
  });
});

describe('refused at its place', () => {
  const VARIANT = { id: 'a', says: 'b' };
  const DESIGN = { n1: 9, r1: 0, n: 17, r: 2, p0: '0.05', p1: '0.25' };
  test.each<[string, unknown]>([
    ['landmarkMonths', { landmarkMonths: [6, 3] }],
    ['ageGroups', { ageGroups: [18, 18] }],
    ['survivalMonths/0', { survivalMonths: [0] }],
    ['sensitivity', { sensitivity: [VARIANT, VARIANT] }],
    ['sensitivity/0/confirmation', { sensitivity: [{ ...VARIANT, confirmation: 'some' }] }],
    ['twoStage', { twoStage: { ...DESIGN, n1: 17 } }],
    ['twoStage', { twoStage: { ...DESIGN, r1: 9 } }],
    ['twoStage', { twoStage: { ...DESIGN, r1: 3 } }],
    ['twoStage', { twoStage: { ...DESIGN, r: 17 } }],
    ['twoStage/p0', { twoStage: { ...DESIGN, p0: 0.05 } }],
    [
      'populations/perProtocol/withoutDeviations/0',
      {
        populations: {
          evaluable: { baselineCounts: ['anc'], assessedVisits: 1 },
          perProtocol: { infusions: 4, withoutDeviations: ['late'] },
        },
      },
    ],
  ])('%s', (place, analysis) => {
    const parsed = parseWith(analysis);
    expect('problems' in parsed && parsed.problems.map(({ at }) => at)).toEqual([
      `p.json#/analysis/${place}`,
    ]);
  });

  test('a two-stage design that is one', () => {
    expect(readWith({ twoStage: DESIGN }).analysis.twoStage).toMatchObject(DESIGN);
  });
});

test.each([
  ['a set that the library does not have', { overall: 'no-such-set' }],
  ['a severity set that the library does not have', { severity: 'no-such-set' }],
  ['a severity set without definitions of severity', { severity: 'bsh-nsaa' }],
  ['a drug without a washout', { washoutDays: { filgrastin: 7 } }],
])('a variant with %s is a problem', (_name, change) => {
  const protocol = readWith({ sensitivity: [{ id: 'v', says: 'w', ...change }] });
  expect(checkProtocolCriteria(protocol, readBundledCriteria()).length).toBeGreaterThan(0);
});
