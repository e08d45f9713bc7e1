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

/** Creates a name server that returns each answer in turn, and then the last one again and again. */
function createNameServer(...answers: string[][]): LookupFunction & { countLookups(): number } {
  let lookups = 0;
  const lookup: LookupFunction = (_name, _options, callback) => {
    const answer = answers[Math.min(lookups++, answers.length - 1)] ?? [];
    callback(
      null,
      answer.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  };
  return Object.assign(lookup, { countLookups: () => lookups });
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
  test.each(readEhrCases<AddressCase>('addresses.json'))('$says', (addressCase) => {
    const base = parseBaseUrl(addressCase.base, true);
    const networks = addressCase.networks ?? [];
    if (addressCase.expect === 'invalid') {
      expect(() => listAllowedNetworks(base, networks)).toThrow(
        expect.objectContaining({ code: 'config/invalid' }),
      );
      return;
    }
    const allowed = createAddressPolicy(listAllowedNetworks(base, networks));
    expect(addressCase.resolves?.filter(allowed)).toEqual(addressCase.expect);
  });
});

describe('the address is checked when the connection is made', () => {
  const empty: RequestListener = (_request, response) => response.end();

  test('a listed address is called; the others of the same answer are not', async () => {
    const { server, port } = await listenOn(createHttpServer(empty), '0.0.0.0');
    const called: (string | undefined)[] = [];
    server.on('connection', (socket) => called.push(socket.localAddress));
    const names = createNameServer(['127.0.0.2', '127.0.0.1', '127.0.0.3']);
    expect(await createEhrAt(port, names, ['127.0.0.1']).sendTransaction(BUNDLE)).toMatchObject({ ok: true });
    expect(called).toEqual(['127.0.0.1']);
    // One lookup: there is no second answer between the check and the connection.
    expect(names.countLookups()).toBe(1);
  });

  test('a name that resolves to an address that is not listed is not called', async () => {
    const { server, port } = await listenOn(createHttpServer(empty));
    let connections = 0;
    server.on('connection', () => connections++);
    const answer = await createEhrAt(port, createNameServer(['127.0.0.1']), []).sendTransaction(BUNDLE);
    expect(answer).toMatchObject({
      ok: false,
      failure: { code: 'address-refused', recovery: 'retry', effect: 'none' },
    });
    expect(connections).toBe(0);
  });
});

test('a host that accepts the connection and stays silent is given up before anything is sent', async () => {
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
    failure: { code: 'timeout', recovery: 'retry', effect: 'none' },
  });
  expect(bytes).not.toContain('secret');
});

test('an answer that is not HTTP is a failure like any other', async () => {
  const { port } = await listenOn(
    createServer((socket) => socket.on('error', () => {}).end('HTTP/1.1 999 X\r\ncontent-length: 0\r\n\r\n')),
  );
  const ehr = createEhr({ base: `http://127.0.0.1:${port}/fhir` });
  expect(await ehr.sendTransaction(BUNDLE)).toMatchObject({ ok: false, failure: { effect: 'unknown' } });
});

describe('an answer that points to another host', () => {
  test.each(readEhrCases<HostileAnswerCase>('hostile-answers.json'))(
    '$says: no other host is called',
    async (hostile) => {
      let calls = 0;
      const elsewhere = await listenOn(createServer());
      elsewhere.server.on('connection', () => calls++);
      const host = `127.0.0.1:${elsewhere.port}`;
      const withHost = (text: string) =>
        text.replaceAll('ELSEWHERE_HOST', host).replaceAll('ELSEWHERE', `http://${host}`);
      const headers = Object.entries(hostile.headers ?? {}).map(
        ([name, value]) => [name, withHost(value)] as const,
      );
      const { port } = await listenOn(
        createHttpServer((_request, response) => {
          response.writeHead(hostile.status, {
            'content-type': 'application/fhir+json',
            ...Object.fromEntries(headers),
          });
          response.end(hostile.body === undefined ? '' : withHost(JSON.stringify(hostile.body)));
        }),
      );
      const ehr = createEhr({ base: `http://127.0.0.1:${port}/fhir`, bearerToken: async () => 'secret' });
      await ehr.sendTransaction(BUNDLE);
      await ehr.searchByIdentifier('Observation', 'urn:s|1');
      await ehr.read('Observation', '1');
      expect(calls).toBe(0);
    },
  );
});
