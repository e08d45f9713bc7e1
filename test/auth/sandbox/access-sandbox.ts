import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Authenticate } from '../../../src/auth/authenticate.ts';
import { hashSha256 } from '../../../src/auth/client-registry.ts';
import {
  locateSigningKeys,
  openSigningKeys,
  type SigningKeys,
} from '../../../src/auth/smart/signing-keys.ts';
import { type Config, loadConfig } from '../../../src/config.ts';
import { createApp } from '../../../src/http/app.ts';
import { createGate } from '../../../src/http/limits/gate.ts';
import { createTrustedProxies } from '../../../src/http/limits/peer-address.ts';
import { listen } from '../../../src/http/listen.ts';
import { type ClientAccess, createClientAccess } from '../../../src/service/access/client-access.ts';
import { openSqliteStore } from '../../../src/store/sqlite/sqlite-store.ts';
import type { Store } from '../../../src/store/store.ts';
import { createRecordingPipeline, type RecordingPipeline } from '../../http/test-server.ts';
import { createTestFolder } from '../../support/with-folder.ts';
import { type ClientCertificate, createClientCertificate } from './certificate.ts';

/** The origin by which clients know the adapter of the sandbox. */
export const SANDBOX_ORIGIN = 'https://adapter.example';
export const TOKEN_URL = `${SANDBOX_ORIGIN}/auth/token`;
export const ISSUER = 'https://idp.hospital.example/realms/research';
export const KEYS_URL = 'https://engine.hospital.example/jwks.json';
const ISSUER_KEYS_URL = 'https://idp.hospital.example/keys';

const START = Date.parse('2026-03-02T09:00:00Z');

export type PublicKey = Readonly<Record<string, unknown>>;

/** A key pair of a client. */
export interface ClientKey {
  readonly privateKey: KeyObject;
  readonly publicJwk: PublicKey;
}

function createKey(kid: string, type: 'ec' | 'rsa' | 'small-rsa' | 'p256' = 'ec'): ClientKey {
  const { publicKey, privateKey } =
    type === 'ec' || type === 'p256'
      ? generateKeyPairSync('ec', { namedCurve: type === 'ec' ? 'P-384' : 'P-256' })
      : generateKeyPairSync('rsa', { modulusLength: type === 'rsa' ? 2_048 : 1_024 });
  return { privateKey, publicJwk: { ...publicKey.export({ format: 'jwk' }), kid } };
}

/** The keys of the sandbox, by name. They are created once: RSA keys take long. */
const createKeys = () => ({
  ec: createKey('ec-1'),
  rsa: createKey('rsa-1', 'rsa'),
  url: createKey('url-1'),
  'url-next': createKey('url-2'),
  'dup-1': createKey('dup'),
  'dup-2': createKey('dup'),
  'mixed-ec': createKey('mixed'),
  'mixed-rsa': createKey('mixed', 'rsa'),
  p256: createKey('p256-1', 'p256'),
  small: createKey('small-1', 'small-rsa'),
  enc: createKey('enc-1'),
  disabled: createKey('disabled-1'),
  bound: createKey('bound-1'),
  b: createKey('ec-1'),
  issuer: createKey('issuer-1', 'rsa'),
  stranger: createKey('ec-1'),
});
let keys: ReturnType<typeof createKeys> | null = null;
export type KeyName = keyof ReturnType<typeof createKeys>;

/** Returns the key of a name. */
export function getClientKey(name: KeyName): ClientKey {
  keys ??= createKeys();
  return keys[name];
}

const HMAC_SECRET = 'a-secret-of-thirty-two-characters';
export const HMAC_SECRETS = {
  medplum: HMAC_SECRET,
  webhooks: Buffer.from('another-secret-of-32-characters!').toString('base64'),
  b: 'the-secret-of-the-other-hospital!!',
};

const buildInlineKeys = (...names: readonly KeyName[]) => ({
  jwks: { keys: names.map((name) => getClientKey(name).publicJwk) },
});
const withToken = (name: string) => ({ client: name, tokenSha256: hashSha256(`token-of-${name}`) });

function listClientsOfA(certificates: Readonly<Record<'engine' | 'bound' | 'token', ClientCertificate>>) {
  const all = 'system/*.cud';
  return [
    { client: 'engine-ec', ...buildInlineKeys('ec'), scopes: `${all} system/ResearchSubject.cu` },
    {
      client: 'engine-rsa',
      ...buildInlineKeys('rsa'),
      scopes: 'system/Observation.cu system/MedicationAdministration.c',
    },
    { client: 'engine-url', jwksUri: KEYS_URL, scopes: all },
    { client: 'engine-dup', ...buildInlineKeys('dup-1', 'dup-2'), scopes: all },
    { client: 'engine-mixed', ...buildInlineKeys('mixed-ec', 'mixed-rsa'), scopes: all },
    { client: 'engine-p256', ...buildInlineKeys('p256'), scopes: all },
    { client: 'engine-small', ...buildInlineKeys('small'), scopes: all },
    {
      client: 'engine-enc',
      jwks: { keys: [{ ...getClientKey('enc').publicJwk, use: 'enc' }] },
      scopes: all,
    },
    { client: 'engine-disabled', ...buildInlineKeys('disabled'), scopes: all, disabled: true },
    {
      client: 'engine-bound',
      ...buildInlineKeys('bound'),
      scopes: all,
      certificateSha256: certificates.bound.sha256,
    },
    {
      client: 'idp-client',
      issuedBy: { issuer: ISSUER, clientId: 'urn:engine:7' },
      scopes: 'system/Observation.cud',
    },
    { ...withToken('static'), expires: '2026-12-31' },
    { ...withToken('static-narrow'), expires: '2026-12-31', scopes: 'system/Observation.c' },
    { ...withToken('static-enrol'), expires: '2026-12-31', mayEnrol: true },
    { ...withToken('static-today'), expires: '2026-03-20T12:00:00Z' },
    { ...withToken('static-expired'), expires: '2026-03-01' },
    { ...withToken('static-forever') },
    { ...withToken('static-disabled'), expires: '2026-12-31', disabled: true },
    { ...withToken('static-bound'), expires: '2026-12-31', certificateSha256: certificates.token.sha256 },
    { client: 'cert-only', certificateSha256: certificates.engine.sha256, scopes: 'system/Observation.cu' },
    {
      ...withToken('medplum'),
      expires: '2026-12-31',
      hmac: { scheme: 'x-signature', secretFile: 'medplum' },
    },
    {
      ...withToken('webhooks'),
      expires: '2026-12-31',
      hmac: { scheme: 'standard-webhooks', secretFile: 'webhooks' },
    },
  ];
}

function listClientsOfB(certificate: ClientCertificate) {
  return [
    { client: 'engine-b', ...buildInlineKeys('b'), scopes: 'system/*.cud' },
    { ...withToken('static-b'), expires: '2026-12-31' },
    { ...withToken('medplum-b'), expires: '2026-12-31', hmac: { scheme: 'x-signature', secretFile: 'b' } },
    { client: 'cert-b', certificateSha256: certificate.sha256, scopes: 'system/Observation.cu' },
  ];
}

/** The server of a client's keys, which a test changes. */
export interface KeyServer {
  keys: readonly PublicKey[];
  cacheControl: string | null;
  isDown: boolean;
  requests: number;
}

/** The doors of the adapter, without the stages behind them: real authentication, real store, two hospitals. */
export interface AccessSandbox {
  /** The address over plain http, over https, and over http by way of a listed proxy. */
  readonly urls: Readonly<Record<'http' | 'https' | 'proxied', string>>;
  readonly certificates: Readonly<
    Record<'engine' | 'bound' | 'token' | 'b' | 'stranger' | 'expired', ClientCertificate>
  >;
  readonly pipeline: RecordingPipeline;
  readonly keyServer: KeyServer;
  readonly signingKeys: SigningKeys;
  readonly config: Config;
  readonly access: ClientAccess;
  now(): Date;
  /** Moves the clock on. */
  advance(seconds: number): void;
  close(): Promise<void>;
}

/** What a control takes away. */
export interface SandboxOptions {
  /** Every jti is new. */
  readonly forgetsAssertions?: boolean;
  /** Every client may do everything. */
  readonly ignoresScopes?: boolean;
}

const ALL_SCOPES = ['*', 'ResearchSubject'].map((type) => ({ type, actions: 'cruds' }));

const withAllScopes =
  (authenticate: Authenticate): Authenticate =>
  async (credentials) => {
    const result = await authenticate(credentials);
    return 'principal' in result
      ? { ...result, principal: { ...result.principal, scopes: ALL_SCOPES } }
      : result;
  };

const withoutJtiMemory = (store: Store): Store => ({
  ...store,
  transaction: (work, scope) =>
    store.transaction((tx) => work({ ...tx, usedAssertions: { use: async () => true } }), scope),
});

function writeSettings(
  folder: ReturnType<typeof createTestFolder>,
  certificates: AccessSandbox['certificates'],
): Config {
  for (const [name, secret] of Object.entries(HMAC_SECRETS)) folder.writeFile(name, `${secret}\n`);
  const file = folder.writeJson('config.json', {
    dataDir: join(folder.path, 'data'),
    logLevel: 'silent',
    publicUrl: SANDBOX_ORIGIN,
    access: { issuers: [{ issuer: ISSUER, jwksUri: ISSUER_KEYS_URL, audience: 'trial-adapter' }] },
    sites: {
      'hospital-a': { clients: listClientsOfA(certificates), subjectNumbers: ['A-*'] },
      'hospital-b': { clients: listClientsOfB(certificates.b), subjectNumbers: ['B-*'] },
    },
  });
  return loadConfig({ config: file }, {}, folder.path);
}

const createCertificates = (): AccessSandbox['certificates'] => ({
  engine: createClientCertificate('engine'),
  bound: createClientCertificate('bound'),
  token: createClientCertificate('token'),
  b: createClientCertificate('b'),
  stranger: createClientCertificate('engine'),
  expired: createClientCertificate('expired', '20260101000000Z'),
});

/** Builds the app with real authentication, in front of a recording pipeline. */
const buildSandboxApp = (
  dependencies: Pick<
    Parameters<typeof createApp>[0],
    'accept' | 'authenticate' | 'readCertificate' | 'smart' | 'now'
  >,
) =>
  createApp({
    ...dependencies,
    tokenUrl: TOKEN_URL,
    base: () => `${SANDBOX_ORIGIN}/fhir`,
    stopping: new AbortController().signal,
    recordRefusal: () => {},
    gate: createGate(
      {
        rates: { unauthenticated: { perSecond: 1, burst: 60 }, client: { perSecond: 1_000, burst: 1_000 } },
        load: { waitMs: 10_000, bytes: 100_000_000 },
        proxies: createTrustedProxies([]),
      },
      () => dependencies.now().getTime(),
    ),
    isMetadataPublic: true,
    isReady: async () => true,
    version: '1',
    findSupportedProfiles: () => ({ base: null, claimable: [] }),
    takesLongIds: () => false,
    limits: { resourceBytes: 100_000, bundleBytes: 100_000, lineBytes: 100_000 },
    observer: {
      entryAccepted() {},
      requestAnswered() {},
      requestFailed() {},
      tokenIssued() {},
      authenticationRefused() {},
    },
  });

/** Opens the sandbox on free ports of loopback. */
export async function openAccessSandbox(options: SandboxOptions = {}): Promise<AccessSandbox> {
  const folder = createTestFolder();
  const certificates = createCertificates();
  const config = writeSettings(folder, certificates);
  let at = START;
  const now = () => new Date(at);
  const keyServer: KeyServer = {
    keys: [getClientKey('url').publicJwk],
    cacheControl: 'max-age=120',
    isDown: false,
    requests: 0,
  };
  const fetchKeySet = async (url: string) => {
    if (url === ISSUER_KEYS_URL)
      return { cacheControl: null, age: null, body: { keys: [getClientKey('issuer').publicJwk] } };
    keyServer.requests += 1;
    if (keyServer.isDown) throw new Error('The server of the keys is down.');
    return { cacheControl: keyServer.cacheControl, age: null, body: { keys: keyServer.keys } };
  };
  const opened = openSqliteStore(join(config.dataDir, 'store.db'), { keysDir: config.keysDir });
  const store = options.forgetsAssertions ? withoutJtiMemory(opened) : opened;
  const access = createClientAccess(config, store, { now, fetchKeySet });
  const viaProxy = { header: 'x-forwarded-client-cert' as const, proxies: ['127.0.0.0/8'] };
  const proxied = createClientAccess(
    { ...config, access: { ...config.access, clientCertificates: viaProxy } },
    store,
    { now, fetchKeySet },
  );
  const pipeline = createRecordingPipeline();
  const authenticate = options.ignoresScopes ? withAllScopes(access.authenticate) : access.authenticate;
  const buildApp = ({ readCertificate, smart }: ClientAccess) =>
    buildSandboxApp({ accept: pipeline.accept, authenticate, readCertificate, smart, now });
  const servers = await Promise.all(
    [access, proxied].map((reader) => listen(buildApp(reader), { host: '127.0.0.1', port: 0 })),
  );
  const { key, cert } = createClientCertificate('adapter.example');
  const tls = createServer({ key, cert, requestCert: true, rejectUnauthorized: false }, buildApp(access));
  await new Promise<void>((resolve) => tls.listen(0, '127.0.0.1', resolve));
  return {
    urls: {
      http: servers[0]?.url ?? '',
      proxied: servers[1]?.url ?? '',
      https: `https://127.0.0.1:${(tls.address() as AddressInfo).port}`,
    },
    certificates,
    pipeline,
    keyServer,
    signingKeys: openSigningKeys(locateSigningKeys(config.keysDir), now),
    config,
    access,
    now,
    advance(seconds) {
      at += seconds * 1_000;
    },
    async close() {
      await Promise.all(servers.map((server) => server.close()));
      tls.closeAllConnections();
      await new Promise((resolve) => tls.close(resolve));
      await opened.close();
      folder.remove();
    },
  };
}
