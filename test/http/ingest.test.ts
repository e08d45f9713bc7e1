import { request } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { listDetails, readOutcome } from './read-answers.ts';
import {
  buildTestObservation,
  callServer,
  createStoreFailure,
  openTestServer,
  TEST_SERVER_TOKEN,
  type TestServer,
} from './test-server.ts';

let testServer: TestServer;
beforeAll(async () => {
  testServer = await openTestServer();
});
afterAll(() => testServer.close());

const NDJSON_HEADERS = { 'Content-Type': 'application/fhir+ndjson' };
const formatLine = (id: string) => JSON.stringify(buildTestObservation(id));
const sendNdjson = (body: string | Uint8Array, headers = {}) =>
  callServer(testServer, 'POST', '/fhir/$ingest', body, { ...NDJSON_HEADERS, ...headers });

test('invalid lines are counted and named, and stop nothing', async () => {
  const body = [
    formatLine('i1'),
    '',
    'not json',
    `{"resourceType":"Observation","id":"${'x'.repeat(3_000)}"}`,
    formatLine('i2'),
  ];
  const reply = await sendNdjson(`${body.join('\r\n')}`);
  expect(reply.status).toBe(200);
  const outcome = readOutcome(reply);
  const reasons = ['fhir-malformed', 'fhir-too-large'];
  expect(listDetails(outcome)).toEqual(['summary', ...reasons, ...reasons]);
  // The sender's operator reads counts and line numbers in the text; these assertions are about that text.
  const [summary, , , ...lines] = outcome.issue.map(({ diagnostics }) => diagnostics);
  expect(summary).toBe(
    '4 resources: 2 mapped (2 facts), 0 held, 0 ignored, 0 dropped, 0 unchanged, 2 invalid.',
  );
  expect(lines).toEqual([expect.stringMatching(/^Line 3: /), expect.stringMatching(/^Line 4: /)]);
  expect(testServer.pipeline.calls.at(-1)).toMatchObject({
    site: 'site-1',
    grouping: 'each',
    door: 'ndjson',
  });
});

test('lines reach the pipeline a hundred at a time', async () => {
  const before = testServer.pipeline.calls.length;
  await sendNdjson(Array.from({ length: 250 }, (_, index) => formatLine(`n${index}`)).join('\n'));
  const sizes = testServer.pipeline.calls.slice(before).map(({ interactions }) => interactions.length);
  expect(sizes).toEqual([100, 100, 50]);
});

test('gzip is decompressed; a body that is not gzip, or of another media type, is refused', async () => {
  const packed = gzipSync([formatLine('g1'), formatLine('g2')].join('\n'));
  expect((await sendNdjson(packed, { 'Content-Encoding': 'gzip' })).status).toBe(200);
  expect(testServer.pipeline.calls.at(-1)?.interactions.map(({ id }) => id)).toEqual(['g1', 'g2']);
  expect((await sendNdjson(formatLine('g3'), { 'Content-Encoding': 'gzip' })).status).toBe(400);
  expect((await sendNdjson(formatLine('g3'), { 'Content-Type': 'application/fhir+json' })).status).toBe(415);
});

test('a store that fails in the middle is answered with 503, and the next request succeeds', async () => {
  testServer.pipeline.failure = createStoreFailure();
  const reply = await sendNdjson(
    Array.from({ length: 3_000 }, (_, index) => formatLine(`f${index}`)).join('\n'),
  );
  testServer.pipeline.failure = null;
  expect(reply.status).toBe(503);
  expect((await sendNdjson(formatLine('after'))).status).toBe(200);
});

test('the stream is read only as fast as it is stored, in bounded memory', async () => {
  const wide = JSON.stringify({ ...buildTestObservation('w'), note: [{ text: 'x'.repeat(1_000) }] });
  const block = Buffer.from(`${wide}\n`.repeat(100));
  const blocks = 120;
  const before = process.memoryUsage().arrayBuffers;
  let most = 0;
  const status = await new Promise<number>((resolve, reject) => {
    const sending = request(
      `${testServer.url}/fhir/$ingest`,
      { method: 'POST', headers: { ...NDJSON_HEADERS, Authorization: `Bearer ${TEST_SERVER_TOKEN}` } },
      (response) => response.resume().on('end', () => resolve(response.statusCode ?? 0)),
    );
    sending.on('error', reject);
    const push = async () => {
      for (let sent = 0; sent < blocks; sent++) {
        if (!sending.write(block)) await new Promise<void>((next) => sending.once('drain', () => next()));
        most = Math.max(most, process.memoryUsage().arrayBuffers);
        testServer.pipeline.calls.length = 0;
      }
      sending.end();
    };
    push().catch(reject);
  });
  expect(status).toBe(200);
  expect(most - before).toBeLessThan((block.length * blocks) / 2);
});

test('a sender that disconnects in the middle does no harm', async () => {
  await new Promise<void>((resolve) => {
    const sending = request(`${testServer.url}/fhir/$ingest`, {
      method: 'POST',
      headers: { ...NDJSON_HEADERS, Authorization: `Bearer ${TEST_SERVER_TOKEN}` },
    });
    sending.on('error', () => resolve());
    sending.write(`${formatLine('h1')}\n`, () => setTimeout(() => sending.destroy(new Error('gone')), 50));
  });
  expect((await sendNdjson(formatLine('h2'))).status).toBe(200);
  expect(testServer.events.filter(({ name }) => name === 'requestFailed').length).toBe(1);
});

test('a byte order mark is skipped, in NDJSON and in a single body', async () => {
  expect((await sendNdjson(`\ufeff${formatLine('b1')}\n${formatLine('b2')}`)).status).toBe(200);
  expect(testServer.pipeline.calls.at(-1)?.interactions.map(({ id }) => id)).toEqual(['b1', 'b2']);
  const single = await callServer(testServer, 'PUT', '/fhir/Observation/b3', `\ufeff${formatLine('b3')}`);
  expect(single.status).toBe(201);
});

test('UTF-16 is refused as a whole, whatever the pieces in which it arrives', async () => {
  const before = testServer.pipeline.calls.length;
  const body = Buffer.from(`\ufeff${formatLine('w1')}\n`.repeat(1_000), 'utf16le');
  const reply = await sendNdjson(body);
  expect([reply.status, listDetails(readOutcome(reply))]).toEqual([400, ['fhir-malformed']]);
  expect(reply.text).toContain('UTF-16');
  const single = await callServer(testServer, 'PUT', '/fhir/Observation/w1', body.subarray(0, 1_000));
  expect(single.status).toBe(400);
  expect(single.text).toContain('UTF-16');
  expect(testServer.pipeline.calls.length).toBe(before);
});
