import { expect, test } from '@jest/globals';
import { buildIdentifierQuery } from '../../src/ehr/identifier-query.ts';

test.each([
  ['https://a.example/sid|x.1', 'identifier=https%3A%2F%2Fa.example%2Fsid%7Cx.1'],
  ['urn:s|a,b|c$d\\e', 'identifier=urn%3As%7Ca%5C%2Cb%5C%7Cc%5C%24d%5C%5Ce'],
  ['|no-system', 'identifier=%7Cno-system'],
])('%s as a search parameter', (identifier, query) => {
  expect(buildIdentifierQuery(identifier)).toBe(query);
});
