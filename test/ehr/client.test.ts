import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import nock from 'nock';
import { createEhr, type EhrOptions } from '../../src/ehr/client.ts';
import type { EhrFailure, EhrResult } from '../../src/ehr/ehr.ts';
import { sendByGlobalFetch } from './nock-transport.ts';

const HOST = 'https://ehr.example';
const NOW = new Date('2026-06-02T08:00:00Z');
const BUNDLE = { resourceType: 'Bundle', type: 'transaction', entry: [] };
const FHIR = { 'content-type': 'application/fhir+json;charset=utf-8' };
const SECRET = 'Zhang San';

beforeAll(() => nock.disableNetConnect());
afterEach(() => nock.cleanAll());
afterAll(() => nock.restore());

function createTestEhr(over: Partial<EhrOptions> = {}) {
  return createEhr({
    base: `${HOST}/fhir`,
    transport: sendByGlobalFetch,
    now: () => NOW,
    timeoutMs: 2000,
    ...over,
  });
}

function expectFailure(result: EhrResult<unknown>): EhrFailure {
  if (result.ok) throw new Error('expected a failure');
  expect(result.failure.message).not.toContain(SECRET);
  return result.failure;
}

async function sendWithReply(status: number, body: string, headers: Record<string, string> = FHIR) {
  nock(HOST).post('/fhir').reply(status, body, headers);
  return createTestEhr().sendTransaction(BUNDLE);
}

describe('a transaction', () => {
  test('is sent as FHIR JSON to the base, with every digit and the token', async () => {
    const scope = nock(HOST)
      .post('/fhir', (_body) => true)
      .matchHeader('content-type', 'application/fhir+json')
      .matchHeader('accept', 'application/fhir+json')
      .matchHeader('authorization', 'Bearer t1')
      .reply(
        200,
        {
          resourceType: 'Bundle',
          type: 'transaction-response',
          entry: [
            { response: { status: '201 Created', location: 'Observation/1/_history/1', etag: 'W/"1"' } },
            { response: { status: '200' } },
          ],
        },
        FHIR,
      );
    expect(await createTestEhr({ bearerToken: async () => 't1' }).sendTransaction(BUNDLE)).toEqual({
      ok: true,
      value: {
        entries: [
          { status: 201, location: 'Observation/1/_history/1', etag: 'W/"1"' },
          { status: 200, location: null, etag: null },
        ],
      },
    });
    scope.done();
  });

  test('accepted without a body lists no entries', async () => {
    expect(await sendWithReply(201, '')).toEqual({ ok: true, value: { entries: [] } });
  });

  test.each([
    [400, 'refuse', 'none', 'refused'],
    [401, 'retry', 'none', 'unauthorized'],
    [403, 'refuse', 'none', 'refused'],
    [404, 'refuse', 'none', 'refused'],
    [408, 'retry', 'unknown', 'unavailable'],
    [409, 'retry', 'none', 'unavailable'],
    [412, 'refuse', 'none', 'refused'],
    [422, 'refuse', 'none', 'refused'],
    [425, 'retry', 'none', 'unavailable'],
    [429, 'retry', 'none', 'unavailable'],
    [500, 'retry', 'unknown', 'unavailable'],
    [501, 'refuse', 'none', 'refused'],
    [502, 'retry', 'unknown', 'unavailable'],
    [503, 'retry', 'unknown', 'unavailable'],
    [504, 'retry', 'unknown', 'unavailable'],
  ])('%i means %s, effect %s, code %s', async (status, recovery, effect, code) => {
    expect(expectFailure(await sendWithReply(status, ''))).toMatchObject({ status, recovery, effect, code });
  });

  test.each([
    ['120', 120_000],
    ['0', 0],
    ['Tue, 02 Jun 2026 08:05:00 GMT', 300_000],
    ['Tue, 02 Jun 2026 07:00:00 GMT', 0],
    ['Fri, 02 Jun 2090 07:00:00 GMT', 86_400_000],
    ['Tuesday, 02-Jun-26 08:05:00 GMT', 300_000],
    ['Tue Jun  2 08:05:00 2026', 300_000],
    ['99999999999999999999', 86_400_000],
    // What Date.parse would take for a year, or for a day of this machine's time zone.
    ['-5', null],
    ['1.5', null],
    ['2026-06-02T08:05:00', null],
    ['2 Jun 2026', null],
    ['soon', null],
  ])('Retry-After %s', async (header, retryAfterMs) => {
    for (const status of [429, 503]) {
      const answer = await sendWithReply(status, '', { 'retry-after': header });
      expect(expectFailure(answer)).toMatchObject({ retryAfterMs });
    }
  });

  test('of an OperationOutcome only the issue codes are repeated', async () => {
    const issue = [
      { severity: 'error', code: 'multiple-matches', diagnostics: `two for ${SECRET}` },
      { severity: 'error', code: SECRET },
    ];
    const answer = await sendWithReply(412, JSON.stringify({ resourceType: 'OperationOutcome', issue }));
    expect(expectFailure(answer).message).toBe('HTTP 412 (multiple-matches)');
  });

  test.each([
    ['HTML', `<html>${SECRET}</html>`, { 'content-type': 'text/html' }],
    ['JSON by name only', `{"a": ${SECRET}`, FHIR],
    ['another resource', JSON.stringify({ resourceType: 'Patient', name: SECRET }), FHIR],
    ['more than 5 MB', `"${'x'.repeat(5 * 1024 * 1024)}"`, FHIR],
    ['a key that reaches a prototype', '{"resourceType":"Bundle","__proto__":{"entry":[]}}', FHIR],
  ])('200 with %s may have had an effect', async (_name, body, headers) => {
    expect(expectFailure(await sendWithReply(200, body, headers))).toMatchObject({
      recovery: 'retry',
      effect: 'unknown',
      status: 200,
    });
  });

  test('a redirect is not followed, wherever it leads', async () => {
    const elsewhere = nock('https://evil.example').post('/fhir').reply(200, '');
    for (const status of [301, 302, 307, 308]) {
      const answer = await sendWithReply(status, '', { location: 'https://evil.example/fhir' });
      expect(expectFailure(answer)).toMatchObject({
        recovery: 'retry',
        effect: 'none',
        status,
        code: 'redirected',
      });
    }
    expect(elsewhere.isDone()).toBe(false);
  });
});

describe('the access token', () => {
  test('is renewed once after a 401', async () => {
    nock(HOST).post('/fhir').matchHeader('authorization', 'Bearer old').reply(401);
    nock(HOST).post('/fhir').matchHeader('authorization', 'Bearer new').reply(200, '');
    const requested: boolean[] = [];
    const bearerToken = async (fresh: boolean) => {
      requested.push(fresh);
      return fresh ? 'new' : 'old';
    };
    expect((await createTestEhr({ bearerToken }).sendTransaction(BUNDLE)).ok).toBe(true);
    expect(requested).toEqual([false, true]);
  });

  test('that cannot be obtained sends nothing', async () => {
    const scope = nock(HOST).post('/fhir').reply(200, '');
    const bearerToken = () => Promise.reject(new Error('down'));
    expect(expectFailure(await createTestEhr({ bearerToken }).sendTransaction(BUNDLE))).toMatchObject({
      recovery: 'retry',
      effect: 'none',
    });
    expect(scope.isDone()).toBe(false);
  });
});

describe('a search by identifier', () => {
  const found = (resources: unknown[]) => ({
    resourceType: 'Bundle',
    type: 'searchset',
    entry: resources.map((resource) => ({ resource })),
  });
  const own = { resourceType: 'Observation', id: '1', identifier: [{ system: 'urn:s', value: 'a|b' }] };

  test('sends an escaped token and keeps only resources with the identifier', async () => {
    nock(HOST)
      .get('/fhir/Observation?identifier=urn%3As%7Ca%5C%7Cb')
      .reply(
        200,
        found([
          own,
          { ...own, id: '2', identifier: [{ system: 'urn:s', value: 'other' }] },
          { ...own, id: '3', resourceType: 'DiagnosticReport' },
          { resourceType: 'OperationOutcome', issue: [] },
        ]),
        FHIR,
      );
    expect(await createTestEhr().searchByIdentifier('Observation', 'urn:s|a|b')).toEqual({
      ok: true,
      value: [own],
    });
  });
});

describe('reading by id', () => {
  const OWN = { resourceType: 'Observation', id: '1' };

  test.each([
    ['a resource', 200, OWN, OWN],
    ['none', 404, {}, null],
    ['a deleted one', 410, {}, null],
  ])('%s', async (_name, status, body, value) => {
    nock(HOST).get('/fhir/Observation/1').reply(status, body, FHIR);
    expect(await createTestEhr().read('Observation', '1')).toEqual({ ok: true, value });
  });

  test.each([
    [500, {}],
    [200, { resourceType: 'Patient' }],
  ])('%i with %j is a failure', async (status, body) => {
    nock(HOST).get('/fhir/Observation/1').reply(status, body, FHIR);
    expect(expectFailure(await createTestEhr().read('Observation', '1'))).toMatchObject({
      recovery: 'retry',
    });
  });
});

describe('on a real socket', () => {
  beforeAll(() => nock.restore());

  async function withServer<T>(listener: RequestListener, use: (base: string) => Promise<T>): Promise<T> {
    const server = createServer(listener);
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as AddressInfo;
    try {
      return await use(`http://127.0.0.1:${port}/fhir`);
    } finally {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    }
  }

  test('a connection lost after the request may have had an effect', async () => {
    let received = 0;
    const answer = await withServer(
      (request) => {
        request.resume().on('end', () => {
          received++;
          request.socket.destroy();
        });
      },
      (base) => createTestEhr({ base }).sendTransaction(BUNDLE),
    );
    expect(expectFailure(answer)).toMatchObject({ recovery: 'retry', effect: 'unknown', status: null });
    // The client itself never sends twice.
    expect(received).toBe(1);
  });

  test('no answer in time may have had an effect, and so may half an answer', async () => {
    const silent = await withServer(
      () => {},
      (base) => createTestEhr({ base, timeoutMs: 100 }).sendTransaction(BUNDLE),
    );
    expect(expectFailure(silent)).toMatchObject({ effect: 'unknown', code: 'timeout' });
    const half = await withServer(
      (_request, response) => response.writeHead(200, FHIR).write('{"resourceType":'),
      (base) => createTestEhr({ base, timeoutMs: 100 }).sendTransaction(BUNDLE),
    );
    expect(expectFailure(half)).toMatchObject({ effect: 'unknown' });
  });

  test('a closed port has no effect', async () => {
    const base = await withServer(
      () => {},
      async (url) => url,
    );
    expect(expectFailure(await createTestEhr({ base }).sendTransaction(BUNDLE))).toMatchObject({
      recovery: 'retry',
      effect: 'none',
    });
  });
});
