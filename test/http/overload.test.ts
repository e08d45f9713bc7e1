import { connect } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { Client } from 'undici';
import type { GateSettings } from '../../src/http/limits/gate.ts';
import { waitUntil } from '../support/wait-until.ts';
import { listDetails, readOutcome } from './read-answers.ts';
import {
  buildTestObservation,
  callServer,
  openTestServer,
  TEST_SERVER_TOKEN,
  type TestServer,
} from './test-server.ts';

let testServer: TestServer | null = null;
afterEach(async () => {
  await testServer?.close();
  testServer = null;
});

async function openGatedServer(gate: Partial<GateSettings>): Promise<TestServer> {
  testServer = await openTestServer(undefined, false, gate);
  return testServer;
}

const FEW = { perSecond: 0.1, burst: 3 };
const PLENTY = { perSecond: 1e6, burst: 1e6 };
const STRANGER = { Authorization: 'Bearer unknown' };
const put = (server: TestServer, id: string) =>
  callServer(server, 'PUT', `/fhir/Observation/${id}`, buildTestObservation(id));

/** Sends the head of a request with a body that never comes; returns the answer. */
function sendHeadOnly({ port }: TestServer, length: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () =>
      socket.write(
        `PUT /fhir/Observation/x HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${TEST_SERVER_TOKEN}\r\n` +
          `Content-Type: application/fhir+json\r\nContent-Length: ${length}\r\n\r\n`,
      ),
    );
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      if (text.includes('\r\n\r\n')) socket.destroy();
    });
    socket.on('close', () => resolve(text));
  });
}

describe('overload', () => {
  test('a body for which there is no room is refused before it is read, and nothing else is', async () => {
    const server = await openGatedServer({ load: { waitMs: 60_000, bytes: 20_000 } });
    const held = Promise.withResolvers<void>();
    server.pipeline.until = held.promise;
    const waiting = Array.from({ length: 8 }, (_, n) => put(server, `w${n}`));
    await waitUntil(() => server.pipeline.calls.length === 8);
    const large = Array.from({ length: 3 }, (_, n) =>
      callServer(server, 'PUT', `/fhir/Observation/l${n}`, {
        ...buildTestObservation(`l${n}`),
        note: [{ text: 'x'.repeat(5_500) }],
      }),
    );
    await waitUntil(() => server.pipeline.calls.length === 11);
    const answer = await sendHeadOnly(server, 5_000);
    expect(answer).toMatch(/^HTTP\/1\.1 503 /);
    expect(answer).toMatch(/\r\nRetry-After: [1-5]\r\n/);
    expect((await callServer(server, 'GET', '/health')).status).toBe(200);
    expect((await callServer(server, 'GET', '/ready')).status).toBe(200);
    held.resolve();
    for (const reply of await Promise.all([...waiting, ...large])) expect(reply.status).toBe(201);
    expect((await put(server, 'after')).status).toBe(201);
  });
});

describe('rates', () => {
  test('who has no credential is refused after some requests; a client at the same address goes on', async () => {
    const server = await openGatedServer({ rates: { unauthenticated: FEW, client: PLENTY } });
    const statuses: number[] = [];
    for (let n = 0; n < 5; n++)
      statuses.push((await callServer(server, 'PUT', '/fhir/Observation/x', {}, STRANGER)).status);
    expect(statuses).toEqual([401, 401, 401, 429, 429]);
    const refused = await callServer(server, 'GET', '/nowhere', undefined, STRANGER);
    expect([refused.status, Number(refused.headers.get('retry-after'))]).toEqual([429, expect.any(Number)]);
    expect(listDetails(readOutcome(refused))).toEqual(['http-too-many-requests']);
    expect((await put(server, 'o1')).status).toBe(201);
    for (const path of ['/health', '/ready'])
      expect((await callServer(server, 'GET', path, undefined, STRANGER)).status).toBe(200);
  });

  test('an address that a proxy forwards for is counted by itself only where the proxy is listed', async () => {
    const server = await openGatedServer({ rates: { unauthenticated: FEW, client: PLENTY } });
    const send = async (address: string) =>
      (await callServer(server, 'GET', '/nowhere', undefined, { 'X-Forwarded-For': address })).status;
    expect([await send('203.0.113.1'), await send('203.0.113.2'), await send('203.0.113.3')]).toEqual([
      404, 404, 404,
    ]);
    expect(await send('203.0.113.4')).toBe(429);
  });

  test('a client that sends more than its rate is told when it may go on', async () => {
    const server = await openGatedServer({ rates: { unauthenticated: PLENTY, client: FEW } });
    const replies = [];
    for (let n = 0; n < 4; n++) replies.push(await put(server, `o${n}`));
    expect(replies.map(({ status }) => status)).toEqual([201, 201, 201, 429]);
    expect(Number(replies[3]?.headers.get('retry-after'))).toBeGreaterThan(5);
    expect(server.pipeline.calls).toHaveLength(3);
  });
});

test('who is refused keeps the connection: a new one would wait for its turn', async () => {
  const server = await openGatedServer({ rates: { unauthenticated: PLENTY, client: FEW } });
  const client = new Client(server.url);
  let connections = 0;
  client.on('connect', () => {
    connections += 1;
  });
  const statuses: number[] = [];
  for (let n = 0; n < 6; n++) {
    const answer = await client.request({
      method: 'PUT',
      path: `/fhir/Observation/k${n}`,
      headers: { authorization: `Bearer ${TEST_SERVER_TOKEN}`, 'content-type': 'application/fhir+json' },
      body: JSON.stringify(buildTestObservation(`k${n}`)),
    });
    await answer.body.text();
    statuses.push(answer.statusCode);
  }
  await client.close();
  expect(statuses).toEqual([201, 201, 201, 429, 429, 429]);
  expect(connections).toBe(1);
});
