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
  /** The valid resource that the fault is applied to. */
  readonly on: 'count' | 'panel' | 'weight' | 'cells';
  readonly change: object;
  readonly remove?: readonly string[];
  readonly at: readonly string[];
  readonly medplumMisses?: boolean;
}

const { faults, ...validResources } = readProfileCases<
  Record<ProfileFault['on'], object> & { faults: ProfileFault[] }
>('faults');
const PROFILE_IDS = {
  count: 'blood-count',
  panel: 'blood-count-panel',
  weight: 'body-weight',
  cells: 'cell-infusion-procedure',
} as const;
const KINDS = Object.keys(PROFILE_IDS) as ProfileFault['on'][];

function applyFault({ on, change, remove = [] }: ProfileFault): object {
  const entries = Object.entries({ ...validResources[on], ...change });
  return Object.fromEntries(entries.filter(([key]) => !remove.includes(key)));
}

const validate = createInboundValidate();
beforeAll(loadR4);

describe('a resource that conforms to the profile that it claims', () => {
  test.each(KINDS)('is accepted (%s)', (kind) => {
    expect(listRefusedElements(validate, validResources[kind])).toEqual([]);
    expect(listMedplumProblems(validResources[kind], PROFILE_IDS[kind])).toEqual([]);
  });
});

describe('a resource that does not conform to the profile that it claims', () => {
  test.each(faults)('$name', (fault) => {
    expect(listRefusedElements(validate, applyFault(fault))).toEqual(fault.at);
  });

  // A check of the definitions themselves: what another validator finds by the published snapshots.
  test.each(faults.filter(({ medplumMisses }) => !medplumMisses))(
    'another validator finds: $name',
    (fault) => {
      expect(listMedplumProblems(applyFault(fault), PROFILE_IDS[fault.on]).length).toBeGreaterThan(0);
    },
  );

  test.each(faults.filter(({ medplumMisses }) => medplumMisses))(
    'another validator misses: $name',
    (fault) => {
      expect(listMedplumProblems(applyFault(fault), PROFILE_IDS[fault.on])).toEqual([]);
    },
  );
});
