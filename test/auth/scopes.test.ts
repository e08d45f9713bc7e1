import { expect, test } from '@jest/globals';
import {
  formatScopes,
  isPermitted,
  narrowScopes,
  parseScope,
  type SystemScope,
} from '../../src/auth/scopes.ts';
import { clientSchema } from '../../src/config/client-settings.ts';

const parseAll = (text: string): readonly SystemScope[] =>
  text.split(' ').flatMap((scope) => parseScope(scope) ?? []);

test.each([
  ['system/Observation.c', 'system/Observation.c'],
  ['system/Observation.cud', 'system/Observation.cud'],
  ['system/*.cruds', 'system/*.cruds'],
  ['system/Observation.read', 'system/Observation.rs'],
  ['system/Observation.write', 'system/Observation.cud'],
  ['system/Observation.*', 'system/Observation.cruds'],
  ['system/Observation.uc', ''],
  ['system/Observation.cc', ''],
  ['system/Observation.', ''],
  ['system/observation.c', ''],
  ['system/.c', ''],
  ['system/Observation.c?category=x', ''],
  ['user/Observation.c', ''],
  ['patient/Observation.c', ''],
  ['openid', ''],
  ['', ''],
  ['system/Observation.c\n', ''],
])('%j is %j; the configuration agrees', (text, expected) => {
  expect(formatScopes(parseAll(text))).toBe(expected);
  const client = { client: 'c', tokenSha256: 'a'.repeat(64), scopes: text };
  expect(clientSchema.safeParse(client).success).toBe(expected !== '');
});

test.each([
  ['system/*.cud', 'system/Observation.cu', 'system/Observation.cu'],
  ['system/Observation.cruds', 'system/Observation.cu', 'system/Observation.cu'],
  ['system/Observation.cu', 'system/*.cud', 'system/Observation.cu'],
  ['system/Observation.c system/Observation.u', 'system/*.cud', 'system/Observation.cu'],
  ['system/Practitioner.r', 'system/Observation.cruds', ''],
  ['system/Observation.r', 'system/Observation.cud', ''],
  ['system/*.cud', 'system/*.cud system/ResearchSubject.cu', 'system/*.cud'],
  ['system/ResearchSubject.cu', 'system/*.cruds', ''],
  ['system/ResearchSubject.cud', 'system/ResearchSubject.cu', 'system/ResearchSubject.cu'],
])('of %j, registered for %j, %j is granted', (requested, registered, granted) => {
  expect(formatScopes(narrowScopes(parseAll(requested), parseAll(registered)))).toBe(granted);
});

test('the wildcard contains every type but the one that enrols', () => {
  const wildcard = parseAll('system/*.cruds');
  expect(isPermitted(wildcard, 'Observation', 'd')).toBe(true);
  expect(isPermitted(wildcard, 'ResearchSubject', 'c')).toBe(false);
  expect(isPermitted(parseAll('system/ResearchSubject.c'), 'ResearchSubject', 'c')).toBe(true);
  expect(isPermitted(parseAll('system/ResearchSubject.c'), 'ResearchSubject', 'd')).toBe(false);
  expect(isPermitted(parseAll('system/Observation.c'), 'Observation', 'u')).toBe(false);
});
