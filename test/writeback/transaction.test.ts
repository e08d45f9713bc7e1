import { describe, expect, test } from '@jest/globals';
import { stringifyJson } from '../../src/fhir/lossless-json.ts';
import { deriveUuid } from '../../src/fhir/uuid.ts';
import type { OutboxEntry } from '../../src/store/outbox.ts';
import {
  buildTransaction,
  matchResponses,
  type PendingWrite,
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
  failureCode: null,
  failingSince: null,
  location: null,
  handedOut: 0,
  said: [],
};
const PENDING_WRITE: PendingWrite = { entry: ENTRY, replaces: null, way: 'update' };

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

  test('replaces the version that was read, by id, and the Provenance points at it', () => {
    expect(
      buildTransaction([{ entry: ENTRY, replaces: 'Observation/12/_history/3', way: 'update' }]),
    ).toMatchObject({
      entry: [
        { resource: { id: '12' }, request: { method: 'PUT', url: 'Observation/12', ifMatch: 'W/"3"' } },
        { resource: { target: [{ reference: 'Observation/12' }] } },
      ],
    });
  });

  test('is the same text for the same content, with every digit', () => {
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

  test.each([[[]], [[ok(1)]], [[ok(1), ok(2), ok(3)]]])('of another number belong to no entry', (all) => {
    expect(matchResponses([ENTRY], all)).toBeNull();
  });
});
