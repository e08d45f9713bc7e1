import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { call, type Door, observation, openDoor, TOKEN } from './door.ts';

let door: Door;
beforeAll(async () => {
  door = await openDoor();
});
afterAll(() => door.close());

/** Sends bytes as they are and gives back the status lines that come, or '' where the connection is closed. */
function raw(text: string, waitMs = 300): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(door.port, '127.0.0.1', () => socket.write(text));
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

const AUTH = `Authorization: Bearer ${TOKEN}\r\nContent-Type: application/fhir+json\r\n`;
const BODY = JSON.stringify(observation('x'));
const head = (extra: string) => `POST /fhir/Observation HTTP/1.1\r\nHost: a\r\n${AUTH}${extra}\r\n`;

const CASES: readonly (readonly [string, string])[] = [
  [
    'two ways to say the length',
    head(`Content-Length: ${BODY.length}\r\nTransfer-Encoding: chunked\r\n`) + BODY,
  ],
  ['two lengths', head('Content-Length: 5\r\nContent-Length: 9\r\n') + BODY],
  ['a chunk size that is none', `${head('Transfer-Encoding: chunked\r\n')}zz\r\n${BODY}\r\n0\r\n\r\n`],
  [
    'a chunk extension of 100 kB',
    `${head('Transfer-Encoding: chunked\r\n')}5;${'e'.repeat(100_000)}\r\nabcde\r\n0\r\n\r\n`,
  ],
  ['a header of 64 kB', head(`X-Long: ${'h'.repeat(65_536)}\r\n`)],
  ['a path of 20 kB', `GET /fhir/${'p'.repeat(20_000)} HTTP/1.1\r\nHost: a\r\n${AUTH}\r\n`],
  ['a body longer than it says', head('Content-Length: 5\r\n') + BODY],
  ['no Host in HTTP/1.1', `GET /health HTTP/1.1\r\n\r\n`],
  ['a path that is not UTF-8', `GET /fhir/%ff%fe HTTP/1.1\r\nHost: a\r\n${AUTH}\r\n`],
  ['a NUL in the path', `GET /fhir/Observation%00/1 HTTP/1.1\r\nHost: a\r\n${AUTH}\r\n`],
  ['double slashes', `POST //fhir//Observation HTTP/1.1\r\nHost: a\r\n${AUTH}Content-Length: 0\r\n\r\n`],
  ['climbing out', `GET /fhir/../../etc/passwd HTTP/1.1\r\nHost: a\r\n${AUTH}\r\n`],
  ['TRACE', `TRACE /fhir/Observation HTTP/1.1\r\nHost: a\r\n${AUTH}\r\n`],
  ['CONNECT', `CONNECT /fhir HTTP/1.1\r\nHost: a\r\n${AUTH}\r\n`],
  ['an expectation that nobody knows', head('Expect: miracles\r\nContent-Length: 2\r\n')],
  ['ten gigabytes announced', head('Content-Length: 10000000000\r\n')],
  ['a second request hidden in the first', head('Content-Length: 0\r\n') + head('Content-Length: -1\r\n')],
];

describe('on the wire', () => {
  test.each(CASES)(
    '%s: refused or closed, never 2xx or 5xx, and the next call is answered',
    async (_name, text) => {
      expect(await raw(text)).toMatch(/^(?:HTTP\/1\.1 4\d\d ?)*$/);
      expect((await call(door, 'PUT', '/fhir/Observation/ok', observation('ok'))).status).toBeLessThan(300);
    },
  );

  test('a Host that is no host is not repeated in Location', async () => {
    const body = JSON.stringify(observation('h'));
    const text = `PUT /fhir/Observation/h HTTP/1.1\r\nHost: a"><script>\r\n${AUTH}Content-Length: ${body.length}\r\n\r\n${body}`;
    const answer = await new Promise<string>((resolve) => {
      const socket = connect(door.port, '127.0.0.1', () => socket.write(text));
      socket.on('data', (chunk) => {
        resolve(chunk.toString('latin1'));
        socket.destroy();
      });
    });
    expect(answer).not.toContain('script');
    expect(answer).toContain('Location: /fhir/Observation/h/_history/1');
  });

  test('prototypes stay clean whatever the keys', async () => {
    for (const key of ['__proto__', 'constructor', '\\u005f_proto__']) {
      const body = `{"resourceType":"Observation","${key}":{"isAdmin":true}}`;
      expect((await call(door, 'POST', '/fhir/Observation', body)).status).toBe(400);
    }
    expect('isAdmin' in {}).toBe(false);
  });
});
