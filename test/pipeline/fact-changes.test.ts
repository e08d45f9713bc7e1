import { expect, test } from '@jest/globals';
import { compareFacts } from '../../src/pipeline/facts/compare-facts.ts';
import type { LabFact } from '../../src/trial/facts.ts';

const buildLab = (
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

const listChanges = (before: ReturnType<typeof buildLab>[], after: ReturnType<typeof buildLab>[]) =>
  compareFacts(before, after).map(({ change, before: b, after: a }) => [
    change,
    b?.key ?? null,
    a?.key ?? null,
  ]);

const formatKey = (value: string) => `lab|platelets|2026-03-02|${value}`;

test('what is the same is no change', () => {
  expect(listChanges([buildLab('24')], [buildLab('24')])).toEqual([]);
});

test('what one element says is changed, not gone and come, though its key is another', () => {
  expect(listChanges([buildLab('24')], [buildLab('2.4')])).toEqual([
    ['changed', formatKey('24'), formatKey('2.4')],
  ]);
});

test('equal keys with another content', () => {
  const before = [buildLab('24')];
  expect(listChanges(before, [buildLab('24', undefined, 'manual')])).toEqual([
    ['changed', formatKey('24'), formatKey('24')],
  ]);
});

test('what comes and what goes, at other elements', () => {
  expect(listChanges([buildLab('24', 'a')], [buildLab('30', 'b')])).toEqual([
    ['added', null, formatKey('30')],
    ['removed', formatKey('24'), null],
  ]);
});

test('one subject is not another', () => {
  const other = { ...buildLab('24'), subject: 'S-2' };
  expect(listChanges([buildLab('24')], [other])).toEqual([
    ['added', null, formatKey('24')],
    ['removed', formatKey('24'), null],
  ]);
});
