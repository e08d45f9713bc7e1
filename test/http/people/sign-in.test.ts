import { createHash } from 'node:crypto';
import { get } from 'node:http';
import { afterEach, describe, expect, test } from '@jest/globals';
import { createTestBrowser, type Page } from '../../support/with-issuer.ts';
import { usePeople } from '../../support/with-people.ts';

/** People sign in at an OpenID Connect issuer, through real HTTP on both sides. */
const people = usePeople({
  novak: { name: 'Prof. A. Novak', roles: ['doctors'], sites: ['*'] },
  wu: { name: 'Dr X. Wu', roles: ['doctors'], sites: ['*'] },
  nobody: { name: 'No Role', roles: ['gardeners'], sites: ['*'] },
  nameless: { roles: ['doctors'], sites: ['*'] },
  homeless: { name: 'No Site', roles: ['doctors'], sites: [] },
});

afterEach(() => people.setClock(0));

const read = ({ body }: Page) => JSON.parse(body);
const listSessions = () => people.store.read((tx) => tx.personSessions.list());

test('a person signs in, is known by name, roles and sites, and signs out', async () => {
  const browser = await people.signIn('novak');
  expect(read(await browser.get('/auth/session'))).toMatchObject({
    name: 'Prof. A. Novak',
    roles: ['investigator'],
    sites: ['*'],
  });
  expect(await listSessions()).toMatchObject([{ subject: 'novak', roles: ['investigator'] }]);
  const out = await browser.post('/auth/sign-out');
  expect(read(out).issuerSignOut).toContain(`${people.issuer.url}/session/end`);
  expect((await browser.get('/auth/session')).status).toBe(401);
  expect(await listSessions()).toEqual([]);
});

test('the store has a hash of the id, not the id', async () => {
  const browser = await people.signIn('novak');
  const id = browser.cookies.get(people.url)?.get('session') ?? '';
  expect(id).toMatch(/^[A-Za-z0-9_-]{43}$/);
  const [session] = await listSessions();
  expect(JSON.stringify(session)).not.toContain(id);
});

test.each(['nobody', 'nameless', 'homeless'])('%s gets no session', async (login) => {
  const before = (await listSessions()).length;
  const browser = createTestBrowser();
  const page = await browser.signIn(`${people.url}/auth/sign-in`, login);
  expect([page.status, read(page).code]).toEqual([403, 'people/no-access']);
  expect((await listSessions()).length).toBe(before);
});

describe('an answer of the issuer counts only', () => {
  /** Begins to sign in, and returns the address to which the issuer sends the browser back, which is not opened. */
  async function findCallback(login: string) {
    const browser = createTestBrowser();
    let page = await browser.go(`${people.url}/auth/sign-in`);
    const send = (fields: Record<string, string>) => ({
      method: 'POST',
      body: new URLSearchParams(fields).toString(),
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    });
    page = await browser.go(page.url, send({ prompt: 'login', login, password: 'x' }));
    let next = await browser.goOnce(page.url, send({ prompt: 'consent' }));
    while (!next.headers.get('location')?.startsWith(people.url))
      next = await browser.goOnce(new URL(next.headers.get('location') ?? '', next.url).href);
    return { browser, callback: next.headers.get('location') ?? '' };
  }

  test('in the browser that began, once', async () => {
    const { browser, callback } = await findCallback('novak');
    const other = createTestBrowser();
    expect(read(await other.goOnce(callback)).code).toBe('people/sign-in-refused');
    // The control: the browser that began.
    expect((await browser.goOnce(callback)).status).toBe(303);
    expect(read(await browser.goOnce(callback)).code).toBe('people/sign-in-refused');
  });

  test.each<[string, (url: URL) => void]>([
    ['with its state', (url) => url.searchParams.set('state', 'x')],
    ['with its code', (url) => url.searchParams.set('code', 'x')],
    ['of its issuer', (url) => url.searchParams.set('iss', 'https://evil.example')],
  ])('%s', async (_title, change) => {
    const { browser, callback } = await findCallback('novak');
    const url = new URL(callback);
    change(url);
    const page = await browser.goOnce(url.href);
    expect([page.status, read(page).code]).toEqual([401, 'people/sign-in-refused']);
    expect(browser.cookies.get(people.url)?.has('session')).toBe(false);
  });

  test('within ten minutes', async () => {
    const { browser, callback } = await findCallback('novak');
    people.setClock(11);
    expect(read(await browser.goOnce(callback)).code).toBe('people/sign-in-refused');
  });
});

test('the address of the answer is the configured one, whatever the Host header says', async () => {
  const { port } = new URL(people.url);
  const location = await new Promise<string>((resolve, reject) => {
    const headers = { Host: 'evil.invalid', 'X-Forwarded-Host': 'evil.invalid' };
    get({ host: '127.0.0.1', port, path: '/auth/sign-in', headers }, (answer) => {
      answer.resume();
      resolve(answer.headers.location ?? '');
    }).on('error', reject);
  });
  expect(new URL(location).searchParams.get('redirect_uri')).toBe(`${people.url}/auth/signed-in`);
});

test.each([
  ['/api/work-items', '/api/work-items'],
  ['https://evil.example/', '/auth/session'],
  ['//evil.example/', '/auth/session'],
  ['/\\evil.example/', '/auth/session'],
  ['/%2F..//evil.example', '/%2F..//evil.example'],
])('after signing in, return-to=%s leads to %s', async (named, path) => {
  const browser = createTestBrowser();
  const page = await browser.signIn(
    `${people.url}/auth/sign-in?return-to=${encodeURIComponent(named)}`,
    'novak',
  );
  expect(page.url).toBe(`${people.url}${path}`);
});

test('a new sign-in has a new id, and ends the session that the browser had', async () => {
  const browser = await people.signIn('novak');
  const first = browser.cookies.get(people.url)?.get('session') ?? '';
  const count = (await listSessions()).length;
  await browser.signIn(`${people.url}/auth/sign-in?step-up`, 'novak');
  const second = browser.cookies.get(people.url)?.get('session') ?? '';
  expect(second).not.toBe(first);
  expect((await listSessions()).length).toBe(count);
  const old = await fetch(`${people.url}/auth/session`, { headers: { Cookie: `session=${first}` } });
  expect(old.status).toBe(401);
  // The control: the new id.
  const current = await fetch(`${people.url}/auth/session`, { headers: { Cookie: `session=${second}` } });
  expect(current.status).toBe(200);
});

test('an id that somebody planted is not taken over', async () => {
  const planted = 'A'.repeat(43);
  const browser = createTestBrowser();
  await browser.goOnce(`${people.url}/health`);
  (browser.cookies.get(people.url) as Map<string, string>).set('session', planted);
  await browser.signIn(`${people.url}/auth/sign-in`, 'novak');
  expect(browser.cookies.get(people.url)?.get('session')).not.toBe(planted);
  expect(
    (await fetch(`${people.url}/auth/session`, { headers: { Cookie: `session=${planted}` } })).status,
  ).toBe(401);
});

test.each([
  ['is not used for 31 minutes', [31], 401],
  ['is used every 20 minutes', [20, 40, 60], 200],
  ['is used, but older than eight hours', [...Array.from({ length: 24 }, (_, i) => 20 * (i + 1)), 481], 401],
])('a session that %s', async (_title, minutes, status) => {
  const browser = await people.signIn('novak');
  let last = 0;
  for (const minute of minutes) {
    people.setClock(minute);
    last = (await browser.get('/auth/session')).status;
  }
  expect(last).toBe(status);
});

test('two cookies of one name are none: one of them is not ours', async () => {
  const browser = await people.signIn('novak');
  const id = browser.cookies.get(people.url)?.get('session') ?? '';
  const twice = await fetch(`${people.url}/auth/session`, {
    headers: { Cookie: `session=${id}; session=${id}` },
  });
  expect(twice.status).toBe(401);
});

test('an operator ends a session, or all of a person', async () => {
  const [first, second, other] = [
    await people.signIn('novak'),
    await people.signIn('novak'),
    await people.signIn('wu'),
  ];
  const statuses = async () =>
    Promise.all([first, second, other].map(async (browser) => (await browser.get('/auth/session')).status));
  const id = first.cookies.get(people.url)?.get('session') ?? '';
  const idHash = createHash('sha256').update(id).digest('hex');
  expect(await people.service.endSession(idHash.slice(0, 12))).toBe(1);
  expect(await statuses()).toEqual([401, 200, 200]);
  expect(await people.service.endSessionsOfPerson('novak')).toBeGreaterThan(0);
  expect(await statuses()).toEqual([401, 401, 200]);
  expect((await people.service.listSessions()).filter(({ subject }) => subject === 'novak')).toEqual([]);
  expect(await people.service.endSession('')).toBe(0);
});

describe('the issuer announces that a session has ended', () => {
  const EVENT = { 'http://schemas.openid.net/event/backchannel-logout': {} };
  const buildNotice = (more: object = {}) => ({
    iss: people.issuer.url,
    aud: 'trial-adapter',
    iat: Math.floor(Date.now() / 1_000),
    jti: 'n1',
    events: EVENT,
    sub: 'novak',
    ...more,
  });
  const announce = async (token: string) =>
    (
      await fetch(`${people.url}/auth/back-channel-logout`, {
        method: 'POST',
        body: new URLSearchParams({ logout_token: token }),
      })
    ).status;

  test('all of a person end, and nobody else’s', async () => {
    const [first, second, other] = [
      await people.signIn('novak'),
      await people.signIn('novak'),
      await people.signIn('wu'),
    ];
    expect(await announce(await people.issuer.sign(buildNotice()))).toBe(200);
    const answers = await Promise.all([first, second, other].map((browser) => browser.get('/auth/session')));
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 200]);
  });

  test.each<[string, () => object]>([
    ['for another client', () => ({ aud: 'other' })],
    ['of another issuer', () => ({ iss: 'https://evil.example' })],
    ['from an hour ago', () => ({ iat: Math.floor(Date.now() / 1_000) - 3_600 })],
    ['with a nonce, as an id token has', () => ({ nonce: 'n' })],
    ['without the event', () => ({ events: {} })],
    ['about nobody', () => ({ sub: undefined })],
  ])('a notice %s ends nothing', async (_title, change) => {
    const browser = await people.signIn('novak');
    expect(await announce(await people.issuer.sign(buildNotice(change())))).toBe(401);
    expect((await browser.get('/auth/session')).status).toBe(200);
  });

  test('a notice that the issuer did not sign ends nothing', async () => {
    const browser = await people.signIn('novak');
    const [head, body] = (await people.issuer.sign(buildNotice())).split('.');
    expect(await announce(`${head}.${body}.${'A'.repeat(86)}`)).toBe(401);
    expect((await browser.get('/auth/session')).status).toBe(200);
  });
});
