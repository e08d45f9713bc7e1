import { beforeAll, describe, expect, test } from '@jest/globals';
import { loadR4 } from '../../writeback/r4.ts';
import { cases, doorValidate, medplumProblems, refusedAt } from './built.ts';

interface Fault {
  readonly name: string;
  /** Which of the good resources it is a fault of. */
  readonly on: 'count' | 'panel' | 'weight' | 'cells';
  readonly change: object;
  readonly remove?: readonly string[];
  readonly at: readonly string[];
  readonly medplumMisses?: boolean;
}

const { faults, ...good } = cases<Record<Fault['on'], object> & { faults: Fault[] }>('faults');
const PROFILE = {
  count: 'blood-count',
  panel: 'blood-count-panel',
  weight: 'body-weight',
  cells: 'cell-infusion-procedure',
} as const;
const KINDS = Object.keys(PROFILE) as Fault['on'][];

function faulty({ on, change, remove = [] }: Fault): object {
  const entries = Object.entries({ ...good[on], ...change });
  return Object.fromEntries(entries.filter(([key]) => !remove.includes(key)));
}

const validate = doorValidate();
beforeAll(loadR4);

describe('who claims a profile and keeps it', () => {
  test.each(KINDS)('is accepted (%s)', (kind) => {
    expect(refusedAt(validate, good[kind])).toEqual([]);
    expect(medplumProblems(good[kind], PROFILE[kind])).toEqual([]);
  });
});

describe('who claims a profile and does not keep it', () => {
  test.each(faults)('$name', (fault) => {
    expect(refusedAt(validate, faulty(fault))).toEqual(fault.at);
  });

  // A second pair of eyes on the definitions themselves: what another validator finds by the snapshots that we publish.
  test.each(faults.filter(({ medplumMisses }) => !medplumMisses))(
    'another validator sees: $name',
    (fault) => {
      expect(medplumProblems(faulty(fault), PROFILE[fault.on]).length).toBeGreaterThan(0);
    },
  );

  test.each(faults.filter(({ medplumMisses }) => medplumMisses))(
    'no other check at hand sees: $name',
    (fault) => {
      expect(medplumProblems(faulty(fault), PROFILE[fault.on])).toEqual([]);
    },
  );
});
