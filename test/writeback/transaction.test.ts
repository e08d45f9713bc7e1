import { describe, expect, test } from '@jest/globals';
import { stringifyJson } from '../../src/fhir/lossless-json.ts';
import type { OutboxEntry } from '../../src/store/store.ts';
import { containsContent } from '../../src/writeback/read-current-state.ts';
import {
  buildTransaction,
  deriveUuid,
  matchResponses,
  type PendingWrite,
  parseLocation,
} from '../../src/writeback/transaction-bundle.ts';

const ENTRY: OutboxEntry = {
  site: 'hz',
  study: 'msc-aa',
  subject: '017',
  identifier: 'urn:s|a.1',
  resourceType: 'Observation',
  resource: '{"resourceType":"Observation","valueQuantity":{"value":1.50}}',
  provenance: '{"resourceType":"Provenance"}',
  generation: 3,
  state: 'pending',
  attempts: 0,
  nextAttemptAt: '2026-06-02T08:00:00.000Z',
  lastError: null,
  location: null,
  handedOut: 0,
  said: [],
};
const PENDING_WRITE: PendingWrite = { entry: ENTRY, replaces: null };

test('a UUID of a name is version 5 (RFC 9562, appendix A.4)', () => {
  // The example of the RFC uses the DNS namespace; this one was made with Python: uuid.uuid5(NAMESPACE_URL, 'http://python.org/').
  expect(deriveUuid('http://python.org/')).toBe('4c565f0d-3f5a-5890-b41b-20cf47701c5e');
});

describe('the transaction', () => {
  test('updates conditionally on the identifier and posts a Provenance that points at it', () => {
    const fullUrl = `urn:uuid:${deriveUuid('urn:s|a.1')}`;
    expect(buildTransaction([PENDING_WRITE])).toMatchObject({
      type: 'transaction',
      entry: [
        { fullUrl, request: { method: 'PUT', url: 'Observation?identifier=urn%3As%7Ca.1' } },
        {
          resource: { resourceType: 'Provenance', target: [{ reference: fullUrl }] },
          request: { method: 'POST', url: 'Provenance' },
        },
      ],
    });
  });

  test('writes over the version that was seen, by id, and the Provenance points at it', () => {
    expect(buildTransaction([{ entry: ENTRY, replaces: 'Observation/12/_history/3' }])).toMatchObject({
      entry: [
        { resource: { id: '12' }, request: { method: 'PUT', url: 'Observation/12', ifMatch: 'W/"3"' } },
        { resource: { target: [{ reference: 'Observation/12' }] } },
      ],
    });
  });

  test('is the same bytes for the same content, with every digit', () => {
    const text = stringifyJson(buildTransaction([PENDING_WRITE]));
    expect(text).toContain('1.50');
    expect(stringifyJson(buildTransaction([{ ...PENDING_WRITE, entry: { ...ENTRY, attempts: 9 } }]))).toBe(
      text,
    );
  });
});

describe('responses', () => {
  const ok = (n: number) => ({ status: 200, location: `Observation/${n}`, etag: null });

  test('belong to the entries in order; entries without Provenance have one', () => {
    const plain = { ...ENTRY, provenance: null };
    expect(matchResponses([ENTRY, plain, ENTRY], [1, 2, 3, 4, 5].map(ok))).toEqual([
      [ok(1), ok(2)],
      [ok(3)],
      [ok(4), ok(5)],
    ]);
  });

  test.each([[[]], [[ok(1)]], [[ok(1), ok(2), ok(3)]]])('of another number belong to nobody', (all) => {
    expect(matchResponses([ENTRY], all)).toBeNull();
  });

  test.each([
    ['Observation/1/_history/3', null, 'Observation/1/_history/3'],
    ['https://ehr.example/fhir/Observation/1/_history/3', null, 'Observation/1/_history/3'],
    ['/fhir/Observation/1', 'W/"7"', 'Observation/1/_history/7'],
    ['Observation/1', null, 'Observation/1'],
    ['Patient/1/_history/3', null, null],
    ['MyObservation/1', null, null],
    ['Observation/1?x=<script>', null, null],
    [null, 'W/"7"', null],
  ])('Location %s with ETag %s', (location, etag, expected) => {
    expect(parseLocation({ status: 200, location, etag }, 'Observation')).toBe(expected);
  });
});

describe('what an EHR holds is what was sent', () => {
  const sent = {
    issued: '2026-06-02T08:00:00.000Z',
    note: [{ text: 'a' }],
    identifier: [{ value: '1' }],
    n: 2,
  };

  test.each([
    [
      'with elements of its own',
      { ...sent, id: 'x', meta: {}, identifier: [{ value: 'own' }, { value: '1' }] },
      true,
    ],
    ['with another zone', { ...sent, issued: '2026-06-02T16:00:00+08:00' }, true],
    ['with another instant', { ...sent, issued: '2026-06-02T08:00:01.000Z' }, false],
    ['without the note', { ...sent, note: undefined }, false],
    ['with another number', { ...sent, n: 3 }, false],
  ])('%s', (_name, held, expected) => {
    expect(containsContent(held, sent)).toBe(expected);
  });
});
