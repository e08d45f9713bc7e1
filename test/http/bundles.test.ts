import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { findReferencedEntry } from '../../src/fhir/bundles/bundle-references.ts';
import {
  listDetails,
  listFirstElements,
  type ResponseBundle,
  readOutcome,
  readResponseBundle,
} from './read-answers.ts';
import { buildTestObservation, callServer, openTestServer, type TestServer } from './test-server.ts';

let testServer: TestServer;
beforeAll(async () => {
  testServer = await openTestServer();
});
afterAll(() => testServer.close());

const buildPutEntry = (id: string, resource: object = buildTestObservation(id)) => ({
  resource,
  request: { method: 'PUT', url: `Observation/${id}` },
});
const buildBundle = (type: string, entry: readonly unknown[]) => ({ resourceType: 'Bundle', type, entry });
const listStatuses = ({ entry }: ResponseBundle) => entry.map(({ response }) => response.status);

describe('batch', () => {
  test('each entry is stored on its own, and the answers have the order of the entries', async () => {
    const reply = await callServer(
      testServer,
      'POST',
      '/fhir',
      buildBundle('batch', [
        buildPutEntry('b1'),
        { request: { method: 'GET', url: 'Patient?_count=100' } },
        buildPutEntry('b2', { ...buildTestObservation('b2'), status: 'done' }),
        { resource: { resourceType: 'Patient', id: 'p1' }, request: { method: 'PUT', url: 'Patient/p1' } },
        { request: { method: 'POST', url: '../admin' }, resource: buildTestObservation() },
      ]),
    );
    const bundle = readResponseBundle(reply);
    expect([reply.status, bundle.type]).toEqual([200, 'batch-response']);
    expect(listStatuses(bundle)).toEqual([
      '201 Created',
      '405 Method Not Allowed',
      '422 Unprocessable Entity',
      '201 Created',
      '422 Unprocessable Entity',
    ]);
    expect(bundle.entry[0]?.response.location).toBe(`${testServer.url}/fhir/Observation/b1/_history/1`);
    expect(bundle.entry[2]?.response.outcome.issue[0]?.expression).toEqual([
      'Bundle.entry[2].resource.status',
    ]);
    const lastCall = testServer.pipeline.calls.at(-1);
    expect(lastCall?.grouping).toBe('each');
    expect(lastCall?.interactions.map(({ resourceType }) => resourceType)[0]).toBe('Patient');
  });

  test('an empty batch is answered, and a large one is stored in portions', async () => {
    expect((await callServer(testServer, 'POST', '/fhir', buildBundle('batch', []))).status).toBe(200);
    const before = testServer.pipeline.calls.length;
    const small = (id: string) => ({
      resource: { resourceType: 'Patient', id },
      request: { method: 'PUT', url: `Patient/${id}` },
    });
    const entries = Array.from({ length: 250 }, (_, index) => small(`n${index}`));
    const reply = await callServer(testServer, 'POST', '/fhir', buildBundle('batch', entries));
    expect(readResponseBundle(reply).entry).toHaveLength(250);
    expect(testServer.pipeline.calls.length - before).toBe(3);
  });
});

describe('transaction', () => {
  test('all entries are stored together, and each knows its Bundle', async () => {
    const uuid = 'urn:uuid:0b7e4d6c-1f2a-4c3d-8e9f-a1b2c3d4e5f6';
    const reply = await callServer(
      testServer,
      'POST',
      '/fhir',
      buildBundle('transaction', [
        {
          resource: { ...buildTestObservation(), subject: { reference: uuid } },
          request: { method: 'POST', url: 'Observation' },
        },
        { fullUrl: uuid, resource: { resourceType: 'Patient' }, request: { method: 'POST', url: 'Patient' } },
      ]),
    );
    const bundle = readResponseBundle(reply);
    expect([reply.status, bundle.type]).toEqual([200, 'transaction-response']);
    const lastCall = testServer.pipeline.calls.at(-1);
    expect(lastCall?.grouping).toBe('all-or-nothing');
    expect(lastCall?.interactions.map(({ resourceType }) => resourceType)).toEqual([
      'Patient',
      'Observation',
    ]);
    const [patient, observation] = lastCall?.interactions ?? [];
    expect(observation?.place && findReferencedEntry(observation.place, uuid)).toBe(patient);
  });

  test('one invalid entry refuses the transaction, and the answer names the element', async () => {
    const bad = buildPutEntry('t2', { ...buildTestObservation('t2'), valueQuantity: { value: '24' } });
    const reply = await callServer(
      testServer,
      'POST',
      '/fhir',
      buildBundle('transaction', [buildPutEntry('t1'), bad]),
    );
    expect(reply.status).toBe(422);
    expect(listFirstElements(reply)).toEqual(['Bundle.entry[1].resource.valueQuantity.value']);
    expect(listDetails(readOutcome(reply)).at(-1)).toBe('nothing-stored');
  });

  test('one unreadable entry keeps the transaction from the pipeline', async () => {
    const before = testServer.pipeline.calls.length;
    const absolute = {
      resource: buildTestObservation(),
      request: { method: 'POST', url: 'http://evil.example/x' },
    };
    const reply = await callServer(
      testServer,
      'POST',
      '/fhir',
      buildBundle('transaction', [buildPutEntry('t1'), absolute]),
    );
    expect(reply.status).toBe(422);
    expect(listFirstElements(reply)).toEqual(['Bundle.entry[1].request.url']);
    const twice = await callServer(
      testServer,
      'POST',
      '/fhir',
      buildBundle('transaction', [buildPutEntry('t1'), buildPutEntry('t1')]),
    );
    expect([twice.status, listFirstElements(twice)]).toEqual([422, ['Bundle.entry[1].resource.id']]);
    expect(testServer.pipeline.calls.length).toBe(before);
  });
});

describe('other Bundles', () => {
  test('collection: an entry with an id is an update, one without is a create', async () => {
    const entries = [{ resource: buildTestObservation('c1') }, { resource: buildTestObservation() }];
    const reply = await callServer(testServer, 'POST', '/fhir', buildBundle('collection', entries));
    expect([reply.status, readResponseBundle(reply).type]).toEqual([200, 'batch-response']);
    expect(testServer.pipeline.calls.at(-1)?.interactions.map(({ method }) => method)).toEqual([
      'update',
      'create',
    ]);
  });

  test.each(['document', 'message', 'history', 'searchset', 'toast', undefined])('%s: 422', async (type) => {
    const reply = await callServer(testServer, 'POST', '/fhir', { resourceType: 'Bundle', type, entry: [] });
    expect([reply.status, listFirstElements(reply)]).toEqual([422, ['Bundle.type']]);
  });

  test('a body that is not a Bundle, or a Bundle in a Bundle: 422', async () => {
    for (const body of [
      buildTestObservation(),
      [],
      'null',
      { resourceType: 'Bundle', type: 'batch', entry: [null] },
    ]) {
      expect((await callServer(testServer, 'POST', '/fhir', body)).status).toBe(422);
    }
    const inner = { resource: buildBundle('batch', []), request: { method: 'POST', url: 'Bundle' } };
    const nested = await callServer(testServer, 'POST', '/fhir', buildBundle('transaction', [inner]));
    expect([nested.status, listFirstElements(nested)]).toEqual([422, ['Bundle.entry[0].resource']]);
    expect((await callServer(testServer, 'POST', '/fhir/Bundle', buildBundle('batch', []))).status).toBe(422);
  });
});

describe('ids over 64 characters', () => {
  const LONG = 'eAbCdEfGh'.repeat(8);
  const resource = { ...buildTestObservation(LONG), subject: { reference: `Patient/${LONG}` } };
  const entry = [{ resource, request: { method: 'PUT', url: `Observation/${LONG}` } }];
  const bundle = { resourceType: 'Bundle', type: 'batch', entry };

  test('are refused, and the fix names the setting', async () => {
    const alone = await callServer(testServer, 'PUT', `/fhir/Observation/${LONG}`, resource);
    const deleted = await callServer(testServer, 'DELETE', `/fhir/Observation/${LONG}`);
    const batch = await callServer(testServer, 'POST', '/fhir', bundle);
    expect([alone.status, deleted.status, batch.status]).toEqual([422, 422, 200]);
    for (const { text } of [alone, deleted, batch]) expect(text).toContain('as-identifiers');
    expect(readResponseBundle(batch).entry[0]?.response.status).toMatch(/^422 /);
  });

  test('are taken where the site has the setting: alone, in a Bundle, in NDJSON and in a delete', async () => {
    const server = await openTestServer(undefined, true);
    const alone = await callServer(server, 'PUT', `/fhir/Observation/${LONG}`, resource);
    const location = alone.headers.get('location');
    expect([alone.status, location]).toEqual([
      201,
      expect.stringMatching(/\/Observation\/[0-9a-f-]{36}\/_history\/1$/),
    ]);
    const batch = readResponseBundle(await callServer(server, 'POST', '/fhir', bundle));
    expect(batch.entry[0]?.response).toMatchObject({ status: '200 OK' });
    const ndjson = { 'Content-Type': 'application/fhir+ndjson' };
    await callServer(server, 'POST', '/fhir/$ingest', JSON.stringify(resource), ndjson);
    await callServer(server, 'DELETE', `/fhir/Observation/${LONG}`);
    const ids = new Set(
      server.pipeline.calls.flatMap(({ interactions }) => interactions.map(({ id }) => id)),
    );
    expect([server.pipeline.calls.length, ids.size]).toEqual([4, 1]);
    await server.close();
  });
});
