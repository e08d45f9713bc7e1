import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readCapability, readResponseBundle } from './read-answers.ts';
import {
  buildTestObservation,
  callServer,
  openTestServer,
  TEST_SERVER_TOKEN,
  type TestServer,
} from './test-server.ts';

let testServer: TestServer;
beforeAll(async () => {
  testServer = await openTestServer();
});
afterAll(() => testServer.close());

/** Sends a request as text; returns the status line and the headers of the answer. */
function sendRawRequest(head: string, body = ''): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(testServer.port, '127.0.0.1', () => socket.write(`${head}\r\n\r\n${body}`));
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
    });
    socket.on('close', () => resolve(text));
  });
}

const AUTHORIZATION = `Authorization: Bearer ${TEST_SERVER_TOKEN}`;
const BODY = JSON.stringify(buildTestObservation('h1'));
const PUT_LINES = [
  'PUT /fhir/Observation/h1 HTTP/1.1',
  'Connection: close',
  'Content-Type: application/fhir+json',
  `Content-Length: ${BODY.length}`,
];

describe('the Host header', () => {
  test('decides nothing: Location and every self-reference are the configured address', async () => {
    const evil = ['Host: evil.invalid', 'X-Forwarded-Host: evil.invalid', 'Forwarded: host=evil.invalid'];
    const answer = await sendRawRequest([...PUT_LINES, AUTHORIZATION, ...evil].join('\r\n'), BODY);
    expect(answer).toContain(`\r\nLocation: ${testServer.url}/fhir/Observation/h1/_history/`);
    const metadata = ['GET /fhir/metadata HTTP/1.1', 'Connection: close', ...evil];
    for (const text of [answer, await sendRawRequest(metadata.join('\r\n'))])
      expect(text).not.toContain('evil');
  });

  test('a Bundle and the CapabilityStatement name the same address', async () => {
    const entry = [{ resource: buildTestObservation(), request: { method: 'POST', url: 'Observation' } }];
    const batch = { resourceType: 'Bundle', type: 'batch', entry };
    const bundle = readResponseBundle(await callServer(testServer, 'POST', '/fhir', batch));
    expect(bundle.entry[0]?.response.location).toContain(`${testServer.url}/fhir/Observation/`);
    const capability = readCapability(await callServer(testServer, 'GET', '/fhir/metadata'));
    expect(capability).toMatchObject({ implementation: { url: `${testServer.url}/fhir` } });
  });
});

describe('a header that a request may have once', () => {
  test.each([
    ['Host', ['Host: a', 'Host: b', AUTHORIZATION]],
    ['Host, the same twice', ['Host: a', 'host: a', AUTHORIZATION]],
    ['Authorization', ['Host: a', AUTHORIZATION, 'Authorization: Bearer other']],
    ['Authorization, the other first', ['Host: a', 'authorization: Bearer other', AUTHORIZATION]],
    ['Authorization, the same twice', ['Host: a', AUTHORIZATION, AUTHORIZATION]],
  ])('twice: 400 before anything is read: %s', async (_name, lines) => {
    const before = testServer.pipeline.calls.length;
    const answer = await sendRawRequest([...PUT_LINES, ...lines].join('\r\n'), BODY);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(testServer.pipeline.calls.length).toBe(before);
  });
});

describe('every answer', () => {
  const ANSWERS: readonly (readonly [string, string])[] = [
    ['200', 'GET /health HTTP/1.1\r\nHost: a'],
    ['401', 'GET /fhir/x HTTP/1.1\r\nHost: a'],
    ['404', 'GET /nowhere HTTP/1.1\r\nHost: a'],
    ['400', 'GET /health HTTP/1.1\r\nHost: a\r\nHost: b'],
    ['404', 'GET /%ff HTTP/1.1\r\nHost: a'],
    ['400', 'no HTTP at all'],
    ['431', `GET /health HTTP/1.1\r\nHost: a\r\nX-Long: ${'h'.repeat(20_000)}`],
  ];

  test.each(ANSWERS)('has the headers of security and an id: %s %#', async (status, head) => {
    const answer = await sendRawRequest(`${head}\r\nConnection: close`);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    for (const header of [
      'Cache-Control: no-store',
      "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'",
      'Cross-Origin-Resource-Policy: same-origin',
      'Referrer-Policy: no-referrer',
      'X-Content-Type-Options: nosniff',
      'X-Frame-Options: DENY',
    ])
      expect(answer).toContain(`\r\n${header}\r\n`);
    expect(answer).toMatch(/\r\nX-Request-Id: [0-9a-f-]{36}\r\n/);
    // Over plain HTTP it must not be sent (RFC 6797 section 7.2), and nothing names the software.
    expect(answer).not.toMatch(/Strict-Transport-Security|X-Powered-By|Server:/i);
  });
});

describe('X-Request-Id', () => {
  const callWithId = async (id: string): Promise<string | null> =>
    (await callServer(testServer, 'GET', '/health', undefined, { 'X-Request-Id': id })).headers.get(
      'x-request-id',
    );

  test.each([
    '0b7e4d6c-1f2a-4c3d-8e9f-a1b2c3d4e5f6',
    '4bf92f3577b34da6a3ce929d0e0e4736',
    '01ARZ3NDEKTSV4RRFFQ69G5FAV',
  ])('is taken over where it is well formed, and logged: %s', async (id) => {
    expect(await callWithId(id)).toBe(id);
    const logged = testServer.events.filter(({ event }) => event.requestId === id);
    expect(logged).toMatchObject([{ name: 'requestAnswered', event: { route: '/health' } }]);
  });

  test.each([
    'Wolfeschlegelstein',
    'MRN-4711',
    '1',
    'x'.repeat(5_000),
    '0b7e4d6c-1f2a-4c3d-8e9f-a1b2c3d4e5f6\t',
  ])('is replaced where it could be anything: %p', async (id) => {
    const echoed = await callWithId(id);
    expect(echoed).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(echoed).not.toBe(id);
  });
});
