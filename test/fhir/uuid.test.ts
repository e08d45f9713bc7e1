import { expect, test } from '@jest/globals';
import { deriveUuid } from '../../src/fhir/uuid.ts';

test('a UUID of a name is version 5 (RFC 9562, appendix A.4)', () => {
  // The example of the RFC uses the DNS namespace; this one was made with Python: uuid.uuid5(NAMESPACE_URL, 'http://python.org/').
  expect(deriveUuid('http://python.org/')).toBe('4c565f0d-3f5a-5890-b41b-20cf47701c5e');
});
