import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { constants, createGzip, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from 'undici';
import { waitUntil } from '../support/wait-until.ts';
import {
  buildTestObservation,
  callServer,
  createStoreFailure,
  openTestServer,
  TEST_SERVER_TOKEN,
  type TestServer,
} from './test-server.ts';

/** What a call leaves behind: nothing on its connection, and nothing that can end the process. */

let testServer: TestServer;
beforeAll(async () => {
  testServer = await openTestServer();
});
afterAll(() => testServer.close());

const formatLine = (id: string) => `${JSON.stringify(buildTestObservation(id))}\n`;
const formatChunk = (bytes: Buffer) =>
  Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);

/** Packs text as the beginning of a gzip stream that does not end. */
async function packBeginning(text: string): Promise<Buffer> {
  const gzip = createGzip();
  const pieces: Buffer[] = [];
  gzip.on('data', (piece) => pieces.push(piece));
  gzip.write(text);
  await new Promise<void>((resolve) => gzip.flush(constants.Z_FULL_FLUSH, resolve));
  await sleep(0);
  return Buffer.concat(pieces);
}

/** Each is answered before the body has ended. */
const EARLY_ANSWERS = [
  { reason: 'the store fails', status: 503, head: {} },
  { reason: 'the token is unknown', status: 401, head: { authorization: 'Bearer unknown' } },
  { reason: 'the media type is wrong', status: 415, head: { 'content-type': 'text/plain' } },
  { reason: 'the encoding is unknown', status: 415, head: { 'content-encoding': 'zstd' } },
  { reason: 'a body is too large', status: 413, head: { 'content-length': '900000' }, path: 'Observation' },
];

async function openUpload(
  path: string,
  headers: Readonly<Record<string, string>>,
): Promise<{ socket: Socket; text: () => string }> {
  const socket = connect(testServer.port, '127.0.0.1');
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
  });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`POST /fhir/${path} HTTP/1.1\r\nhost: a\r\n${lines.join('')}\r\n`);
  return { socket, text: () => text };
}

describe('an upload that is answered early, and then hung up', () => {
  test.each(
    EARLY_ANSWERS.flatMap((answer) => ['identity', 'gzip'].map((encoding) => ({ ...answer, encoding }))),
  )('$status: $reason, $encoding', async ({ status, head, encoding, path = '$ingest' }) => {
    const isStream = path === '$ingest';
    testServer.pipeline.failure = status === 503 ? createStoreFailure() : null;
    const upload = await openUpload(path, {
      authorization: `Bearer ${TEST_SERVER_TOKEN}`,
      'content-type': isStream ? 'application/fhir+ndjson' : 'application/fhir+json',
      'content-encoding': encoding,
      ...(isStream ? { 'transfer-encoding': 'chunked' } : {}),
      ...head,
    });
    const lines = Array.from({ length: 200 }, (_, n) => formatLine(`e${n}`)).join('');
    const bytes = encoding === 'gzip' ? await packBeginning(lines) : Buffer.from(lines);
    upload.socket.write(isStream ? formatChunk(bytes) : bytes.subarray(0, 100));
    await waitUntil(() => upload.text().includes(`HTTP/1.1 ${status}`));
    if (isStream) upload.socket.write(formatChunk(bytes.subarray(0, 10)));
    await sleep(10);
    upload.socket.destroy();
    await sleep(50);
    testServer.pipeline.failure = null;
    expect((await callServer(testServer, 'GET', '/health')).status).toBe(200);
  });
});

interface ServedSocket {
  readonly socket: Socket;
}

/** Counts what listens on the connections that are served while the work runs, and the timers of the process. */
async function observeConnections(work: (count: () => number) => Promise<void>): Promise<void> {
  const sockets = new Set<Socket>();
  const remember = (message: unknown) => void sockets.add((message as ServedSocket).socket);
  subscribe('http.server.request.start', remember);
  try {
    await work(() =>
      [...sockets]
        .flatMap((socket) => socket.eventNames().map((name) => socket.listenerCount(name)))
        .concat(process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length)
        .reduce((sum, count) => sum + count, 0),
    );
  } finally {
    unsubscribe('http.server.request.start', remember);
  }
}

test.each(['identity', 'gzip'])(
  '$ingest leaves no listener and no timer on a kept connection: %s',
  (encoding) =>
    observeConnections(async (count) => {
      const client = new Client(testServer.url);
      const send = async (body: Buffer, status: number) => {
        const answer = await client.request({
          method: 'POST',
          path: '/fhir/$ingest',
          headers: {
            authorization: `Bearer ${TEST_SERVER_TOKEN}`,
            'content-type': 'application/fhir+ndjson',
            'content-encoding': encoding,
          },
          body,
        });
        await answer.body.text();
        expect(answer.statusCode).toBe(status);
      };
      const text = Buffer.from(formatLine('l1').repeat(150));
      const body = encoding === 'gzip' ? gzipSync(text) : text;
      await send(body, 200);
      const before = count();
      for (let n = 0; n < 40; n++) await send(body, 200);
      expect(count()).toBeLessThan(before + 10);
      await client.close();
    }),
);
