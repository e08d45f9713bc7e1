import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { createEhr } from '../../src/ehr/client.ts';
import type { EhrResult } from '../../src/ehr/ehr.ts';
import { type RawAnswer, type RawServer, startRawServer } from '../support/raw-server.ts';
import { ANSWER_CASES, GOOD_ANSWER } from './answer-cases.ts';

const BUNDLE = { resourceType: 'Bundle', type: 'transaction', entry: [] };

/** Gives the first request the answer, and every later one a good answer. */
const answerFirst =
  (answer: RawAnswer): RawAnswer =>
  (socket, request, number) => {
    if (number === 1) answer(socket, request, number);
    else socket.write(GOOD_ANSWER);
  };

async function withServer<T>(answer: RawAnswer, work: (server: RawServer) => Promise<T>): Promise<T> {
  const server = await startRawServer(answer);
  try {
    return await work(server);
  } finally {
    await server.stop();
  }
}

const createEhrAt = ({ port }: RawServer, timeoutMs: number, scheme = 'http') =>
  createEhr({ base: `${scheme}://127.0.0.1:${port}/fhir`, timeoutMs, connectTimeoutMs: timeoutMs });

const describeEffect = (result: EhrResult<unknown>) => (result.ok ? 'success' : result.failure.effect);

describe('every answer ends the attempt, and the next call works', () => {
  test.each(ANSWER_CASES)('$says', async ({ answer, expect: expected }) => {
    await withServer(answerFirst(answer), async (server) => {
      const ehr = createEhrAt(server, expected === 'success' ? 10_000 : 700);
      const effect = describeEffect(await ehr.sendTransaction(BUNDLE));
      if (expected === 'failure') expect(['none', 'unknown']).toContain(effect);
      else expect(effect).toBe(expected);
      // A loaded machine may miss the time limit of a good answer, too.
      let next = await ehr.sendTransaction(BUNDLE);
      for (let tries = 0; !next.ok && tries < 20; tries++) next = await ehr.sendTransaction(BUNDLE);
      expect(next).toEqual({ ok: true, value: { entries: [] } });
    });
  });

  test('a reset after every byte of a good answer', async () => {
    for (let bytes = 0; bytes < GOOD_ANSWER.length; bytes++) {
      const cut: RawAnswer = (socket) => {
        if (bytes === 0) socket.resetAndDestroy();
        else socket.write(GOOD_ANSWER.slice(0, bytes), () => socket.resetAndDestroy());
      };
      const effect = await withServer(cut, async (server) =>
        describeEffect(await createEhrAt(server, 10_000).sendTransaction(BUNDLE)),
      );
      expect([bytes, effect]).toEqual([bytes, 'unknown']);
    }
  });

  test.each([
    ['plain HTTP', GOOD_ANSWER],
    ['an alert', '\x15\x03\x03\x00\x02\x02\x28'],
    ['a record of a wrong version', '\x16\x02\x00\x00\x05hello'],
    ['a record that never ends', '\x16\x03\x03\x40\x00'],
    ['nothing', ''],
  ])('instead of TLS: %s', async (_name, text) => {
    const server = await startRawServer((socket) => void socket.write(Buffer.from(text, 'latin1')), true);
    try {
      const result = await createEhrAt(server, 700, 'https').sendTransaction(BUNDLE);
      expect(result).toMatchObject({ ok: false, failure: { recovery: 'retry' } });
    } finally {
      await server.stop();
    }
  });
});

describe('a call does not rely on the HTTP library', () => {
  /** What a library may do that has lost a request: nothing, or a body that never comes, whatever the signal says. */
  const TRANSPORTS = {
    'no answer': () => new Promise<never>(() => {}),
    'an answer whose body never comes': async () =>
      new Response(new ReadableStream({ pull: () => new Promise<never>(() => {}) }), { status: 200 }),
    'an error long after': () =>
      new Promise<never>((_, reject) => setTimeout(() => reject(new Error('late')), 300)),
  };

  test.each(Object.entries(TRANSPORTS))('%s', async (_name, transport) => {
    const ehr = createEhr({ base: 'https://ehr.example/fhir', transport, timeoutMs: 100 });
    const failure = { code: 'timeout', recovery: 'retry', effect: 'unknown' };
    expect(await ehr.sendTransaction(BUNDLE)).toMatchObject({ ok: false, failure });
  });

  test('a token that never comes', async () => {
    const bearerToken = () => new Promise<never>(() => {});
    const transport = async () => new Response('', { status: 200 });
    const ehr = createEhr({ base: 'https://ehr.example/fhir', bearerToken, transport, timeoutMs: 100 });
    expect(await ehr.sendTransaction(BUNDLE)).toMatchObject({
      ok: false,
      failure: { code: 'unauthorized', effect: 'none' },
    });
  });

  test('the process lives until the attempt has ended, although nothing else keeps it', async () => {
    const script = `
      import { createEhr } from ${JSON.stringify(join(import.meta.dirname, '../../src/ehr/client.ts'))};
      const transport = () => new Promise(() => {});
      const ehr = createEhr({ base: 'https://ehr.example/fhir', transport, timeoutMs: 200 });
      const result = await ehr.sendTransaction({});
      process.stdout.write(result.ok ? 'success' : result.failure.code);`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script]);
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    const [exitCode] = await once(child, 'close');
    // 13: the process had nothing left to do while the call was awaited.
    expect([exitCode, output]).toEqual([0, 'timeout']);
  });
});
