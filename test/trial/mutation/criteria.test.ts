import { expect, test } from '@jest/globals';
import { parseCriteriaSet } from '../../../src/trial/criteria/parse.ts';
import { realCriteria, realProtocol } from '../vignette.ts';
import { criteriaMutants } from './criteria-mutants.ts';
import { equivalentsOf, readDefinition, survivorsOf } from './survivors.ts';

const protocol = realProtocol();
const criteria = realCriteria();
const defined = [...criteria.values()].filter(({ status }) => status === 'defined').map(({ id }) => id);

test.each(defined)('every clause of %s is said by a case', (id) => {
  const file = `mappings/criteria/${id}.json`;
  const mutants = criteriaMutants(readDefinition(file));
  expect(mutants.length).toBeGreaterThan(20);
  const survivors = survivorsOf(
    mutants,
    ({ json }) => {
      const read = parseCriteriaSet(json, file);
      return 'value' in read ? { protocol, criteria: new Map([...criteria, [id, read.value]]) } : null;
    },
    (sets, v) => (id === protocol.criteria.severity ? 'severity' in v.expect : sets.has(id)),
  );
  expect(survivors).toEqual(equivalentsOf(file));
});
