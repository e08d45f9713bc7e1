import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { call, type Door, type Json, observation, openDoor } from './door.ts';

let door: Door;
beforeAll(async () => {
  door = await openDoor();
});
afterAll(() => door.close());

const put = (id: string, resource: object = observation(id)) => ({
  resource,
  request: { method: 'PUT', url: `Observation/${id}` },
});
const bundle = (type: string, entry: readonly unknown[]) => ({ resourceType: 'Bundle', type, entry });
const statuses = (json: Json) => json.entry.map((each: Json) => each.response.status);

describe('batch', () => {
  test('each entry for itself, answered in the order of the entries', async () => {
    const reply = await call(
      door,
      'POST',
      '/fhir',
      bundle('batch', [
        put('b1'),
        { request: { method: 'GET', url: 'Patient?_count=100' } },
        put('b2', { ...observation('b2'), status: 'done' }),
        { resource: { resourceType: 'Patient', id: 'p1' }, request: { method: 'PUT', url: 'Patient/p1' } },
        { request: { method: 'POST', url: '../admin' }, resource: observation() },
      ]),
    );
    expect([reply.status, reply.json.type]).toEqual([200, 'batch-response']);
    expect(statuses(reply.json)).toEqual([
      '201 Created',
      '405 Method Not Allowed',
      '422 Unprocessable Entity',
      '201 Created',
      '422 Unprocessable Entity',
    ]);
    expect(reply.json.entry[0].response.location).toBe(`${door.url}/fhir/Observation/b1/_history/1`);
    expect(reply.json.entry[2].response.outcome.issue[0].expression).toEqual([
      'Bundle.entry[2].resource.status',
    ]);
    const handed = door.pipeline.calls.at(-1);
    expect(handed?.grouping).toBe('each');
    expect(handed?.interactions.map((each) => each.resourceType)[0]).toBe('Patient');
  });

  test('an empty batch is answered, and a large one goes in portions', async () => {
    expect((await call(door, 'POST', '/fhir', bundle('batch', []))).status).toBe(200);
    const before = door.pipeline.calls.length;
    const small = (id: string) => ({
      resource: { resourceType: 'Patient', id },
      request: { method: 'PUT', url: `Patient/${id}` },
    });
    const entries = Array.from({ length: 250 }, (_, index) => small(`n${index}`));
    const reply = await call(door, 'POST', '/fhir', bundle('batch', entries));
    expect(reply.json.entry).toHaveLength(250);
    expect(door.pipeline.calls.length - before).toBe(3);
  });
});

describe('transaction', () => {
  test('all go in together and references between entries are resolved', async () => {
    const uuid = 'urn:uuid:0b7e4d6c-1f2a-4c3d-8e9f-a1b2c3d4e5f6';
    const reply = await call(
      door,
      'POST',
      '/fhir',
      bundle('transaction', [
        {
          resource: { ...observation(), subject: { reference: uuid } },
          request: { method: 'POST', url: 'Observation' },
        },
        { fullUrl: uuid, resource: { resourceType: 'Patient' }, request: { method: 'POST', url: 'Patient' } },
      ]),
    );
    expect([reply.status, reply.json.type]).toEqual([200, 'transaction-response']);
    const handed = door.pipeline.calls.at(-1);
    expect(handed?.grouping).toBe('all-or-nothing');
    expect(handed?.interactions.map((each) => each.resourceType)).toEqual(['Patient', 'Observation']);
    expect(handed?.interactions[1]?.resource?.subject).toEqual({
      reference: 'Patient/0b7e4d6c-1f2a-4c3d-8e9f-a1b2c3d4e5f6',
    });
    expect(reply.json.entry[1].response.location).toContain('/Patient/0b7e4d6c');
  });

  test('one entry that is invalid refuses all, and says which one', async () => {
    const bad = put('t2', { ...observation('t2'), valueQuantity: { value: '24' } });
    const reply = await call(door, 'POST', '/fhir', bundle('transaction', [put('t1'), bad]));
    expect([reply.status, reply.json.resourceType]).toEqual([422, 'OperationOutcome']);
    expect(reply.json.issue[0].expression).toEqual(['Bundle.entry[1].resource.valueQuantity.value']);
    expect(reply.json.issue.at(-1).details.coding[0].code).toBe('nothing-stored');
  });

  test('one entry that cannot be understood keeps all from the pipeline', async () => {
    const before = door.pipeline.calls.length;
    const absolute = { resource: observation(), request: { method: 'POST', url: 'http://evil.example/x' } };
    const reply = await call(door, 'POST', '/fhir', bundle('transaction', [put('t1'), absolute]));
    expect(reply.status).toBe(422);
    expect(reply.json.issue[0].expression).toEqual(['Bundle.entry[1].request.url']);
    const twice = await call(door, 'POST', '/fhir', bundle('transaction', [put('t1'), put('t1')]));
    expect([twice.status, twice.json.issue[0].expression]).toEqual([422, ['Bundle.entry[1].resource.id']]);
    expect(door.pipeline.calls.length).toBe(before);
  });
});

describe('other Bundles', () => {
  test('collection: every entry an update, or a create without id', async () => {
    const entries = [{ resource: observation('c1') }, { resource: observation() }];
    const reply = await call(door, 'POST', '/fhir', bundle('collection', entries));
    expect([reply.status, reply.json.type]).toEqual([200, 'batch-response']);
    expect(door.pipeline.calls.at(-1)?.interactions.map((each) => each.method)).toEqual(['update', 'create']);
  });

  test.each(['document', 'message', 'history', 'searchset', 'toast', undefined])('%s: 422', async (type) => {
    const reply = await call(door, 'POST', '/fhir', { resourceType: 'Bundle', type, entry: [] });
    expect([reply.status, reply.json.issue[0].expression]).toEqual([422, ['Bundle.type']]);
    expect(reply.json.issue[0].diagnostics).toContain('batch, transaction or collection');
  });

  test('what is no Bundle at all', async () => {
    for (const body of [
      observation(),
      [],
      'null',
      { resourceType: 'Bundle', type: 'batch', entry: [null] },
    ]) {
      expect((await call(door, 'POST', '/fhir', body)).status).toBe(422);
    }
    const inner = { resource: bundle('batch', []), request: { method: 'POST', url: 'Bundle' } };
    const nested = await call(door, 'POST', '/fhir', bundle('transaction', [inner]));
    expect([nested.status, nested.json.issue[0].expression]).toEqual([422, ['Bundle.entry[0].resource']]);
    expect((await call(door, 'POST', '/fhir/Bundle', bundle('batch', []))).status).toBe(422);
  });
});
