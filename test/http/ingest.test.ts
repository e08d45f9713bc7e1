import { request } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { call, type Door, observation, openDoor, TOKEN, unavailable } from './door.ts';

let door: Door;
beforeAll(async () => {
  door = await openDoor();
});
afterAll(() => door.close());

const NDJSON = { 'Content-Type': 'application/fhir+ndjson' };
const line = (id: string) => JSON.stringify(observation(id));
const send = (body: string | Uint8Array, headers = {}) =>
  call(door, 'POST', '/fhir/$ingest', body, { ...NDJSON, ...headers });

test('good and bad lines: the bad ones are counted by line and stop nothing', async () => {
  const body = [
    line('i1'),
    '',
    'not json',
    `{"resourceType":"Observation","id":"${'x'.repeat(3_000)}"}`,
    line('i2'),
  ];
  const reply = await send(`${body.join('\r\n')}`);
  expect(reply.status).toBe(200);
  expect(reply.json.issue[0].diagnostics).toBe(
    '4 resources: 2 mapped (2 facts), 0 held, 0 ignored, 0 dropped, 0 unchanged, 2 invalid.',
  );
  const lines = reply.json.issue.map((issue: { diagnostics: string }) => issue.diagnostics);
  expect(lines.filter((text: string) => text.startsWith('Line '))).toEqual([
    expect.stringMatching(/^Line 3: /),
    expect.stringMatching(/^Line 4: .*too long/),
  ]);
  expect(door.pipeline.calls.at(-1)).toMatchObject({ site: 'site-1', grouping: 'each', door: 'ndjson' });
});

test('lines go to the pipeline a hundred at a time', async () => {
  const before = door.pipeline.calls.length;
  await send(Array.from({ length: 250 }, (_, index) => line(`n${index}`)).join('\n'));
  const sizes = door.pipeline.calls.slice(before).map(({ interactions }) => interactions.length);
  expect(sizes).toEqual([100, 100, 50]);
});

test('gzip is inflated; what is not gzip, and any other media type, is refused', async () => {
  const packed = gzipSync([line('g1'), line('g2')].join('\n'));
  const reply = await send(packed, { 'Content-Encoding': 'gzip' });
  expect(reply.json.issue[0].diagnostics).toMatch(/^2 resources/);
  expect((await send(line('g3'), { 'Content-Encoding': 'gzip' })).status).toBe(400);
  expect((await send(line('g3'), { 'Content-Type': 'application/fhir+json' })).status).toBe(415);
});

test('a store that fails in the middle is told, not reset, and the next call is answered', async () => {
  door.pipeline.broken = unavailable();
  const reply = await send(Array.from({ length: 3_000 }, (_, index) => line(`f${index}`)).join('\n'));
  door.pipeline.broken = null;
  expect(reply.status).toBe(503);
  expect((await send(line('after'))).status).toBe(200);
});

test('the stream is read as fast as it is stored, in bounded memory', async () => {
  const wide = JSON.stringify({ ...observation('w'), note: [{ text: 'x'.repeat(1_000) }] });
  const block = Buffer.from(`${wide}\n`.repeat(100));
  const blocks = 120;
  const before = process.memoryUsage().arrayBuffers;
  let most = 0;
  const status = await new Promise<number>((resolve, reject) => {
    const sending = request(
      `${door.url}/fhir/$ingest`,
      { method: 'POST', headers: { ...NDJSON, Authorization: `Bearer ${TOKEN}` } },
      (response) => response.resume().on('end', () => resolve(response.statusCode ?? 0)),
    );
    sending.on('error', reject);
    const push = async () => {
      for (let sent = 0; sent < blocks; sent++) {
        if (!sending.write(block)) await new Promise<void>((next) => sending.once('drain', () => next()));
        most = Math.max(most, process.memoryUsage().arrayBuffers);
        door.pipeline.calls.length = 0;
      }
      sending.end();
    };
    push().catch(reject);
  });
  expect(status).toBe(200);
  expect(most - before).toBeLessThan((block.length * blocks) / 2);
});

test('a sender who hangs up in the middle breaks nothing', async () => {
  await new Promise<void>((resolve) => {
    const sending = request(`${door.url}/fhir/$ingest`, {
      method: 'POST',
      headers: { ...NDJSON, Authorization: `Bearer ${TOKEN}` },
    });
    sending.on('error', () => resolve());
    sending.write(`${line('h1')}\n`, () => setTimeout(() => sending.destroy(new Error('gone')), 50));
  });
  expect((await send(line('h2'))).status).toBe(200);
  expect(door.events.filter(({ name }) => name === 'requestFailed').length).toBe(1);
});
