import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { SDTM_DATASETS } from '../../../src/exports/tabulation/sdtm-datasets.ts';

const CORE_FILE = join(import.meta.dirname, '../../cases/exports/sdtm-core.json');
const { domains } = JSON.parse(readFileSync(CORE_FILE, 'utf8')) as {
  domains: Readonly<Record<string, Readonly<Record<'Req' | 'Exp', string>>>>;
};

const splitNames = (list: string): readonly string[] => list.split(' ').filter((name) => name !== '');

test.each(SDTM_DATASETS.map((dataset) => [dataset.name, dataset] as const))(
  '%s has every required and expected variable, and marks no other so',
  (name, { variables }) => {
    const core = domains[name.startsWith('SUPP') ? 'SUPP' : name];
    const flagged = (flag: 'Req' | 'Exp') =>
      variables.filter((variable) => variable.core === flag).map((variable) => variable.name);
    expect(flagged('Req').sort()).toEqual([...splitNames(core?.Req ?? 'no such domain')].sort());
    expect(flagged('Exp').sort()).toEqual([...splitNames(core?.Exp ?? 'no such domain')].sort());
  },
);
