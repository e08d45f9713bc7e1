import { beforeAll, describe, expect, test } from '@jest/globals';
import { RIGHT_RULES } from '../../../src/auth/people/rights.ts';
import { API_ROUTES } from '../../../src/http/people/api-routes.ts';
import type { Page } from '../../support/with-issuer.ts';
import { type SignedInBrowser, usePeople } from '../../support/with-people.ts';

/** What each role may do at which site, tried through HTTP: every route × every role × their own and another site. */
const ROLE_VALUES = {
  coordinator: 'nurses',
  investigator: 'doctors',
  monitor: 'monitors',
  exporter: 'exports',
  administrator: 'admins',
} as const;
type Role = keyof typeof ROLE_VALUES;
const ROLES = Object.keys(ROLE_VALUES) as Role[];

const people = usePeople(
  Object.fromEntries(
    ROLES.flatMap((role) => [
      [`${role}-all`, { name: `All ${role}`, roles: [ROLE_VALUES[role]], sites: ['*'] }],
      [`${role}-1`, { name: `One ${role}`, roles: [ROLE_VALUES[role]], sites: ['site-1'] }],
    ]),
  ),
);

/** Who may use each route; written down apart from the program's own table. */
const MATRIX: Readonly<Record<string, readonly Role[]>> = {
  'get /api/work-items': ['coordinator', 'investigator', 'monitor', 'administrator'],
  'get /api/work-items/:id': ['coordinator', 'investigator', 'monitor', 'administrator'],
  'post /api/work-items/:id/accept': ['coordinator', 'investigator'],
  'post /api/work-items/:id/reject': ['coordinator', 'investigator'],
  'get /api/criteria': ['coordinator', 'investigator', 'monitor', 'exporter', 'administrator'],
  'post /api/criteria/:set/sign-off': ['investigator'],
  'get /api/decisions': ['coordinator', 'investigator', 'monitor'],
};

const browsers = new Map<string, SignedInBrowser>();
const getBrowser = (login: string): SignedInBrowser => {
  const browser = browsers.get(login);
  if (!browser) throw new Error(`${login} has not signed in.`);
  return browser;
};
const read = ({ body }: Page) => JSON.parse(body);

interface Item {
  readonly id: string;
  readonly site: string;
  readonly hash: string;
  readonly group: string;
}

async function findItem(code: string): Promise<Item> {
  const { items } = read(await getBrowser('monitor-all').get('/api/work-items?status=all'));
  const item = (items as readonly Item[]).find(({ group }) => group.includes(code));
  if (!item) throw new Error(`No item asks about ${code}.`);
  return item;
}

async function sendCodes(site: string, subject: string, codes: readonly string[]): Promise<void> {
  const row = { subject, site, patient: 'Patient/p', enrolledOn: '2026-01-01', consentedOn: '2026-01-01' };
  await people.service.enrol('msc-aa', [row]);
  const interactions = codes.map((code, i) => ({
    ...{ method: 'update', resourceType: 'Observation', id: code, ifNoneExist: null, ifMatch: null },
    resource: {
      ...{ resourceType: 'Observation', id: code, status: 'final' },
      code: { coding: [{ system: 'urn:hospital:lab', code, display: 'Platelets [#/volume]' }] },
      subject: { reference: 'Patient/p' },
      effectiveDateTime: `2026-01-1${i}T08:00:00Z`,
      valueQuantity: { value: 24, unit: '10*9/L', system: 'http://unitsofmeasure.org', code: '10*9/L' },
    },
  })) as unknown as Parameters<typeof people.service.accept>[1];
  await people.service.accept(site, interactions, 'each', 'test');
}

beforeAll(async () => {
  await sendCodes('site-1', 'S-1', ['A1', 'A2', 'A3', 'A4']);
  await sendCodes('site-2', 'S-2', ['B1']);
  for (const role of ROLES)
    for (const sites of ['all', '1'])
      browsers.set(`${role}-${sites}`, await people.signIn(`${role}-${sites}`));
});

test('every route is in the matrix, and every right has somebody', () => {
  expect(Object.keys(MATRIX).sort()).toEqual(
    API_ROUTES.map(({ method, path }) => `${method} ${path}`).sort(),
  );
  expect(Object.values(RIGHT_RULES).filter(({ roles }) => roles.length === 0)).toEqual([]);
});

/** Calls a route with a body that is refused last of all, so that nothing is decided: 4xx, but not for lack of a right. */
async function call(browser: SignedInBrowser, route: string, item: Item): Promise<Page> {
  const [method, path = ''] = route.split(' ');
  const filled = path.replace(':id', item.id).replace(':set', 'bsh-saa');
  return method === 'get' ? browser.get(filled) : browser.post(filled, { hash: '0'.repeat(64) });
}

describe.each(Object.entries(MATRIX))('%s', (route, allowed) => {
  test.each(ROLES)('%s', async (role) => {
    const page = await call(getBrowser(`${role}-all`), route, await findItem('A1'));
    if (allowed.includes(role)) expect([200, 409]).toContain(page.status);
    else expect([page.status, read(page).code]).toEqual([403, 'people/forbidden']);
  });

  test('nobody who is not signed in', async () => {
    const { id } = await findItem('A1');
    const [method = '', path = ''] = route.split(' ');
    const answer = await fetch(`${people.url}${path.replace(':id', id).replace(':set', 'bsh-saa')}`, {
      method: method.toUpperCase(),
      headers: { 'Content-Type': 'application/json' },
      ...(method === 'post' ? { body: '{}' } : {}),
    });
    expect([401, 403]).toContain(answer.status);
  });
});

describe('a person of a site', () => {
  test.each(ROLES)('%s sees nothing of another one: it is answered as what does not exist', async (role) => {
    const browser = getBrowser(`${role}-1`);
    const [own, other] = [await findItem('A1'), await findItem('B1')];
    for (const route of Object.keys(MATRIX).filter((name) => name.includes(':id'))) {
      const foreign = await call(browser, route, other);
      const missing = await call(browser, route, { ...other, id: 'W-0000000000' });
      expect(foreign.status).toBe(missing.status);
      expect(foreign.body.replaceAll(other.id, 'W-0000000000')).toBe(missing.body);
      // The control: the same at their own site.
      if (MATRIX[route]?.includes(role)) expect((await call(browser, route, own)).status).not.toBe(404);
    }
  });

  test('lists only the items and decisions of that site', async () => {
    const { items } = read(await getBrowser('monitor-1').get('/api/work-items?status=all'));
    expect(new Set((items as readonly Item[]).map(({ site }) => site))).toEqual(new Set(['site-1']));
    const all = read(await getBrowser('monitor-all').get('/api/work-items?status=all'));
    expect(new Set((all.items as readonly Item[]).map(({ site }) => site))).toEqual(
      new Set(['site-1', 'site-2']),
    );
  });

  test('cannot sign off criteria, which concern every site', async () => {
    const page = await getBrowser('investigator-1').post('/api/criteria/bsh-saa/sign-off', {
      hash: '0'.repeat(64),
    });
    expect([page.status, read(page).code]).toEqual([403, 'people/forbidden']);
  });
});

describe('a decision over HTTP', () => {
  test('is signed on behalf of the person, with how they signed in, and in the history', async () => {
    const { id, hash } = await findItem('A2');
    const browser = getBrowser('investigator-1');
    const done = await browser.post(`/api/work-items/${id}/accept`, {
      hash,
      target: 'platelets',
      reason: 'asked',
    });
    expect([done.status, read(done).target]).toEqual([200, 'platelets']);
    expect(read(await browser.get(`/api/work-items/${id}`)).decision).toMatchObject({
      by: 'One investigator',
      why: 'asked',
      validity: { state: 'signed', name: 'One investigator' },
      signed: {
        manifest: {
          signer: { id: `${people.issuer.url}|investigator-1` },
          authentication: { method: 'oidc', issuer: people.issuer.url },
        },
      },
    });
    expect(read(await browser.get(`/api/decisions?record=${id}`)).decisions).toMatchObject([
      { kind: 'work-item', record: id, validity: { state: 'signed' } },
    ]);
    const elsewhere = await findItem('B1');
    await getBrowser('investigator-all').post(`/api/work-items/${elsewhere.id}/reject`, {
      hash: elsewhere.hash,
    });
    const listRecords = async (login: string) =>
      (read(await getBrowser(login).get('/api/decisions')).decisions as readonly { record: string }[]).map(
        ({ record }) => record,
      );
    expect(await listRecords('monitor-1')).toEqual([id]);
    expect(await listRecords('monitor-all')).toEqual([id, elsewhere.id]);
  });

  test('is refused about what has changed since it was shown', async () => {
    const { id } = await findItem('A3');
    const page = await getBrowser('investigator-1').post(`/api/work-items/${id}/reject`, {
      hash: 'f'.repeat(64),
    });
    expect([page.status, read(page).code]).toEqual([409, 'decision/stale']);
  });

  test('needs that the person has just proved who they are; a sign-in alone does not do', async () => {
    const { id, hash } = await findItem('A3');
    const browser = await people.signIn('investigator-1');
    try {
      people.setClock(6);
      const refused = await browser.post(`/api/work-items/${id}/reject`, { hash });
      expect([refused.status, read(refused).code]).toEqual([401, 'people/step-up']);
      const { signIn } = read(refused);
      expect(signIn).toContain('step-up');
      // The issuer still knows them, and lets them in without asking: that is not enough.
      await browser.signIn(`${people.url}/auth/sign-in`, 'investigator-1');
      expect((await browser.post(`/api/work-items/${id}/reject`, { hash })).status).toBe(401);
      // Somebody takes the question to ask again out of the address: the answer is refused.
      const begun = await browser.goOnce(`${people.url}${signIn}`);
      const url = new URL(begun.headers.get('location') ?? '');
      url.searchParams.delete('prompt');
      url.searchParams.set('max_age', '86400');
      expect(read(await browser.go(url.href)).code).toBe('people/sign-in-refused');
      // The control: the issuer asks again.
      await browser.signIn(`${people.url}${signIn}`, 'investigator-1');
      expect(
        (await browser.post(`/api/work-items/${id}/reject`, { hash, reason: 'not needed' })).status,
      ).toBe(200);
    } finally {
      people.setClock(0);
    }
  });

  test('criteria are signed off as they were shown', async () => {
    const browser = await people.signIn('investigator-all');
    const { criteria } = read(await browser.get('/api/criteria'));
    const { hash } =
      (criteria as readonly { id: string; hash: string }[]).find(({ id }) => id === 'bsh-saa') ?? {};
    expect((await browser.post('/api/criteria/bsh-saa/sign-off', { hash })).status).toBe(200);
    const after = read(await browser.get('/api/criteria')).criteria;
    expect((after as readonly { id: string }[]).find(({ id }) => id === 'bsh-saa')).toMatchObject({
      signedOff: { by: 'All investigator', validity: { state: 'signed' } },
    });
  });
});

describe('another page', () => {
  test.each<[string, Record<string, string>]>([
    ['without the token', { 'X-CSRF-Token': '' }],
    ['with a wrong token', { 'X-CSRF-Token': `${'a'.repeat(64)}.${'b'.repeat(64)}` }],
    ['from another origin', { Origin: 'https://evil.example' }],
    ['that a browser calls cross-site', { 'Sec-Fetch-Site': 'cross-site' }],
    ['as a form', { 'Content-Type': 'application/x-www-form-urlencoded' }],
    ['as text', { 'Content-Type': 'text/plain' }],
  ])('changes nothing %s', async (_title, headers) => {
    const { id, hash } = await findItem('A4');
    const browser = await people.signIn('coordinator-1');
    const page = await browser.post(`/api/work-items/${id}/reject`, { hash }, headers);
    expect([403, 415]).toContain(page.status);
    expect(read(await browser.get(`/api/work-items/${id}`)).decision).toBeNull();
  });

  test('cannot use the token of another session', async () => {
    const { id, hash } = await findItem('A4');
    const [own, other] = [await people.signIn('coordinator-1'), await people.signIn('coordinator-1')];
    const { csrfToken } = read(await other.get('/auth/session'));
    // With its cookie too, as somebody who can set cookies for the host would plant it.
    const planted = other.cookies.get(people.url)?.get('csrf') ?? '';
    (own.cookies.get(people.url) as Map<string, string>).set('csrf', planted);
    const page = await own.goOnce(`${people.url}/api/work-items/${id}/reject`, {
      ...{ method: 'POST', body: JSON.stringify({ hash }) },
      headers: { 'Content-Type': 'application/json', 'X-CSRF-Token': csrfToken },
    });
    expect(page.status).toBe(403);
  });

  test('the control: the person’s own page', async () => {
    const { id, hash } = await findItem('A4');
    const browser = await people.signIn('coordinator-1');
    const headers = { Origin: people.url, 'Sec-Fetch-Site': 'same-origin' };
    expect((await browser.post(`/api/work-items/${id}/reject`, { hash }, headers)).status).toBe(200);
  });
});

test.each([
  ['two fields of one name', '{"hash":"aaaaaaaa","hash":"bbbbbbbb"', 400],
  ['an unknown field', '{"hash":"aaaaaaaa","by":"Somebody"}', 400],
  ['no object', '[]', 400],
  ['a large body', `{"hash":"${'a'.repeat(70_000)}"}`, 413],
])('a body with %s is refused', async (_title, body, status) => {
  const { id } = await findItem('A1');
  const browser = await people.signIn('coordinator-1');
  const { csrfToken } = read(await browser.get('/auth/session'));
  const page = await browser.goOnce(`${people.url}/api/work-items/${id}/reject`, {
    ...{ method: 'POST', body },
    headers: { 'Content-Type': 'application/json', 'X-CSRF-Token': csrfToken },
  });
  expect(page.status).toBe(status);
});

test('every door has a policy by which a browser runs, loads and frames nothing of others', async () => {
  for (const path of ['/auth/session', '/api/work-items', '/health', '/nothing']) {
    const { headers } = await fetch(`${people.url}${path}`);
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe-');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('cache-control') ?? 'no-store').toBe('no-store');
  }
  // What /fhir answers is never shown by a browser: it may load nothing at all.
  expect((await fetch(`${people.url}/fhir/metadata`)).headers.get('content-security-policy')).toBe(
    "default-src 'none'; frame-ancestors 'none'",
  );
});
