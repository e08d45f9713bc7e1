import { createHash } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll } from '@jest/globals';
import { type Config, loadConfig } from '../../src/config.ts';
import { openStore } from '../../src/service/opening/open-store.ts';
import { openService, type Service } from '../../src/service.ts';
import type { Store } from '../../src/store/store.ts';
import { requireOpen } from './use-lifecycle.ts';
import { createTestFolder } from './with-folder.ts';
import {
  createTestBrowser,
  ISSUER_CLIENT,
  ISSUER_CLIENT_SECRET,
  type IssuerPerson,
  type Page,
  startTestIssuer,
  type TestBrowser,
  type TestIssuer,
} from './with-issuer.ts';

export const ENGINE_TOKEN = 'token-of-the-engine';

/** A service where people sign in, with its issuer. */
export interface PeopleService {
  readonly url: string;
  readonly service: Service;
  readonly store: Store;
  readonly config: Config;
  readonly issuer: TestIssuer;
  /** A new browser in which the person has signed in. */
  signIn(login: string): Promise<SignedInBrowser>;
  /** Moves the clock of issuer and service, in minutes from now. */
  setClock(minutes: number): void;
}

/** A browser with a session. */
export interface SignedInBrowser extends TestBrowser {
  /** Sends JSON as a page of the service does: with the token of the session. */
  post(path: string, body?: object, headers?: Record<string, string>): Promise<Page>;
  get(path: string): Promise<Page>;
}

const RealDate = Date;
let offsetMs = 0;

/** The clock of the process, moved: issuer, client and service agree on the time. */
class MovedDate extends RealDate {
  constructor(...values: readonly [] | ConstructorParameters<typeof RealDate>) {
    super(...((values.length === 0 ? [RealDate.now() + offsetMs] : values) as [number]));
  }
  static override now(): number {
    return RealDate.now() + offsetMs;
  }
}

async function findFreePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function createSignedInBrowser(url: string): SignedInBrowser {
  const browser = createTestBrowser();
  return {
    ...browser,
    get: (path) => browser.goOnce(`${url}${path}`),
    async post(path, body = {}, headers = {}) {
      const session = JSON.parse((await browser.goOnce(`${url}/auth/session`)).body);
      return browser.goOnce(`${url}${path}`, {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { 'Content-Type': 'application/json', 'X-CSRF-Token': session.csrfToken ?? '', ...headers },
      });
    },
  };
}

/** Starts the service and its issuer for all tests of the file. */
export function usePeople(people: Readonly<Record<string, IssuerPerson>>): PeopleService {
  const opened = new AsyncDisposableStack();
  let running: Omit<PeopleService, 'signIn' | 'setClock'> | null = null;
  const current = () => requireOpen(running, 'The service of people');
  beforeAll(async () => {
    globalThis.Date = MovedDate as DateConstructor;
    opened.defer(() => {
      globalThis.Date = RealDate;
    });
    const folder = createTestFolder();
    opened.defer(() => folder.remove());
    const port = await findFreePort();
    const publicUrl = `http://127.0.0.1:${port}`;
    const issuer = await startTestIssuer(publicUrl, new Map(Object.entries(people)));
    opened.defer(() => issuer.close());
    folder.writeFile('secret', ISSUER_CLIENT_SECRET);
    const tokenSha256 = createHash('sha256').update(ENGINE_TOKEN).digest('hex');
    const file = folder.writeJson('config.json', {
      ...{ dataDir: join(folder.path, 'data'), logLevel: 'silent' },
      sites: {
        'site-1': { clients: [{ client: 'engine', tokenSha256 }] },
        'site-2': {},
      },
      signIn: {
        ...{ issuer: issuer.url, clientId: ISSUER_CLIENT, clientSecretFile: 'secret', publicUrl },
        roles: {
          ...{ doctors: 'investigator', nurses: 'coordinator', monitors: 'monitor' },
          ...{ exports: 'exporter', admins: 'administrator' },
        },
        sitesClaim: 'sites',
      },
    });
    const config = loadConfig({ config: file }, {}, folder.path);
    const service = await openService(config);
    opened.defer(() => service.close());
    const store = await openStore(config);
    opened.defer(() => store.close());
    const listening = await service.listen({ host: '127.0.0.1', port });
    opened.defer(() => listening.close());
    running = { url: publicUrl, service, store, config, issuer };
  });
  afterAll(async () => {
    offsetMs = 0;
    await opened.disposeAsync();
  });
  return {
    get url() {
      return current().url;
    },
    get service() {
      return current().service;
    },
    get store() {
      return current().store;
    },
    get config() {
      return current().config;
    },
    get issuer() {
      return current().issuer;
    },
    async signIn(login) {
      const { url } = current();
      const browser = createSignedInBrowser(url);
      await browser.signIn(`${url}/auth/sign-in`, login);
      return browser;
    },
    setClock(minutes) {
      offsetMs = minutes * 60_000;
    },
  };
}
