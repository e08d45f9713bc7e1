import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { HospitalDelivery } from '../../demo/cohort/fhir-elements.ts';
import { describeError } from '../../demo/describe-error.ts';
import { pushDeliveries } from '../../demo/push-deliveries.ts';
import { type OutboxListEntry, waitUntilDelivered } from '../../demo/wait-for-delivery.ts';

/** The demonstration on a machine that is slow, with connections that break. */

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

interface Receiver {
  readonly baseUrl: string;
  readonly bodies: string[];
}

/** Starts a server that hands each request, with its number from 1, to the handler once its body has arrived. */
async function receive(
  handle: (number: number, ...call: Parameters<RequestListener>) => void,
  options: { readonly keepAliveTimeout?: number } = {},
): Promise<Receiver> {
  const bodies: string[] = [];
  const server = createServer({ ...options, keepAliveTimeoutBuffer: 0 }, (request, response) => {
    let text = '';
    request.on('data', (chunk) => {
      text += chunk;
    });
    request.on('end', () => handle(bodies.push(text), request, response));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/fhir`, bodies };
}

const buildDelivery = (id: string): HospitalDelivery => ({
  kind: 'resource',
  method: 'PUT',
  path: `Observation/${id}`,
  body: { resourceType: 'Observation', id },
});

const LIMITS = { tries: 4, firstDelayMs: 5, maxDelayMs: 20 };

const push = ({ baseUrl }: Receiver, ...ids: readonly string[]) =>
  pushDeliveries(
    { site: 'site-9', baseUrl, token: 'secret', retryLimits: LIMITS },
    ids.map((id) => buildDelivery(id)),
  );

const pushAndFail = (receiver: Receiver) => push(receiver, 'o1').then(() => 'accepted', describeError);

describe('a sender', () => {
  test('sends again, in order, what a reset connection interrupted', async () => {
    const receiver = await receive((number, request, response) => {
      if (number === 2 || number === 3) request.socket.resetAndDestroy();
      else response.end('{}');
    });
    expect(await push(receiver, 'o1', 'o2', 'o3')).toMatchObject({ requests: 3, resent: 2 });
    expect(receiver.bodies.map((body) => JSON.parse(body).id)).toEqual(['o1', 'o2', 'o2', 'o2', 'o3']);
  });

  test('sends again when the answer breaks off', async () => {
    const receiver = await receive((number, request, response) => {
      if (number > 1) response.end('{}');
      else response.writeHead(200, { 'content-length': 100 }).write('{', () => request.socket.destroy());
    });
    expect(await push(receiver, 'o1')).toMatchObject({ requests: 1, resent: 1 });
  });

  test('is not disturbed by a server that closes idle connections at once', async () => {
    const receiver = await receive((_number, _request, response) => void response.end('{}'), {
      keepAliveTimeout: 1,
    });
    const ids = Array.from({ length: 60 }, (_, number) => `o${number}`);
    expect(await push(receiver, ...ids)).toMatchObject({ requests: 60, statuses: new Map([[200, 60]]) });
  });

  test('waits for a slow server', async () => {
    const receiver = await receive((_number, _request, response) => {
      setTimeout(() => response.end('{}'), 500);
    });
    expect(await push(receiver, 'o1')).toMatchObject({ requests: 1, resent: 0 });
  });

  test.each([429, 502, 503, 504])(
    'sends again after %i, and waits as long as Retry-After says',
    async (status) => {
      const receiver = await receive((number, _request, response) => {
        response.writeHead(number < 3 ? status : 201, number < 3 ? { 'retry-after': '0' } : {}).end('{}');
      });
      expect(await push(receiver, 'o1')).toMatchObject({ resent: 2, statuses: new Map([[201, 1]]) });
    },
  );

  test('a refusal is not sent again; the message says who, what and where', async () => {
    const receiver = await receive((_number, _request, response) => {
      response.writeHead(422).end('the reason');
    });
    const message = await pushAndFail(receiver);
    expect(receiver.bodies).toHaveLength(1);
    for (const part of ['site-9', 'PUT', `${receiver.baseUrl}/Observation/o1`, '422', 'the reason'])
      expect(message).toContain(part);
    expect(message).not.toContain('secret');
  });

  test('gives up after a limited number of tries; the message says who, what, where and why', async () => {
    const receiver = await receive((_number, request) => void request.socket.resetAndDestroy());
    const message = await pushAndFail(receiver);
    expect(receiver.bodies).toHaveLength(LIMITS.tries);
    for (const part of ['site-9', 'PUT', `${receiver.baseUrl}/Observation/o1`, 'ECONNRESET'])
      expect(message).toContain(part);
  });
});

describe('waiting for the write-backs', () => {
  const buildEntry = (state: OutboxListEntry['state'], generation = 1): OutboxListEntry => ({
    site: 'site-1',
    subject: 'S-1',
    identifier: 'x.all.overall.1',
    generation,
    state,
    lastError: null,
  });

  /** A service whose outbox shows these entries, one list after another; the last one stays. */
  function watch(
    lists: readonly (readonly OutboxListEntry[])[],
    requireRunning: () => void = () => undefined,
  ) {
    let looks = 0;
    const runCommand = async () => JSON.stringify(lists[Math.min(looks++, lists.length - 1)]);
    return { adapterCli: { runCommand }, service: { requireRunning }, hospitals: [] };
  }
  const wait = (parts: ReturnType<typeof watch>, stalledMs: number) =>
    waitUntilDelivered(parts, () => true, { pollMs: 20, stalledMs });

  test('has no deadline: it goes on as long as something moves', async () => {
    const slow = Array.from({ length: 20 }, (_, generation) => [buildEntry('pending', generation)]);
    const entries = await wait(watch([...slow, [buildEntry('delivered')]]), 100);
    expect(entries).toEqual([buildEntry('delivered')]);
  });

  test('gives up when nothing has moved for long', async () => {
    await expect(wait(watch([[buildEntry('pending')]]), 100)).rejects.toThrow('site-1: x.all.overall.1');
  });

  test('ends at once where an entry was given up, or the service ended', async () => {
    await expect(wait(watch([[buildEntry('dead')]]), 60_000)).rejects.toThrow('x.all.overall.1');
    const ended = watch([[buildEntry('pending')]], () => {
      throw new Error('ended');
    });
    await expect(wait(ended, 60_000)).rejects.toThrow('ended');
  });
});
