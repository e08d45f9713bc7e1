import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from '@jest/globals';
import { createTrustedProxies, formatPeer, readSenderAddress } from '../../src/http/limits/peer-address.ts';
import { type ListeningServer, listen } from '../../src/http/listen.ts';
import { waitUntil } from '../support/wait-until.ts';

/** Whoever only occupies connections shuts out nobody. */

const opened: Socket[] = [];
let server: ListeningServer | null = null;
afterEach(async () => {
  for (const socket of opened.splice(0)) socket.destroy();
  await server?.close();
  server = null;
});

/** After this time a connection that is unused yields to a new one. */
const UNUSED_MS = 600;

interface Answering {
  readonly server: ListeningServer;
  /** Lets the requests to /slow end. */
  readonly release: () => void;
  /** The requests to /slow that have arrived. */
  readonly countHeld: () => number;
}

async function startLimitedServer(
  total: number,
  perAddress: number,
  proxies: readonly string[] = [],
): Promise<Answering> {
  const held = Promise.withResolvers<void>();
  let heldCount = 0;
  server = await listen(
    (request, response) => {
      const answer = () => void response.end('ok');
      if (request.url !== '/slow') answer();
      else {
        heldCount += 1;
        void held.promise.then(answer);
      }
    },
    { host: '0.0.0.0', port: 0 },
    { limits: { total, perAddress, proxies: createTrustedProxies(proxies) } },
  );
  return { server, release: held.resolve, countHeld: () => heldCount };
}

interface Peer {
  readonly socket: Socket;
  readonly text: () => string;
  readonly isClosed: () => boolean;
}

async function openPeer({ server: { port } }: Answering, localAddress: string): Promise<Peer> {
  const socket = connect({ port, host: '127.0.0.1', localAddress });
  opened.push(socket);
  let text = '';
  let isClosed = false;
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    isClosed = true;
  });
  await once(socket, 'connect');
  return { socket, text: () => text, isClosed: () => isClosed };
}

const send = ({ socket }: Peer, path = '/') => socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
const waitForAnswer = (peer: Peer) => waitUntil(() => peer.text().includes('200 OK') || peer.isClosed());

async function isServed(at: Answering, localAddress: string): Promise<boolean> {
  const peer = await openPeer(at, localAddress);
  send(peer);
  await waitForAnswer(peer);
  return peer.text().includes('200 OK');
}

test('an address that opens connections and says nothing closes its own, and shuts out no other', async () => {
  const at = await startLimitedServer(50, 10);
  const silent: Peer[] = [];
  for (let n = 0; n < 60; n++) silent.push(await openPeer(at, '127.0.0.9'));
  await sleep(UNUSED_MS);
  expect(await isServed(at, '127.0.0.2')).toBe(true);
  expect(await isServed(at, '127.0.0.9')).toBe(true);
  await waitUntil(() => silent.filter((peer) => !peer.isClosed()).length <= 10);
});

test('many addresses that say nothing shut out no other', async () => {
  const at = await startLimitedServer(20, 10);
  for (let n = 0; n < 60; n++) await openPeer(at, `127.0.1.${1 + (n % 30)}`);
  await sleep(UNUSED_MS);
  for (let n = 2; n < 6; n++) expect(await isServed(at, `127.0.0.${n}`)).toBe(true);
});

test('a connection on which something was asked is closed after those that never said anything', async () => {
  const at = await startLimitedServer(4, 10);
  const kept = await openPeer(at, '127.0.0.2');
  send(kept);
  await waitForAnswer(kept);
  for (let n = 0; n < 3; n++) await openPeer(at, `127.0.1.${1 + n}`);
  await sleep(UNUSED_MS);
  for (let n = 0; n < 3; n++) await openPeer(at, `127.0.2.${1 + n}`);
  send(kept);
  await waitUntil(() => kept.isClosed() || kept.text().split('200 OK').length === 3);
  expect(kept.isClosed()).toBe(false);
});

test('a request that is served is never closed for another: who is too many is told when to come again', async () => {
  const at = await startLimitedServer(50, 3);
  const busy = await Promise.all([1, 2, 3].map(() => openPeer(at, '127.0.0.2')));
  for (const peer of busy) send(peer, '/slow');
  await waitUntil(() => at.countHeld() === 3);
  const tooMany = await openPeer(at, '127.0.0.2');
  send(tooMany);
  await waitUntil(() => tooMany.isClosed());
  expect(tooMany.text()).toMatch(/^HTTP\/1\.1 503 .*\r\nRetry-After: \d+\r\n/s);
  expect(await isServed(at, '127.0.0.3')).toBe(true);
  at.release();
  for (const peer of busy) {
    await waitForAnswer(peer);
    expect(peer.text()).toContain('200 OK');
  }
});

test('a proxy that is listed has no limit of an address', async () => {
  const at = await startLimitedServer(50, 2, ['127.0.0.8/29']);
  const busy = await Promise.all([1, 2, 3, 4, 5].map(() => openPeer(at, '127.0.0.9')));
  for (const peer of busy) send(peer, '/slow');
  await waitUntil(() => at.countHeld() === 5);
  expect(await isServed(at, '127.0.0.9')).toBe(true);
  at.release();
});

test.each([
  ['203.0.113.7', '203.0.113.7'],
  ['::ffff:203.0.113.7', '203.0.113.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  [undefined, ''],
])('a peer is counted by its IPv4 address, or by its /64 network: %s', (address, name) => {
  expect(formatPeer(address)).toBe(name);
});

test.each([
  ['10.0.0.1', '203.0.113.7', '203.0.113.7'],
  ['10.0.0.1', 'forged, 203.0.113.7', '203.0.113.7'],
  ['10.0.0.1', '203.0.113.7, 10.0.0.2', '203.0.113.7'],
  ['10.0.0.1', '', '10.0.0.1'],
  ['203.0.113.9', '198.51.100.1', '203.0.113.9'],
])('the sender behind %s with X-Forwarded-For %p is %s', (peer, forwarded, sender) => {
  const request = { socket: { remoteAddress: peer }, headers: { 'x-forwarded-for': forwarded } };
  expect(readSenderAddress(request as never, createTrustedProxies(['10.0.0.0/8']))).toBe(sender);
});
