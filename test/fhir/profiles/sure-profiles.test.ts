import { expect, test } from '@jest/globals';
import { createProfileChecker } from '../../../src/fhir/profiles/check-profiles.ts';
import type { ProfileElement } from '../../../src/fhir/profiles/profile-rules.ts';
import { createSureProfileTest } from '../../../src/fhir/profiles/sure-profiles.ts';

const OBSERVATION = {
  resourceType: 'Observation',
  status: 'final',
  subject: { reference: 'Group/g1' },
  category: [{ text: 'a' }, { text: 'b' }],
  valueString: 'x',
};

function buildRules(...children: ProfileElement[]) {
  const codes = { 'urn:codes': { 'urn:system': ['amended'] } };
  return { types: { Observation: { name: 'Observation', children } }, profiles: {}, codes };
}

/** One rule of each kind, all broken by the Observation. */
const BROKEN: Readonly<Record<string, ProfileElement>> = {
  min: { name: 'note', min: 1 },
  max: { name: 'category', max: 1 },
  pattern: { name: 'category', pattern: { text: 'a' } },
  slice: {
    name: 'category',
    slice: { name: 's', match: [{ path: '$this', pattern: { text: 'a' } }] },
    children: [{ name: 'coding', min: 1 }],
  },
  codes: { name: 'status', codes: 'urn:codes' },
  targets: { name: 'subject', targets: ['Patient'] },
  types: { name: 'value[x]', types: ['Quantity'] },
  rules: { name: 'subject', rules: [{ key: 'k', human: 'h', expression: 'identifier.exists()' }] },
  children: { name: 'subject', children: [{ name: 'display', min: 1 }] },
};

test.each(Object.entries(BROKEN))(
  'a resource that breaks a rule is not surely valid: %s',
  (_kind, element) => {
    const rules = buildRules(element);
    expect(createProfileChecker(rules)(OBSERVATION)).toHaveLength(1);
    expect(createSureProfileTest(rules)(OBSERVATION)).toBe(false);
  },
);

test('a resource that plainly meets the rules needs no engine; one that was entered in error need not meet them', () => {
  const meets = createSureProfileTest(buildRules({ name: 'subject', targets: ['Group'] }, { name: 'focus' }));
  expect(meets(OBSERVATION)).toBe(true);
  const breaks = createSureProfileTest(buildRules({ name: 'note', min: 1 }));
  expect(breaks({ ...OBSERVATION, status: 'entered-in-error' })).toBe(true);
});
