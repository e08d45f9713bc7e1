import { once } from 'node:events';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setImmediate as nextImmediate, setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from '@jest/globals';
import { type ConnectionTimes, type ListeningServer, listen } from '../../src/http/listen.ts';
import { observeArrival } from '../../src/http/stalled-request.ts';

/** When a connection is closed: never while a request is served on it or waits to be read. */

const opened: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

const LONG = 60_000;

async function startServer(
  app: RequestListener,
  times: Partial<ConnectionTimes> = {},
): Promise<ListeningServer> {
  const longTimes = { keepAlive: LONG, headers: LONG, grace: LONG, deadline: LONG };
  const allTimes = { ...longTimes, keepAliveBuffer: 0, linger: 0, ...times };
  const server = await listen(app, { host: '127.0.0.1', port: 0 }, { times: allTimes });
  opened.push(() => server.close());
  return server;
}

interface RawClient {
  readonly socket: Socket;
  /** The status lines received so far. */
  readonly answers: () => readonly string[];
  readonly text: () => string;
  readonly closed: Promise<unknown>;
}

async function openClient({ port }: ListeningServer): Promise<RawClient> {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
  });
  socket.on('error', () => undefined);
  const closed = new Promise((resolve) => socket.once('close', resolve));
  opened.push(() => void socket.destroy());
  await once(socket, 'connect');
  return { socket, text: () => text, answers: () => text.match(/HTTP\/1\.1 \d+/g) ?? [], closed };
}

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const answerAtOnce = (_request: IncomingMessage, response: ServerResponse) => void response.end('ok');

/**
 * Sends a text and then occupies the process, as a large transaction or a machine under load does: no timer and no socket
 * is looked at. It does so in the last phase of the event loop, so that the timers come before the sockets.
 */
async function sendAndBlock({ socket }: RawClient, text: string, ms: number): Promise<void> {
  await nextImmediate();
  socket.write(text);
  const end = performance.now() + ms;
  while (performance.now() < end);
}

async function waitForAnswers(client: RawClient, count: number): Promise<void> {
  const isClosed = client.closed.then(() => true);
  while (client.answers().length < count) {
    if (await Promise.race([isClosed, sleep(5).then(() => false)])) return;
  }
}

describe('a connection that is kept for the next request', () => {
  test('every answer says for how long, and the server keeps it longer than it says', async () => {
    const server = await startServer(answerAtOnce, { keepAlive: 1_000, keepAliveBuffer: LONG });
    const client = await openClient(server);
    client.socket.write(GET);
    await waitForAnswers(client, 1);
    expect(client.text()).toMatch(/^Keep-Alive: timeout=1\r$/m);
    await sleep(1_300);
    client.socket.write(GET);
    await waitForAnswers(client, 2);
    expect(client.answers()).toHaveLength(2);
  });

  test('is closed when no request comes', async () => {
    const client = await openClient(await startServer(answerAtOnce, { keepAlive: 20 }));
    client.socket.write(GET);
    await client.closed;
    expect(client.answers()).toHaveLength(1);
  });

  test('a request that arrived while the process was busy is answered, though the time is over', async () => {
    const client = await openClient(await startServer(answerAtOnce, { keepAlive: 1_000 }));
    client.socket.write(GET);
    await waitForAnswers(client, 1);
    await sendAndBlock(client, GET, 1_200);
    await waitForAnswers(client, 2);
    expect(client.answers()).toHaveLength(2);
  });
});

describe('a request whose headers take long', () => {
  test('is refused after the time', async () => {
    const client = await openClient(await startServer(answerAtOnce, { headers: 50 }));
    client.socket.write('GET / HTTP/1.1\r\nHost:');
    await client.closed;
    expect(client.answers()).toEqual(['HTTP/1.1 408']);
  });

  test('is answered where they arrived in time and the process was busy', async () => {
    const client = await openClient(await startServer(answerAtOnce, { headers: 1_000 }));
    client.socket.write('GET / HTTP/1.1\r\nHost: a\r\n');
    await sleep(20);
    await sendAndBlock(client, '\r\n', 1_400);
    await waitForAnswers(client, 1);
    expect(client.answers()).toEqual(['HTTP/1.1 200']);
  });

  test('has no second chance where only a part arrived', async () => {
    const client = await openClient(await startServer(answerAtOnce, { headers: 100 }));
    client.socket.write('GET / HTTP/1.1\r\n');
    await sleep(20);
    await sendAndBlock(client, 'Host: a\r\n', 400);
    await client.closed;
    expect(client.answers()).not.toContain('HTTP/1.1 200');
  });
});

describe('when the server stops', () => {
  test('a request that has arrived is answered, however long it takes; its connection then closes', async () => {
    const server = await startServer(
      (_request, response) => void setTimeout(() => response.end('done'), 400),
      {
        grace: 50,
      },
    );
    const client = await openClient(server);
    client.socket.write(GET);
    await sleep(50);
    await server.close();
    await client.closed;
    expect(client.answers()).toEqual(['HTTP/1.1 200']);
    expect(client.text()).toContain('done');
  });

  test('an unused connection closes at once, and one whose request does not arrive whole after the grace', async () => {
    const server = await startServer(
      (request, response) => request.on('end', () => response.end()).resume() as never,
      {
        // Long beside the pauses of a machine under load.
        grace: 2_000,
      },
    );
    const idle = await openClient(server);
    idle.socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx');
    await waitForAnswers(idle, 1);
    const unfinished = await openClient(server);
    unfinished.socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx');
    await sleep(50);
    const stopped = server.close();
    await idle.closed;
    expect(unfinished.socket.destroyed).toBe(false);
    await stopped;
    await unfinished.closed;
  });

  test('an answer that is still being transferred is transferred whole', async () => {
    const size = 8_000_000;
    const server = await startServer((_request, response) => void response.end('x'.repeat(size)), {
      grace: 100,
    });
    const client = await openClient(server);
    client.socket.pause();
    client.socket.write(GET);
    await sleep(50);
    const stopped = server.close();
    await sleep(50);
    client.socket.resume();
    await Promise.all([stopped, client.closed]);
    expect(client.text().length).toBeGreaterThan(size);
  });
});

describe('a request of which nothing more arrives', () => {
  // Long beside the pauses of a machine under load.
  const STALL_MS = 600;

  /** Answers when the body has arrived whole, after the adapter's own work of `workMs`. */
  const answerAfter =
    (workMs: number): RequestListener =>
    (request, response) => {
      const pace = { windowMs: STALL_MS, bytes: 1 };
      const endWatch = observeArrival(request, request, () => request.destroy(), pace);
      request.resume().on('end', () => {
        setTimeout(() => {
          endWatch();
          response.end('ok');
        }, workMs);
      });
      request.on('close', endWatch);
    };

  test('is closed', async () => {
    const client = await openClient(await startServer(answerAfter(0)));
    client.socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx');
    await client.closed;
    expect(client.answers()).toEqual([]);
  });

  test('a slow sender is answered, and a request that takes long after it arrived whole', async () => {
    const client = await openClient(await startServer(answerAfter(2 * STALL_MS)));
    client.socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n');
    for (let sent = 0; sent < 9; sent++) {
      await sleep(STALL_MS / 6);
      client.socket.write('x');
    }
    await waitForAnswers(client, 1);
    expect(client.answers()).toEqual(['HTTP/1.1 200']);
  });

  test('what arrived while the process was busy counts', async () => {
    const client = await openClient(await startServer(answerAfter(0)));
    client.socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nx');
    await sleep(STALL_MS / 6);
    await sendAndBlock(client, 'y', 2 * STALL_MS);
    await waitForAnswers(client, 1);
    expect(client.answers()).toEqual(['HTTP/1.1 200']);
  });
});
