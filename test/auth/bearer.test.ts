import { expect, test } from '@jest/globals';
import { bearerAuthenticator, clientsOf, sha256 } from '../../src/auth/bearer.ts';

const client = (site: string, name: string, token: string) => ({
  site,
  client: name,
  tokenSha256: sha256(token),
});

test('a token admits its client, for its one site', () => {
  const authenticate = bearerAuthenticator([client('site-1', 'a', 'one'), client('site-2', 'b', 'two')]);
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
  `Bearer ${sha256('one')}`,
  `Bearer ${'x'.repeat(10_000)}`,
])('%s admits nobody', (header) => {
  expect(bearerAuthenticator([client('site-1', 'a', 'one')])(header)).toBeNull();
});

test('nobody is admitted without clients, nor by a digest that is none, nor by the empty token', () => {
  expect(bearerAuthenticator([])('Bearer one')).toBeNull();
  const broken = { site: 's', client: 'c', tokenSha256: '' };
  expect(bearerAuthenticator([broken])('Bearer one')).toBeNull();
  expect(bearerAuthenticator([client('s', 'c', '')])('Bearer ')).toBeNull();
  expect(bearerAuthenticator([client('s', 'c', '')])(undefined)).toBeNull();
});

test('--dev adds one client, of site dev', () => {
  const sites = { 'site-1': { clients: [{ client: 'a', tokenSha256: sha256('one') }] } };
  const without = bearerAuthenticator(clientsOf({ sites, devToken: null }));
  const dev = bearerAuthenticator(clientsOf({ sites, devToken: 'mine' }));
  expect(without('Bearer mine')).toBeNull();
  expect(dev('Bearer mine')).toEqual({ site: 'dev', client: 'dev' });
  expect(dev('Bearer one')).toEqual({ site: 'site-1', client: 'a' });
});
