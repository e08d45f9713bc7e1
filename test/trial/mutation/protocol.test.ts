import { expect, test } from '@jest/globals';
import { parseProtocol } from '../../../src/library/formats/protocol-schema.ts';
import { readBundledCriteria, type Vignette } from '../vignette.ts';
import { findSurvivors, listEquivalents, readDefinitionFile } from './find-survivors.ts';
import { createProtocolMutants } from './protocol-mutants.ts';

const PROTOCOL_FILE = 'mappings/studies/msc-aa/protocol.json';
const criteria = readBundledCriteria();

/** The parts of the protocol, each with the cases that it can affect. */
test.each<[string, (v: Vignette) => boolean]>([
  ['visits', () => true],
  ['baselineDays', () => true],
  ['washouts', (v) => v.drugs !== undefined || v.transfusions !== undefined],
  ['independenceDays', (v) => v.transfusions !== undefined],
  ['dependence', (v) => v.transfusions !== undefined],
  ['countSelection', () => true],
  ['criteria', (v) => v.baseline === 'none'],
  ['dosing', (v) => 'deviations' in v.expect],
  ['censoring', (v) => v.drugs !== undefined || v.transplant !== undefined],
])('every number and part of the protocol’s %s is covered by a case', (part, isTouched) => {
  const own = ({ at }: { readonly at: string }) => at.startsWith(`/${part}`);
  const mutants = createProtocolMutants(readDefinitionFile(PROTOCOL_FILE)).filter(own);
  expect(mutants.length).toBeGreaterThan(0);
  const survivors = findSurvivors(
    mutants,
    ({ json }) => {
      const read = parseProtocol(json, PROTOCOL_FILE);
      return 'value' in read ? { protocol: read.value, criteria } : null;
    },
    (_sets, v) => isTouched(v),
  );
  expect(survivors).toEqual(listEquivalents(PROTOCOL_FILE).filter((name) => name.startsWith(`/${part}`)));
});
