import { createHash, generateKeyPairSync, randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { exportJWK, type JWK, SignJWT } from 'jose';
import { loadConfig } from '../../src/config.ts';
import { openService, type Service } from '../../src/service.ts';
import { createClientCertificate } from '../auth/sandbox/certificate.ts';
import { sendRequest } from '../auth/sandbox/send-request.ts';
import { createCertificate } from '../support/create-certificate.ts';
import { useFolder } from '../support/use-lifecycle.ts';

/** A hospital's engine as a stranger writes one: it reads the SMART configuration, asks for a token and sends. */
const folder = useFolder();
const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
const ORIGIN = 'https://adapter.hospital.example';
const opened: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

interface Answer {
  readonly status: number;
  readonly json: Record<string, unknown>;
}

const OBSERVATION = {
  resourceType: 'Observation',
  id: 'o1',
  status: 'final',
  code: { coding: [{ system: 'http://loinc.org', code: '777-3' }] },
  subject: { reference: 'Patient/p1' },
  effectiveDateTime: '2026-01-06T08:00:00Z',
  valueQuantity: { value: 24, unit: '10*9/L', system: 'http://unitsofmeasure.org', code: '10*9/L' },
};

/** Serves the engine's public keys; `redirect` answers with another place. */
async function startKeyServer(kind: 'keys' | 'redirect' | 'huge'): Promise<string> {
  const jwk: JWK = { ...(await exportJWK(publicKey)), kid: 'engine-key', use: 'sig', alg: 'ES384' };
  const server: Server = createServer((request, response) => {
    if (kind === 'redirect' && request.url !== '/moved')
      response.writeHead(302, { location: '/moved' }).end();
    else if (kind === 'huge') response.end(`{"keys":[],"pad":"${'x'.repeat(300_000)}"}`);
    else response.writeHead(200, { 'cache-control': 'max-age=300' }).end(JSON.stringify({ keys: [jwk] }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  opened.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`;
}

async function openAdapter(settings: object): Promise<{ service: Service; url: string }> {
  const file = folder.writeJson('config.json', { logLevel: 'silent', publicUrl: ORIGIN, ...settings });
  const service = await openService(loadConfig({ config: file }, {}, folder.path));
  const server = await service.listen({ host: '127.0.0.1', port: 0 });
  opened.push(async () => {
    await server.close();
    await service.close();
  });
  return { service, url: server.url };
}

const buildSites = (jwksUri: string) => ({
  dataDir: join(folder.path, randomUUID()),
  sites: { north: { clients: [{ client: 'engine', jwksUri, scopes: 'system/*.cud' }] } },
});

const signAssertion = (tokenUrl: string): Promise<string> =>
  new SignJWT({ iss: 'engine', sub: 'engine' })
    .setProtectedHeader({ alg: 'ES384', typ: 'JWT', kid: 'engine-key' })
    .setAudience(tokenUrl)
    .setJti(randomUUID())
    .setExpirationTime('4m')
    .sign(privateKey);

async function call(url: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(url, init);
  return { status: response.status, json: (await response.json()) as Record<string, unknown> };
}

const requestToken = (url: string, assertion: string, scope = 'system/*.cud'): Promise<Answer> =>
  call(`${url}/auth/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      scope,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertion,
    }),
  });

const sendObservation = (url: string, token: unknown): Promise<Answer> =>
  call(`${url}/fhir/Observation/o1`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/fhir+json' },
    body: JSON.stringify(OBSERVATION),
  });

test('an engine finds the endpoint, gets a token and sends; after a restart its token counts, and its assertion does not', async () => {
  const settings = buildSites(await startKeyServer('keys'));
  const { url } = await openAdapter(settings);
  const { json: smart } = await call(`${url}/fhir/.well-known/smart-configuration`);
  expect(smart.token_endpoint).toBe(`${ORIGIN}/auth/token`);
  const assertion = await signAssertion(String(smart.token_endpoint));
  const { status, json } = await requestToken(url, assertion);
  expect({ status, json }).toMatchObject({ status: 200, json: { token_type: 'bearer', expires_in: 300 } });
  expect((await sendObservation(url, json.access_token)).status).toBe(200);
  const { json: capability } = await call(`${url}/fhir/metadata`);
  expect(JSON.stringify(capability.rest)).toContain(`${ORIGIN}/auth/token`);
  await opened.pop()?.();
  const again = await openAdapter(settings);
  expect((await sendObservation(again.url, json.access_token)).status).toBe(200);
  expect(await requestToken(again.url, assertion)).toMatchObject({
    status: 401,
    json: { error: 'invalid_client' },
  });
  expect((await requestToken(again.url, await signAssertion(`${ORIGIN}/auth/token`))).status).toBe(200);
});

test.each(['redirect', 'huge'] as const)('keys are not taken from a %s answer', async (kind) => {
  const { url } = await openAdapter(buildSites(await startKeyServer(kind)));
  const answer = await requestToken(url, await signAssertion(`${ORIGIN}/auth/token`));
  expect(answer).toMatchObject({ status: 401, json: { error: 'invalid_client' } });
});

test('without clients that have keys there is no token endpoint, and nothing says that there is', async () => {
  const tokenSha256 = createHash('sha256').update('x').digest('hex');
  const { url } = await openAdapter({
    dataDir: join(folder.path, randomUUID()),
    sites: { north: { clients: [{ client: 'engine', tokenSha256 }] } },
  });
  for (const path of ['/auth/token', '/.well-known/jwks.json', '/.well-known/smart-configuration'])
    expect((await call(`${url}${path}`)).status).toBe(404);
  expect(JSON.stringify(await call(`${url}/fhir/metadata`))).not.toContain('SMART-on-FHIR');
});

test('over TLS a client is known by its certificate, without any authority', async () => {
  const service = createCertificate('adapter');
  const [engine, stranger] = [createClientCertificate('engine'), createClientCertificate('engine')];
  const { url } = await openAdapter({
    dataDir: join(folder.path, randomUUID()),
    tls: {
      certFile: folder.writeFile('cert.pem', service.cert),
      keyFile: folder.writeFile('key.pem', service.key),
    },
    sites: { north: { clients: [{ client: 'engine', certificateSha256: engine.sha256 }] } },
  });
  const send = (certificate?: typeof engine) =>
    sendRequest({
      method: 'PUT',
      url: `${url}/fhir/Observation/o1`,
      headers: { 'Content-Type': 'application/fhir+json' },
      body: JSON.stringify(OBSERVATION),
      certificate,
    });
  expect((await send(engine)).status).toBe(200);
  expect((await send(stranger)).status).toBe(401);
  expect((await send()).status).toBe(401);
});
