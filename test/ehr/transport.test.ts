import { readFileSync } from 'node:fs';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer, type LookupFunction, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { createAddressPolicy, listAllowedNetworks } from '../../src/ehr/address-policy.ts';
import { parseBaseUrl } from '../../src/ehr/base-url.ts';
import { createEhr } from '../../src/ehr/client.ts';
import { createTransport } from '../../src/ehr/transport.ts';

interface AddressCase {
  readonly says: string;
  readonly base: string;
  readonly resolves?: readonly string[];
  readonly networks?: readonly string[];
  readonly expect: readonly string[] | 'invalid';
}

interface HostileAnswerCase {
  readonly says: string;
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
}

function readEhrCases<T>(name: string): T[] {
  const file = join(import.meta.dirname, '../cases/ehr', name);
  return (JSON.parse(readFileSync(file, 'utf8')) as { cases: T[] }).cases;
}

const BUNDLE = { resourceType: 'Bundle', type: 'transaction', entry: [] };
const openServers: Server[] = [];
const sockets: Socket[] = [];

async function listenOn<S extends Server>(
  server: S,
  host = '127.0.0.1',
): Promise<{ server: S; port: number }> {
  openServers.push(server);
  server.on('connection', (socket) => sockets.push(socket));
  await new Promise<void>((done) => server.listen(0, host, done));
  return { server, port: (server.address() as AddressInfo).port };
}

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of openServers.splice(0)) await new Promise((done) => server.close(done));
});

/** A name server that gives each answer in turn, the last for ever. */
function createNameServer(...answers: string[][]): LookupFunction & { asked(): number } {
  let asked = 0;
  const lookup: LookupFunction = (_name, _options, callback) => {
    const answer = answers[Math.min(asked++, answers.length - 1)] ?? [];
    callback(
      null,
      answer.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  };
  return Object.assign(lookup, { asked: () => asked });
}

function createEhrAt(port: number, names: LookupFunction, networks: readonly string[]) {
  const transport = createTransport({
    isAllowed: createAddressPolicy(networks),
    connectTimeoutMs: 2000,
    lookup: names,
  });
  return createEhr({ base: `http://ehr.test:${port}/fhir`, plainHttp: true, transport, timeoutMs: 5000 });
}

describe('the addresses that an EHR may have', () => {
  test.each(readEhrCases<AddressCase>('addresses.json'))('$says', (one) => {
    const base = parseBaseUrl(one.base, true);
    const networks = one.networks ?? [];
    if (one.expect === 'invalid') {
      expect(() => listAllowedNetworks(base, networks)).toThrow(
        expect.objectContaining({ code: 'config/invalid' }),
      );
      return;
    }
    const allowed = createAddressPolicy(listAllowedNetworks(base, networks));
    expect(one.resolves?.filter(allowed)).toEqual(one.expect);
  });
});

describe('the address is checked where it is connected to', () => {
  const empty: RequestListener = (_request, response) => response.end();

  test('a listed one is called; the others of the same answer are not', async () => {
    const { server, port } = await listenOn(createHttpServer(empty), '0.0.0.0');
    const called: (string | undefined)[] = [];
    server.on('connection', (socket) => called.push(socket.localAddress));
    const names = createNameServer(['127.0.0.2', '127.0.0.1', '127.0.0.3']);
    expect(await createEhrAt(port, names, ['127.0.0.1']).sendTransaction(BUNDLE)).toMatchObject({ ok: true });
    expect(called).toEqual(['127.0.0.1']);
    // Asked once: there is no second answer between the check and the connection.
    expect(names.asked()).toBe(1);
  });

  test('a name that comes to stand for another address is not followed there', async () => {
    const { server, port } = await listenOn(createHttpServer(empty));
    let connections = 0;
    server.on('connection', () => connections++);
    const answer = await createEhrAt(port, createNameServer(['127.0.0.1']), []).sendTransaction(BUNDLE);
    expect(answer).toMatchObject({
      ok: false,
      failure: { recovery: 'retry', effect: 'none', message: expect.stringContaining('ehr.networks') },
    });
    expect(connections).toBe(0);
  });
});

test('a host that takes the connection and says nothing is given up before anything is sent', async () => {
  let bytes = '';
  const { port } = await listenOn(
    createServer((socket) => socket.on('error', () => {}).on('data', (chunk) => (bytes += chunk))),
  );
  const allowed = createAddressPolicy(['127.0.0.1']);
  const transport = createTransport({ isAllowed: allowed, connectTimeoutMs: 50 });
  const ehr = createEhr({
    base: `https://127.0.0.1:${port}/fhir`,
    transport,
    bearerToken: async () => 'secret',
  });
  expect(await ehr.sendTransaction(BUNDLE)).toMatchObject({
    ok: false,
    failure: { recovery: 'retry', effect: 'none', message: 'no answer (no connection in time)' },
  });
  expect(bytes).not.toContain('secret');
});

test('an answer that is no HTTP answer ends nothing', async () => {
  const { port } = await listenOn(
    createServer((socket) => socket.on('error', () => {}).end('HTTP/1.1 999 X\r\ncontent-length: 0\r\n\r\n')),
  );
  const ehr = createEhr({ base: `http://127.0.0.1:${port}/fhir` });
  expect(await ehr.sendTransaction(BUNDLE)).toMatchObject({ ok: false, failure: { effect: 'unknown' } });
});

describe('an answer that leads elsewhere', () => {
  test.each(readEhrCases<HostileAnswerCase>('hostile-answers.json'))(
    '$says: nobody else hears of it',
    async (one) => {
      let heard = 0;
      const elsewhere = await listenOn(createServer());
      elsewhere.server.on('connection', () => heard++);
      const host = `127.0.0.1:${elsewhere.port}`;
      const there = (text: string) =>
        text.replaceAll('ELSEWHERE_HOST', host).replaceAll('ELSEWHERE', `http://${host}`);
      const headers = Object.entries(one.headers ?? {}).map(([name, value]) => [name, there(value)] as const);
      const { port } = await listenOn(
        createHttpServer((_request, response) => {
          response.writeHead(one.status, {
            'content-type': 'application/fhir+json',
            ...Object.fromEntries(headers),
          });
          response.end(one.body === undefined ? '' : there(JSON.stringify(one.body)));
        }),
      );
      const ehr = createEhr({ base: `http://127.0.0.1:${port}/fhir`, bearerToken: async () => 'secret' });
      await ehr.sendTransaction(BUNDLE);
      await ehr.searchByIdentifier('Observation', 'urn:s|1');
      await ehr.read('Observation', '1');
      expect(heard).toBe(0);
    },
  );
});
