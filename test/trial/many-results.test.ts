import { expect, test } from '@jest/globals';
import { Decimal } from 'decimal.js';
import { reconcileFacts } from '../../src/trial/counts/reconcile-facts.ts';
import type { LabFact } from '../../src/trial/facts.ts';

const COMPARATORS = [null, null, null, '<', '>='] as const;

/** Results of one collection with different values, some of them limits, some of them corrections. */
const buildResults = (n: number): readonly LabFact[] =>
  Array.from({ length: n }, (_, i): LabFact => {
    const id = `o${i}`;
    return {
      kind: 'lab',
      key: `lab|platelets|${id}`,
      subject: 'S1',
      at: { text: '2026-02-03', earliestDay: '2026-02-03', latestDay: '2026-02-03', instant: null },
      sources: [{ site: 's', resourceType: 'Observation', id, version: null, element: 'Observation' }],
      analyte: 'platelets',
      measured: { value: `${i}.50`, comparator: COMPARATORS[i % COMPARATORS.length] ?? null },
      absentReason: null,
      method: 'automated',
      status: 'final',
      original: { code: 'x', value: `${i}.50`, unit: 'u', conversion: null },
    };
  });

/** Counts how many decimals are compared: what each result costs does not depend on how busy the machine is. */
function countComparisons(work: () => unknown): number {
  const { prototype } = Decimal;
  const compare = prototype.cmp;
  let comparisons = 0;
  prototype.cmp = function countedCompare(this: Decimal, other: Decimal.Value) {
    comparisons += 1;
    return compare.call(this, other);
  };
  try {
    work();
  } finally {
    prototype.cmp = compare;
  }
  return comparisons;
}

test('four times as many results of one collection cost about four times as much', () => {
  const [small, large] = [500, 2_000].map((n) => countComparisons(() => reconcileFacts(buildResults(n))));
  // Sorting them costs a little more than their number.
  expect(large).toBeLessThan((small ?? 0) * 6);
  expect(small).toBeGreaterThan(500);
});
