import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { jest } from '@jest/globals';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import Provider, { type Configuration } from 'oidc-provider';

export const ISSUER_CLIENT = 'trial-adapter';
export const ISSUER_CLIENT_SECRET = 'secret-secret-secret-secret-secret';

/** A person at the issuer. */
export interface IssuerPerson {
  readonly name?: string;
  readonly roles?: readonly string[];
  readonly sites?: readonly string[];
}

/** An OpenID Connect issuer on loopback: a certified implementation, with a login form that takes any password. */
export interface TestIssuer {
  readonly url: string;
  /** Signs a token as the issuer. */
  sign(claims: Record<string, unknown>): Promise<string>;
  close(): Promise<void>;
}

type RequestListener = (request: IncomingMessage, response: ServerResponse) => void;

async function listenOnLoopback(listener: RequestListener): Promise<Server> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

function buildProviderSettings(
  publicUrl: string,
  key: object,
  people: ReadonlyMap<string, IssuerPerson>,
): Configuration {
  return {
    clients: [
      {
        client_id: ISSUER_CLIENT,
        client_secret: ISSUER_CLIENT_SECRET,
        redirect_uris: [`${publicUrl}/auth/signed-in`],
        post_logout_redirect_uris: [`${publicUrl}/`],
        grant_types: ['authorization_code'],
        response_types: ['code'],
        id_token_signed_response_alg: 'ES256',
      },
    ],
    jwks: { keys: [{ ...key, alg: 'ES256', use: 'sig', kid: 'k1' }] } as Configuration['jwks'] & object,
    cookies: { keys: ['cookie-key'] },
    pkce: { required: () => true },
    claims: { openid: ['sub'], profile: ['name', 'roles', 'sites'] },
    findAccount: (_context, id) => ({
      accountId: id,
      claims: async () => ({ sub: id, ...people.get(id) }),
    }),
    conformIdTokenClaims: false,
    ttl: { Interaction: 3_600, Session: 86_400, Grant: 86_400, AccessToken: 600, IdToken: 600 },
    features: { devInteractions: { enabled: true } },
  };
}

/** Starts the issuer for a service at the address. */
export async function startTestIssuer(
  publicUrl: string,
  people: ReadonlyMap<string, IssuerPerson>,
): Promise<TestIssuer> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  let handle: RequestListener = () => {};
  const server = await listenOnLoopback((request, response) => handle(request, response));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  // It warns that a test is no production.
  const silenced = jest.spyOn(console, 'warn').mockImplementation(() => {});
  const provider = new Provider(url, buildProviderSettings(publicUrl, await exportJWK(privateKey), people));
  handle = provider.callback();
  silenced.mockRestore();
  return {
    url,
    sign: (claims) =>
      new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: 'k1', typ: 'logout+jwt' }).sign(privateKey),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** An answer as a browser got it, after every redirect. */
export interface Page {
  readonly url: string;
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/** A browser as far as signing in needs one: cookies, redirects and forms. */
export interface TestBrowser {
  /** Cookies of an origin, by name. */
  readonly cookies: ReadonlyMap<string, ReadonlyMap<string, string>>;
  go(url: string, init?: RequestInit): Promise<Page>;
  /** Follows no redirect. */
  goOnce(url: string, init?: RequestInit): Promise<Page>;
  /** Begins to sign in, and fills the forms of the issuer. */
  signIn(url: string, login: string): Promise<Page>;
}

const buildForm = (fields: Record<string, string>): RequestInit => ({
  method: 'POST',
  body: new URLSearchParams(fields).toString(),
  headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
});

const MAX_REDIRECTS = 12;

/** Keeps a cookie that an answer sets, or forgets the one that it ends. */
function keepCookie(jar: Map<string, string>, header: string): void {
  const [pair = ''] = header.split(';');
  const at = pair.indexOf('=');
  const name = pair.slice(0, at);
  if (/expires=Thu, 01 Jan 1970/i.test(header)) jar.delete(name);
  else jar.set(name, pair.slice(at + 1));
}

export function createTestBrowser(): TestBrowser {
  const cookies = new Map<string, Map<string, string>>();
  const goOnce = async (url: string, init: RequestInit = {}): Promise<Page> => {
    const { origin } = new URL(url);
    const jar = cookies.get(origin) ?? new Map<string, string>();
    cookies.set(origin, jar);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = {
      ...(init.headers as Record<string, string>),
      ...(cookie === '' ? {} : { Cookie: cookie }),
    };
    const answer = await fetch(url, { ...init, headers, redirect: 'manual' });
    for (const header of answer.headers.getSetCookie()) keepCookie(jar, header);
    return { url, status: answer.status, headers: answer.headers, body: await answer.text() };
  };
  const go = async (url: string, init?: RequestInit): Promise<Page> => {
    let page = await goOnce(url, init);
    for (let hops = 0; page.status >= 300 && page.status < 400 && hops < MAX_REDIRECTS; hops++)
      page = await goOnce(new URL(page.headers.get('location') ?? '', page.url).href);
    return page;
  };
  return {
    cookies,
    go,
    goOnce,
    async signIn(url, login) {
      let page = await go(url);
      if (page.url.includes('/interaction/') && page.body.includes('name="login"'))
        page = await go(page.url, buildForm({ prompt: 'login', login, password: 'any' }));
      if (page.url.includes('/interaction/')) page = await go(page.url, buildForm({ prompt: 'consent' }));
      return page;
    },
  };
}
