import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
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

/** Sends bytes as they are and returns the status lines that come, or '' where the connection is closed. */
function sendRaw(text: string, waitMs = 300): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(testServer.port, '127.0.0.1', () => socket.write(text));
    let answer = '';
    const timer = setTimeout(() => socket.destroy(), waitMs);
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearTimeout(timer);
      resolve((answer.match(/^HTTP\/1\.1 \d+/gm) ?? []).join(' '));
    });
  });
}

const AUTH_HEADERS = `Authorization: Bearer ${TEST_SERVER_TOKEN}\r\nContent-Type: application/fhir+json\r\n`;
const BODY = JSON.stringify(buildTestObservation('x'));
const formatHead = (extra: string) =>
  `POST /fhir/Observation HTTP/1.1\r\nHost: a\r\n${AUTH_HEADERS}${extra}\r\n`;

const CASES: readonly (readonly [string, string])[] = [
  [
    'two statements of the length',
    formatHead(`Content-Length: ${BODY.length}\r\nTransfer-Encoding: chunked\r\n`) + BODY,
  ],
  ['two lengths', formatHead('Content-Length: 5\r\nContent-Length: 9\r\n') + BODY],
  ['an invalid chunk size', `${formatHead('Transfer-Encoding: chunked\r\n')}zz\r\n${BODY}\r\n0\r\n\r\n`],
  [
    'a chunk extension of 100 kB',
    `${formatHead('Transfer-Encoding: chunked\r\n')}5;${'e'.repeat(100_000)}\r\nabcde\r\n0\r\n\r\n`,
  ],
  ['a header of 64 kB', formatHead(`X-Long: ${'h'.repeat(65_536)}\r\n`)],
  ['a path of 20 kB', `GET /fhir/${'p'.repeat(20_000)} HTTP/1.1\r\nHost: a\r\n${AUTH_HEADERS}\r\n`],
  ['a body longer than its Content-Length', formatHead('Content-Length: 5\r\n') + BODY],
  ['no Host in HTTP/1.1', `GET /health HTTP/1.1\r\n\r\n`],
  ['a path that is not UTF-8', `GET /fhir/%ff%fe HTTP/1.1\r\nHost: a\r\n${AUTH_HEADERS}\r\n`],
  ['a NUL in the path', `GET /fhir/Observation%00/1 HTTP/1.1\r\nHost: a\r\n${AUTH_HEADERS}\r\n`],
  [
    'double slashes',
    `POST //fhir//Observation HTTP/1.1\r\nHost: a\r\n${AUTH_HEADERS}Content-Length: 0\r\n\r\n`,
  ],
  ['a path outside the root', `GET /fhir/../../etc/passwd HTTP/1.1\r\nHost: a\r\n${AUTH_HEADERS}\r\n`],
  ['TRACE', `TRACE /fhir/Observation HTTP/1.1\r\nHost: a\r\n${AUTH_HEADERS}\r\n`],
  ['CONNECT', `CONNECT /fhir HTTP/1.1\r\nHost: a\r\n${AUTH_HEADERS}\r\n`],
  ['an unknown expectation', formatHead('Expect: miracles\r\nContent-Length: 2\r\n')],
  ['ten gigabytes announced', formatHead('Content-Length: 10000000000\r\n')],
  [
    'a second request hidden in the first',
    formatHead('Content-Length: 0\r\n') + formatHead('Content-Length: -1\r\n'),
  ],
];

describe('on the wire', () => {
  test.each(CASES)(
    '%s: refused or closed, never 2xx or 5xx, and the next request is answered',
    async (_name, text) => {
      expect(await sendRaw(text)).toMatch(/^(?:HTTP\/1\.1 4\d\d ?)*$/);
      expect(
        (await callServer(testServer, 'PUT', '/fhir/Observation/ok', buildTestObservation('ok'))).status,
      ).toBeLessThan(300);
    },
  );

  test('an invalid Host is not repeated in Location', async () => {
    const body = JSON.stringify(buildTestObservation('h'));
    const text = `PUT /fhir/Observation/h HTTP/1.1\r\nHost: a"><script>\r\n${AUTH_HEADERS}Content-Length: ${body.length}\r\n\r\n${body}`;
    const answer = await new Promise<string>((resolve) => {
      const socket = connect(testServer.port, '127.0.0.1', () => socket.write(text));
      socket.on('data', (chunk) => {
        resolve(chunk.toString('latin1'));
        socket.destroy();
      });
    });
    expect(answer).not.toContain('script');
    expect(answer).toContain(`Location: ${testServer.url}/fhir/Observation/h/_history/1`);
  });

  test('no key changes a prototype', async () => {
    for (const key of ['__proto__', 'constructor', '\\u005f_proto__']) {
      const body = `{"resourceType":"Observation","${key}":{"isAdmin":true}}`;
      expect((await callServer(testServer, 'POST', '/fhir/Observation', body)).status).toBe(400);
    }
    expect('isAdmin' in {}).toBe(false);
  });
});
