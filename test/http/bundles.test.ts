import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  buildTestObservation,
  callServer,
  type LooseJson,
  openTestServer,
  type TestServer,
} from './test-server.ts';

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
const listStatuses = (json: LooseJson) => json.entry.map((each: LooseJson) => each.response.status);

describe('batch', () => {
  test('each entry for itself, answered in the order of the entries', async () => {
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
    expect([reply.status, reply.json.type]).toEqual([200, 'batch-response']);
    expect(listStatuses(reply.json)).toEqual([
      '201 Created',
      '405 Method Not Allowed',
      '422 Unprocessable Entity',
      '201 Created',
      '422 Unprocessable Entity',
    ]);
    expect(reply.json.entry[0].response.location).toBe(`${testServer.url}/fhir/Observation/b1/_history/1`);
    expect(reply.json.entry[2].response.outcome.issue[0].expression).toEqual([
      'Bundle.entry[2].resource.status',
    ]);
    const handed = testServer.pipeline.calls.at(-1);
    expect(handed?.grouping).toBe('each');
    expect(handed?.interactions.map((each) => each.resourceType)[0]).toBe('Patient');
  });

  test('an empty batch is answered, and a large one goes in portions', async () => {
    expect((await callServer(testServer, 'POST', '/fhir', buildBundle('batch', []))).status).toBe(200);
    const before = testServer.pipeline.calls.length;
    const small = (id: string) => ({
      resource: { resourceType: 'Patient', id },
      request: { method: 'PUT', url: `Patient/${id}` },
    });
    const entries = Array.from({ length: 250 }, (_, index) => small(`n${index}`));
    const reply = await callServer(testServer, 'POST', '/fhir', buildBundle('batch', entries));
    expect(reply.json.entry).toHaveLength(250);
    expect(testServer.pipeline.calls.length - before).toBe(3);
  });
});

describe('transaction', () => {
  test('all go in together and references between entries are resolved', async () => {
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
    expect([reply.status, reply.json.type]).toEqual([200, 'transaction-response']);
    const handed = testServer.pipeline.calls.at(-1);
    expect(handed?.grouping).toBe('all-or-nothing');
    expect(handed?.interactions.map((each) => each.resourceType)).toEqual(['Patient', 'Observation']);
    expect(handed?.interactions[1]?.resource?.subject).toEqual({
      reference: 'Patient/0b7e4d6c-1f2a-4c3d-8e9f-a1b2c3d4e5f6',
    });
    expect(reply.json.entry[1].response.location).toContain('/Patient/0b7e4d6c');
  });

  test('one entry that is invalid refuses all, and says which one', async () => {
    const bad = buildPutEntry('t2', { ...buildTestObservation('t2'), valueQuantity: { value: '24' } });
    const reply = await callServer(
      testServer,
      'POST',
      '/fhir',
      buildBundle('transaction', [buildPutEntry('t1'), bad]),
    );
    expect([reply.status, reply.json.resourceType]).toEqual([422, 'OperationOutcome']);
    expect(reply.json.issue[0].expression).toEqual(['Bundle.entry[1].resource.valueQuantity.value']);
    expect(reply.json.issue.at(-1).details.coding[0].code).toBe('nothing-stored');
  });

  test('one entry that cannot be understood keeps all from the pipeline', async () => {
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
    expect(reply.json.issue[0].expression).toEqual(['Bundle.entry[1].request.url']);
    const twice = await callServer(
      testServer,
      'POST',
      '/fhir',
      buildBundle('transaction', [buildPutEntry('t1'), buildPutEntry('t1')]),
    );
    expect([twice.status, twice.json.issue[0].expression]).toEqual([422, ['Bundle.entry[1].resource.id']]);
    expect(testServer.pipeline.calls.length).toBe(before);
  });
});

describe('other Bundles', () => {
  test('collection: every entry an update, or a create without id', async () => {
    const entries = [{ resource: buildTestObservation('c1') }, { resource: buildTestObservation() }];
    const reply = await callServer(testServer, 'POST', '/fhir', buildBundle('collection', entries));
    expect([reply.status, reply.json.type]).toEqual([200, 'batch-response']);
    expect(testServer.pipeline.calls.at(-1)?.interactions.map((each) => each.method)).toEqual([
      'update',
      'create',
    ]);
  });

  test.each(['document', 'message', 'history', 'searchset', 'toast', undefined])('%s: 422', async (type) => {
    const reply = await callServer(testServer, 'POST', '/fhir', { resourceType: 'Bundle', type, entry: [] });
    expect([reply.status, reply.json.issue[0].expression]).toEqual([422, ['Bundle.type']]);
    expect(reply.json.issue[0].diagnostics).toContain('batch, transaction or collection');
  });

  test('what is no Bundle at all', async () => {
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
    expect([nested.status, nested.json.issue[0].expression]).toEqual([422, ['Bundle.entry[0].resource']]);
    expect((await callServer(testServer, 'POST', '/fhir/Bundle', buildBundle('batch', []))).status).toBe(422);
  });
});
