import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readDigits } from '../../src/fhir/lossless-json.ts';
import { isObject } from '../../src/fhir/resource.ts';
import { listDetails, listFirstElements, readOutcome, readResponseBundle } from './read-answers.ts';
import {
  buildTestObservation,
  callServer,
  createStoreFailure,
  openTestServer,
  type TestServer,
} from './test-server.ts';

let testServer: TestServer;
beforeAll(async () => {
  testServer = await openTestServer();
});
afterAll(() => testServer.close());

const getLastCall = () => testServer.pipeline.calls.at(-1);

describe('create, update, delete', () => {
  test('a new resource is answered with 201, its location and its version', async () => {
    const reply = await callServer(testServer, 'PUT', '/fhir/Observation/o1', buildTestObservation('o1'));
    expect(reply.status).toBe(201);
    expect(reply.headers.get('location')).toBe(`${testServer.url}/fhir/Observation/o1/_history/1`);
    expect(reply.headers.get('etag')).toBe('W/"1"');
    expect(reply.headers.get('last-modified')).toBe('Mon, 02 Mar 2026 08:15:00 GMT');
    expect(reply.headers.get('content-type')).toBe('application/fhir+json; charset=utf-8');
    expect(reply.headers.get('x-powered-by')).toBeNull();
    expect(listDetails(readOutcome(reply))).toEqual(['mapped']);
    expect(getLastCall()).toMatchObject({ site: 'site-1', grouping: 'each', door: 'rest' });
    expect(
      (await callServer(testServer, 'PUT', '/fhir/Observation/o1', buildTestObservation('o1'))).status,
    ).toBe(200);
  });

  test('a create passes on If-None-Exist, an update the version of If-Match', async () => {
    const headers = { 'If-None-Exist': 'identifier=urn:lab|7' };
    await callServer(testServer, 'POST', '/fhir/Observation', buildTestObservation(), headers);
    expect(getLastCall()?.interactions[0]).toMatchObject({
      method: 'create',
      id: null,
      ifNoneExist: 'identifier=urn:lab|7',
    });
    await callServer(testServer, 'PUT', '/fhir/Observation/o2', buildTestObservation('o2'), {
      'If-Match': 'W/"4"',
    });
    expect(getLastCall()?.interactions[0]).toMatchObject({ method: 'update', id: 'o2', ifMatch: '4' });
  });

  test('a condition that is not one identifier, or an If-Match that is no ETag, does not reach the pipeline', async () => {
    const before = testServer.pipeline.calls.length;
    const bad = { 'If-None-Exist': '_id=1&_include=*' };
    expect(
      (await callServer(testServer, 'POST', '/fhir/Observation', buildTestObservation(), bad)).status,
    ).toBe(400);
    const star = { 'If-Match': '*' };
    expect(
      (await callServer(testServer, 'PUT', '/fhir/Observation/o2', buildTestObservation('o2'), star)).status,
    ).toBe(400);
    expect(testServer.pipeline.calls.length).toBe(before);
  });

  test('a delete has no body, and a conditional update needs the identifier in the resource', async () => {
    expect((await callServer(testServer, 'DELETE', '/fhir/Observation/o1')).status).toBe(200);
    expect(getLastCall()?.interactions[0]).toMatchObject({ method: 'delete', id: 'o1', resource: null });
    const known = { ...buildTestObservation(), identifier: [{ system: 'urn:lab', value: '8' }] };
    expect(
      (await callServer(testServer, 'PUT', '/fhir/Observation?identifier=urn:lab|8', known)).status,
    ).toBeLessThan(300);
    expect(getLastCall()?.interactions[0]).toMatchObject({ method: 'create', id: null });
    const other = await callServer(testServer, 'PUT', '/fhir/Observation?identifier=urn:lab|9', known);
    expect(other.status).toBe(422);
    expect(listFirstElements(other)).toEqual(['Observation.identifier']);
  });

  test('Prefer: return=minimal has no body, except for a refusal', async () => {
    const headers = { Prefer: 'return=minimal' };
    const made = await callServer(
      testServer,
      'PUT',
      '/fhir/Observation/m1',
      buildTestObservation('m1'),
      headers,
    );
    expect([made.status, made.text]).toEqual([201, '']);
    expect(made.headers.get('etag')).toBe('W/"1"');
    const bad = { ...buildTestObservation('m2'), status: 'done' };
    const refused = await callServer(testServer, 'PUT', '/fhir/Observation/m2', bad, headers);
    expect(refused.status).toBe(422);
    expect(listFirstElements(refused)).toEqual(['Observation.status']);
  });

  test('the digits of a number reach the pipeline as they were sent', async () => {
    const body = JSON.stringify(buildTestObservation('d1')).replace('"value":24', '"value":24.00');
    await callServer(testServer, 'PUT', '/fhir/Observation/d1', body);
    const quantity = getLastCall()?.interactions[0]?.resource?.valueQuantity;
    expect(isObject(quantity) && readDigits(quantity.value)).toBe('24.00');
  });
});

describe('refusals', () => {
  test('a type or an id that is not the one in the URL, with the element', async () => {
    const type = await callServer(testServer, 'POST', '/fhir/Patient', buildTestObservation());
    expect([type.status, listFirstElements(type)]).toEqual([422, ['Patient.resourceType']]);
    const id = await callServer(testServer, 'PUT', '/fhir/Observation/o1', buildTestObservation('o9'));
    expect([id.status, listFirstElements(id)]).toEqual([422, ['Observation.id']]);
    const none = await callServer(testServer, 'PUT', '/fhir/Observation/o1', buildTestObservation());
    expect(none.status).toBe(422);
  });

  test('types that FHIR does not have, including names that every object has', async () => {
    for (const type of ['constructor', '__proto__', 'observation', 'Toaster']) {
      expect((await callServer(testServer, 'POST', `/fhir/${type}`, { resourceType: type })).status).toBe(
        404,
      );
    }
  });

  test.each([
    ['text/plain', 415],
    ['application/fhir+xml', 415],
    ['application/fhir+json; charset=latin1', 415],
    ['application/fhir+json; fhirVersion=6.0', 415],
    ['application/fhir+json; charset="UTF-8"; fhirVersion=4.0', 201],
    ['application/fhir+json; fhirVersion="5.0"', 200],
    ['application/fhir+json; fhirVersion=4.3', 200],
    ['application/fhir+json; fhirVersion="4.3.0"; charset=utf-8', 200],
    ['application/fhir+json; fhirVersion=4.1', 415],
    ['application/fhir+json; fhirVersion=4.30', 415],
    ['application/json', 200],
  ])('Content-Type %s: %i', async (type, status) => {
    const body = buildTestObservation('ct');
    const reply = await callServer(testServer, 'PUT', '/fhir/Observation/ct', body, { 'Content-Type': type });
    expect(reply.status).toBe(status);
    expect(readOutcome(reply).issue).not.toEqual([]);
  });

  test.each(['json', 'ndjson'])('R4B is read as R4, also where it is asked for: %s', async (form) => {
    const type = `application/fhir+${form}; fhirVersion=4.3`;
    const headers = { 'Content-Type': type, Accept: 'application/fhir+json; fhirVersion=4.3' };
    const extension = [
      { url: 'urn:x', valueRatioRange: { lowNumerator: { value: 1 } } },
      { url: 'urn:y', valueCodeableReference: { concept: { text: 'x' } } },
    ];
    const resource = { ...buildTestObservation(`r4b-${form}`), extension };
    const [method, path] = form === 'json' ? ['PUT', `Observation/r4b-${form}`] : ['POST', '$ingest'];
    const reply = await callServer(testServer, method, `/fhir/${path}`, resource, headers);
    expect([reply.status, listDetails(readOutcome(reply))[0]]).toEqual([
      form === 'json' ? 201 : 200,
      form === 'json' ? 'mapped' : 'summary',
    ]);
    expect(reply.text).not.toContain('fhir-invalid');
    expect(reply.headers.get('content-type')).toMatch(/^application\/fhir\+json/);
    expect(getLastCall()?.interactions[0]).toMatchObject({ fhirVersion: '4.0', id: `r4b-${form}` });
  });

  test.each(['Ingredient', 'NutritionProduct', 'SubscriptionTopic'])(
    'a type that only R4B has reaches the pipeline as any other type: %s',
    async (type) => {
      const headers = { 'Content-Type': 'application/fhir+json; fhirVersion=4.3' };
      const reply = await callServer(testServer, 'POST', `/fhir/${type}`, { resourceType: type }, headers);
      expect(reply.status).toBeLessThan(300);
    },
  );

  test('R5 of a type that is read as R4 only: 415 with the fix, alone, in a batch and in NDJSON', async () => {
    const r5 = (type: string) => ({ 'Content-Type': `application/fhir+${type}; fhirVersion=5.0` });
    const procedure = { resourceType: 'Procedure', id: 'p1', status: 'completed' };
    const alone = await callServer(testServer, 'POST', '/fhir/Procedure', procedure, r5('json'));
    expect([alone.status, listFirstElements(alone)]).toEqual([415, ['Content-Type']]);
    expect(listDetails(readOutcome(alone))).toEqual(['fhir-unsupported-version']);
    const entry = [{ resource: procedure, request: { method: 'PUT', url: 'Procedure/p1' } }];
    const batch = await callServer(
      testServer,
      'POST',
      '/fhir',
      { resourceType: 'Bundle', type: 'batch', entry },
      r5('json'),
    );
    expect(readResponseBundle(batch).entry[0]?.response.status).toMatch(/^415 /);
    const lines = await callServer(
      testServer,
      'POST',
      '/fhir/$ingest',
      `${JSON.stringify(procedure)}\n`,
      r5('ndjson'),
    );
    expect(listDetails(readOutcome(lines))).toContain('fhir-unsupported-version');
    expect((await callServer(testServer, 'DELETE', '/fhir/Procedure/p1', undefined, r5('json'))).status).toBe(
      200,
    );
  });

  test('bytes that are not UTF-8, text that is not JSON, and no body: 400', async () => {
    const latin = Buffer.from('{"resourceType":"Observation","note":[{"text":"\xe9"}]}', 'latin1');
    for (const body of [latin, '{"resourceType":', '', '[1,]', `${'['.repeat(200)}${']'.repeat(200)}`]) {
      const reply = await callServer(testServer, 'POST', '/fhir/Observation', body);
      expect(reply.status).toBe(400);
      expect(listDetails(readOutcome(reply))).toEqual(['fhir-malformed']);
    }
  });

  test('a refusal never repeats what was sent', async () => {
    const secret = 'Wolfeschlegelstein';
    for (const body of [
      `{"resourceType":"Observation","subject":{"display":"${secret}"},,}`,
      { ...buildTestObservation(), status: secret, [secret]: 1, subject: secret },
      { resourceType: secret },
    ]) {
      const reply = await callServer(testServer, 'POST', '/fhir/Observation', body);
      expect(reply.status).toBeGreaterThanOrEqual(400);
      expect(reply.text).not.toContain(secret);
    }
  });

  test('a body over the limit: 413, declared or not, and counted after decompression', async () => {
    const large = JSON.stringify({ ...buildTestObservation(), note: [{ text: 'x'.repeat(20_000) }] });
    expect((await callServer(testServer, 'POST', '/fhir/Observation', large)).status).toBe(413);
    const bomb = gzipSync(Buffer.alloc(5_000_000, 0x20));
    expect(bomb.length).toBeLessThan(10_000);
    const packed = { 'Content-Encoding': 'gzip' };
    expect((await callServer(testServer, 'POST', '/fhir/Observation', bomb, packed)).status).toBe(413);
    const fine = gzipSync(JSON.stringify(buildTestObservation('gz')));
    expect((await callServer(testServer, 'PUT', '/fhir/Observation/gz', fine, packed)).status).toBe(201);
    const odd = { 'Content-Encoding': 'x' };
    expect((await callServer(testServer, 'POST', '/fhir/Observation', fine, odd)).status).toBe(415);
  });

  test('no token, or a wrong one: 401 for every request', async () => {
    const before = testServer.pipeline.calls.length;
    for (const Authorization of ['', 'Bearer wrong', 'Basic eDp5']) {
      const reply = await callServer(testServer, 'POST', '/fhir/Observation', '{', { Authorization });
      expect(reply.status).toBe(401);
      expect(reply.headers.get('www-authenticate')).toMatch(/^Bearer/);
      expect(readOutcome(reply).issue[0]?.code).toBe('login');
    }
    expect(
      (await callServer(testServer, 'GET', '/fhir/metadata', undefined, { Authorization: '' })).status,
    ).toBe(200);
    expect((await callServer(testServer, 'POST', '/fhir/metadata', {}, { Authorization: '' })).status).toBe(
      401,
    );
    expect(
      (await callServer(testServer, 'GET', '/fhir/nowhere', undefined, { Authorization: '' })).status,
    ).toBe(401);
    expect(testServer.pipeline.calls.length).toBe(before);
  });

  test('interactions that are not offered: 405 with Allow, or 404', async () => {
    const read = await callServer(testServer, 'GET', '/fhir/Observation/o1');
    expect([read.status, read.headers.get('allow')]).toEqual([405, 'PUT, DELETE']);
    expect((await callServer(testServer, 'GET', '/fhir/Observation?code=1')).status).toBe(405);
    expect((await callServer(testServer, 'PATCH', '/fhir/Observation/o1', {})).status).toBe(405);
    for (const path of ['/fhir/Observation/o1/_history', '/api/studies', '/', '/FHIR/metadata']) {
      const reply = await callServer(testServer, 'GET', path);
      expect([reply.status, listDetails(readOutcome(reply))]).toEqual([404, ['http-not-found']]);
    }
  });

  test('a store failure: 503 with Retry-After; an internal error: 500 that discloses nothing', async () => {
    testServer.pipeline.failure = createStoreFailure();
    const full = await callServer(testServer, 'PUT', '/fhir/Observation/o1', buildTestObservation('o1'));
    expect([full.status, full.headers.get('retry-after')]).toEqual([503, '5']);
    testServer.pipeline.failure = new TypeError('cannot read Wolfeschlegelstein of undefined');
    const mistake = await callServer(testServer, 'PUT', '/fhir/Observation/o1', buildTestObservation('o1'));
    testServer.pipeline.failure = null;
    expect(mistake.status).toBe(500);
    expect(mistake.text).not.toMatch(/Wolfe|TypeError|\.ts|at /);
    expect(testServer.events.filter(({ name }) => name === 'requestFailed')).toHaveLength(2);
  });
});

test('every request is logged by its route, never by its address', async () => {
  await callServer(testServer, 'DELETE', '/fhir/Observation/mrn-4711');
  await new Promise((resolve) => setTimeout(resolve, 50));
  const answered = testServer.events.filter(({ name }) => name === 'requestAnswered').at(-1)?.event;
  expect(answered).toMatchObject({
    method: 'DELETE',
    route: '/fhir/:type/:id',
    status: 200,
    client: 'engine',
  });
  expect(JSON.stringify(answered)).not.toContain('4711');
});
