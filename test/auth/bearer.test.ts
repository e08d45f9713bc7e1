import { expect, test } from '@jest/globals';
import { createBearerAuthenticator, hashSha256, listClients } from '../../src/auth/bearer-tokens.ts';

const buildClient = (site: string, name: string, token: string) => ({
  site,
  client: name,
  tokenSha256: hashSha256(token),
});

test('a token authenticates its client, for its one site', () => {
  const authenticate = createBearerAuthenticator([
    buildClient('site-1', 'a', 'one'),
    buildClient('site-2', 'b', 'two'),
  ]);
  expect(authenticate('Bearer one')).toEqual({ site: 'site-1', client: 'a' });
  expect(authenticate('bearer two')).toEqual({ site: 'site-2', client: 'b' });
});

test.each([
  undefined,
  '',
  'Bearer',
  'Bearer ',
  'Bearer three',
  'Bearer one two',
  ' Bearer one',
  'Bearer one\n',
  'Basic one',
  `Bearer ${hashSha256('one')}`,
  `Bearer ${'x'.repeat(10_000)}`,
])('%s authenticates nobody', (header) => {
  expect(createBearerAuthenticator([buildClient('site-1', 'a', 'one')])(header)).toBeNull();
});

test('nobody is authenticated without clients, by a malformed digest, or by the empty token', () => {
  expect(createBearerAuthenticator([])('Bearer one')).toBeNull();
  const broken = { site: 's', client: 'c', tokenSha256: '' };
  expect(createBearerAuthenticator([broken])('Bearer one')).toBeNull();
  expect(createBearerAuthenticator([buildClient('s', 'c', '')])('Bearer ')).toBeNull();
  expect(createBearerAuthenticator([buildClient('s', 'c', '')])(undefined)).toBeNull();
});

test('--dev adds one client at site dev', () => {
  const sites = { 'site-1': { clients: [{ client: 'a', tokenSha256: hashSha256('one') }] } };
  const without = createBearerAuthenticator(listClients({ sites, devToken: null }));
  const dev = createBearerAuthenticator(listClients({ sites, devToken: 'mine' }));
  expect(without('Bearer mine')).toBeNull();
  expect(dev('Bearer mine')).toEqual({ site: 'dev', client: 'dev' });
  expect(dev('Bearer one')).toEqual({ site: 'site-1', client: 'a' });
});
