import { beforeAll, describe, expect, test } from '@jest/globals';
import { loadR4 } from '../../writeback/r4-validator.ts';
import {
  createInboundValidate,
  listMedplumProblems,
  listRefusedElements,
  readProfileCases,
} from './published-definitions.ts';

interface ProfileFault {
  readonly name: string;
  /** Which of the good resources it is a fault of. */
  readonly on: 'count' | 'panel' | 'weight' | 'cells';
  readonly change: object;
  readonly remove?: readonly string[];
  readonly at: readonly string[];
  readonly medplumMisses?: boolean;
}

const { faults, ...good } = readProfileCases<Record<ProfileFault['on'], object> & { faults: ProfileFault[] }>(
  'faults',
);
const PROFILE_IDS = {
  count: 'blood-count',
  panel: 'blood-count-panel',
  weight: 'body-weight',
  cells: 'cell-infusion-procedure',
} as const;
const KINDS = Object.keys(PROFILE_IDS) as ProfileFault['on'][];

function applyFault({ on, change, remove = [] }: ProfileFault): object {
  const entries = Object.entries({ ...good[on], ...change });
  return Object.fromEntries(entries.filter(([key]) => !remove.includes(key)));
}

const validate = createInboundValidate();
beforeAll(loadR4);

describe('who claims a profile and keeps it', () => {
  test.each(KINDS)('is accepted (%s)', (kind) => {
    expect(listRefusedElements(validate, good[kind])).toEqual([]);
    expect(listMedplumProblems(good[kind], PROFILE_IDS[kind])).toEqual([]);
  });
});

describe('who claims a profile and does not keep it', () => {
  test.each(faults)('$name', (fault) => {
    expect(listRefusedElements(validate, applyFault(fault))).toEqual(fault.at);
  });

  // A second pair of eyes on the definitions themselves: what another validator finds by the snapshots that we publish.
  test.each(faults.filter(({ medplumMisses }) => !medplumMisses))(
    'another validator sees: $name',
    (fault) => {
      expect(listMedplumProblems(applyFault(fault), PROFILE_IDS[fault.on]).length).toBeGreaterThan(0);
    },
  );

  test.each(faults.filter(({ medplumMisses }) => medplumMisses))(
    'no other check at hand sees: $name',
    (fault) => {
      expect(listMedplumProblems(applyFault(fault), PROFILE_IDS[fault.on])).toEqual([]);
    },
  );
});
