import { expect, test } from '@jest/globals';
import { factChanges } from '../../src/pipeline/fact-changes.ts';
import type { LabFact } from '../../src/trial/facts.ts';

const lab = (
  value: string,
  element = 'Observation.valueQuantity',
  method: LabFact['method'] = 'automated',
) => ({
  study: 'st',
  subject: 'S-1',
  fact: {
    kind: 'lab',
    key: `lab|platelets|2026-03-02|${value}`,
    subject: 'S-1',
    at: { text: '2026-03-02', earliestDay: '2026-03-02', latestDay: '2026-03-02', instant: null },
    sources: [{ site: 's', resourceType: 'Observation', id: 'o', version: null, element }],
    analyte: 'platelets',
    measured: { value, comparator: null },
    absentReason: null,
    method,
    status: 'final',
    original: { code: 'x', value, unit: 'u', conversion: null },
  } satisfies LabFact,
});

const changes = (before: ReturnType<typeof lab>[], after: ReturnType<typeof lab>[]) =>
  factChanges(before, after).map(({ change, before: b, after: a }) => [
    change,
    b?.key ?? null,
    a?.key ?? null,
  ]);

const key = (value: string) => `lab|platelets|2026-03-02|${value}`;

test('what is the same is no change', () => {
  expect(changes([lab('24')], [lab('24')])).toEqual([]);
});

test('what one element says is changed, not gone and come, though its key is another', () => {
  expect(changes([lab('24')], [lab('2.4')])).toEqual([['changed', key('24'), key('2.4')]]);
});

test('equal keys with another content', () => {
  const before = [lab('24')];
  expect(changes(before, [lab('24', undefined, 'manual')])).toEqual([['changed', key('24'), key('24')]]);
});

test('what comes and what goes, at other elements', () => {
  expect(changes([lab('24', 'a')], [lab('30', 'b')])).toEqual([
    ['added', null, key('30')],
    ['removed', key('24'), null],
  ]);
});

test('one subject is not another', () => {
  const other = { ...lab('24'), subject: 'S-2' };
  expect(changes([lab('24')], [other])).toEqual([
    ['added', null, key('24')],
    ['removed', key('24'), null],
  ]);
});
