import { expect, test } from '@jest/globals';
import { parseCriteriaSet } from '../../../src/library/formats/criteria-set-schema.ts';
import { readBundledCriteria, readBundledProtocol } from '../vignette.ts';
import { createCriteriaMutants } from './criteria-mutants.ts';
import { findSurvivors, listEquivalents, readDefinitionFile } from './find-survivors.ts';

const protocol = readBundledProtocol();
const criteria = readBundledCriteria();
const definedSets = [...criteria.values()].filter(({ status }) => status === 'defined').map(({ id }) => id);

test.each(definedSets)('every clause of %s is covered by a case', (id) => {
  const file = `mappings/criteria/${id}.json`;
  const mutants = createCriteriaMutants(readDefinitionFile(file));
  expect(mutants.length).toBeGreaterThan(20);
  const survivors = findSurvivors(
    mutants,
    ({ json }) => {
      const read = parseCriteriaSet(json, file);
      return 'value' in read ? { protocol, criteria: new Map([...criteria, [id, read.value]]) } : null;
    },
    (sets, v) => (id === protocol.criteria.severity ? 'severity' in v.expect : sets.has(id)),
  );
  expect(survivors).toEqual(listEquivalents(file));
});
