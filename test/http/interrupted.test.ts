import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Failure } from '../../src/errors.ts';
import { type ListeningServer, listen } from '../../src/http/listen.ts';
import { openNdjsonBody } from '../../src/http/ndjson-body.ts';
import { waitUntil } from '../support/wait-until.ts';
import { readResponseBundle } from './read-answers.ts';
import {
  buildTestObservation,
  callServer,
  createStoreFailure,
  openTestServer,
  TEST_SERVER_TOKEN,
  type TestServer,
} from './test-server.ts';

/** What a sender hears whose request cannot be finished. */

let testServer: TestServer;
let sockets: Socket[] = [];
beforeEach(async () => {
  testServer = await openTestServer();
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  sockets = [];
  await testServer.close();
});

const formatLines = (count: number, from = 0) =>
  Array.from({ length: count }, (_, n) => `${JSON.stringify(buildTestObservation(`i${from + n}`))}\n`).join(
    '',
  );
const formatChunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;

interface Upload {
  readonly socket: Socket;
  readonly text: () => string;
}

async function openUpload(port: number, path: string, ...lines: readonly string[]): Promise<Upload> {
  const socket = connect(port, '127.0.0.1');
  sockets.push(socket);
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
  });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  const head = [`POST ${path} HTTP/1.1`, 'Host: a', `Authorization: Bearer ${TEST_SERVER_TOKEN}`, ...lines];
  socket.write(`${head.join('\r\n')}\r\n\r\n`);
  return { socket, text: () => text };
}

const openStream = () =>
  openUpload(
    testServer.port,
    '/fhir/$ingest',
    'Content-Type: application/fhir+ndjson',
    'Transfer-Encoding: chunked',
  );

const waitForAnswer = ({ text, socket }: Upload) =>
  waitUntil(() => text().includes('\r\n\r\n') || socket.destroyed);

const countReceived = () =>
  testServer.pipeline.calls.reduce((sum, { interactions }) => sum + interactions.length, 0);

describe('a stream of $ingest', () => {
  test('is answered when the service stops: how many lines are received, and when to send the rest', async () => {
    const upload = await openStream();
    upload.socket.write(formatChunk(formatLines(250)));
    await waitUntil(() => countReceived() === 200);
    testServer.beginStopping();
    await waitForAnswer(upload);
    expect(upload.text()).toMatch(/^HTTP\/1\.1 503 /);
    expect(upload.text()).toMatch(/\r\nX-Received-Lines: 200\r\n/);
    expect(upload.text()).toMatch(/\r\nRetry-After: \d+\r\n/);
    expect(upload.text()).toMatch(/\r\nConnection: close\r\n/i);
    expect(countReceived()).toBe(200);
  });

  test('that begins while the service stops is told that nothing is received', async () => {
    testServer.beginStopping();
    const upload = await openStream();
    await waitForAnswer(upload);
    expect(upload.text()).toMatch(/^HTTP\/1\.1 503 .*\r\nX-Received-Lines: 0\r\n/s);
  });

  test('that a failing store interrupts is told the same', async () => {
    const upload = await openStream();
    upload.socket.write(formatChunk(formatLines(100)));
    await waitUntil(() => countReceived() === 100);
    testServer.pipeline.failure = createStoreFailure();
    upload.socket.write(formatChunk(formatLines(100, 100)));
    await waitForAnswer(upload);
    expect(upload.text()).toMatch(/^HTTP\/1\.1 503 .*\r\nX-Received-Lines: 100\r\n/s);
  });
});

describe('when the service stops', () => {
  test('a body that does not arrive is answered, not cut', async () => {
    const upload = await openUpload(
      testServer.port,
      '/fhir/Observation',
      'Content-Type: application/fhir+json',
      'Content-Length: 500',
    );
    upload.socket.write('{"resourceType"');
    await sleep(50);
    testServer.beginStopping();
    await waitForAnswer(upload);
    expect(upload.text()).toMatch(/^HTTP\/1\.1 503 .*\r\nRetry-After: /s);
  });

  test('the entries of a batch that are not stored yet are answered as such', async () => {
    const held = Promise.withResolvers<void>();
    testServer.pipeline.until = held.promise;
    const entry = Array.from({ length: 250 }, (_, n) => ({
      resource: { resourceType: 'Patient', id: `b${n}` },
      request: { method: 'PUT', url: `Patient/b${n}` },
    }));
    const batch = { resourceType: 'Bundle', type: 'batch', entry };
    const answer = callServer(testServer, 'POST', '/fhir', batch);
    await waitUntil(() => testServer.pipeline.calls.length === 1);
    testServer.beginStopping();
    held.resolve();
    const statuses = readResponseBundle(await answer).entry.map(({ response }) => response.status);
    expect(statuses.slice(0, 100).every((status) => status === '201 Created')).toBe(true);
    expect(statuses.slice(100)).toEqual(Array.from({ length: 150 }, () => '503 Service Unavailable'));
    expect(countReceived()).toBe(100);
  });
});

describe('a sender that hardly sends', () => {
  const PACE = { windowMs: 300, bytes: 100 };
  let server: ListeningServer;
  /** Answers with the bytes that arrived, or with the code of the failure. */
  beforeEach(async () => {
    server = await listen(
      async (request, response) => {
        const body = openNdjsonBody(request as never, new AbortController().signal, PACE);
        let bytes = 0;
        try {
          for await (const chunk of body.chunks) bytes += chunk.length;
          response.end(`${bytes}`);
        } catch (cause) {
          response.end(cause instanceof Failure ? cause.code : 'other');
        } finally {
          body.close();
        }
      },
      { host: '127.0.0.1', port: 0 },
    );
  });
  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    await server.close();
  });

  const open = () =>
    openUpload(
      server.port,
      '/',
      'Content-Type: application/fhir+ndjson',
      'Transfer-Encoding: chunked',
      'Connection: close',
    );

  test('is refused though something arrives all the time', async () => {
    const upload = await open();
    for (let n = 0; n < 1_000 && !upload.text().includes('\r\n\r\n'); n++) {
      upload.socket.write(formatChunk('x'));
      await sleep(20);
    }
    await waitUntil(() => upload.text().includes('http/too-slow'));
  });

  test('is received where it is slow and steady', async () => {
    const upload = await open();
    for (let n = 0; n < 60; n++) {
      upload.socket.write(formatChunk('x'.repeat(400)));
      await sleep(20);
    }
    upload.socket.write('0\r\n\r\n');
    await waitUntil(() => upload.text().endsWith('24000') || upload.text().includes('too-slow'));
    expect(upload.text()).toContain('24000');
  });
});
