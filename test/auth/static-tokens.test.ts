import { expect, test } from '@jest/globals';
import { createAuthenticate } from '../../src/auth/authenticate.ts';
import { createClientRegistry, hashSha256 } from '../../src/auth/client-registry.ts';
import { formatScopes } from '../../src/auth/scopes.ts';
import { buildClientConfig } from '../../src/config/client-config.ts';
import { type ClientSettings, clientSchema } from '../../src/config/client-settings.ts';

const NOW = new Date('2026-03-02T09:00:00Z');

const buildClient = (client: string, token: string, settings: Partial<ClientSettings> = {}) =>
  buildClientConfig(clientSchema.parse({ client, tokenSha256: hashSha256(token), ...settings }), {
    file: null,
    folder: '.',
    path: '',
  });

const SITES = {
  'site-1': {
    clients: [
      buildClient('a', 'one'),
      buildClient('enroller', 'may-enrol', { mayEnrol: true, scopes: 'system/Observation.cu' }),
      buildClient('gone', 'disabled', { disabled: true }),
      buildClient('today', 'until-today', { expires: '2026-03-02' }),
      buildClient('yesterday', 'until-yesterday', { expires: '2026-03-01' }),
    ],
  },
  'site-2': { clients: [buildClient('b', 'two')] },
};

const authenticateWith = (
  sites: Parameters<typeof createClientRegistry>[0]['sites'],
  devToken: string | null,
) => {
  const registry = createClientRegistry({ sites, devToken });
  const authenticate = createAuthenticate({ getRegistry: () => registry, issuers: [], now: () => NOW });
  return async (...authorization: string[]) => {
    const result = await authenticate({ authorization, certificateSha256: null });
    if ('refusal' in result) return result.refusal;
    const { site, client, scopes, method } = result.principal;
    return `${site} ${client} ${method} ${formatScopes(scopes)}`;
  };
};

const authenticate = authenticateWith(SITES, null);

test.each([
  ['Bearer one', 'site-1 a static-token system/*.cud'],
  ['bearer two', 'site-2 b static-token system/*.cud'],
  ['Bearer may-enrol', 'site-1 enroller static-token system/Observation.cu system/ResearchSubject.cud'],
  ['Bearer until-today', 'site-1 today static-token system/*.cud'],
  ['Bearer until-yesterday', 'expired'],
  ['Bearer disabled', 'not-valid'],
  ['', 'not-bearer'],
  ['Bearer', 'not-bearer'],
  ['Bearer ', 'not-bearer'],
  ['Bearer three', 'not-valid'],
  ['Bearer one two', 'not-bearer'],
  [' Bearer one', 'not-bearer'],
  ['Bearer  one', 'not-bearer'],
  ['Bearer\tone', 'not-bearer'],
  ['Bearer one\n', 'not-bearer'],
  ['Basic one', 'not-bearer'],
  [`Bearer ${hashSha256('one')}`, 'not-valid'],
  [`Bearer ${'x'.repeat(100_000)}`, 'not-bearer'],
])('%j: %s', async (header, expected) => {
  expect(await authenticate(header)).toBe(expected);
});

test('no header, and two of them, authenticate nobody', async () => {
  expect(await authenticate()).toBe('none');
  expect(await authenticate('Bearer one', 'Bearer two')).toBe('several');
  expect(await authenticate('Bearer one', 'Bearer one')).toBe('several');
});

test('nobody is authenticated without clients, by the empty token, or by a malformed digest', async () => {
  expect(await authenticateWith({}, null)('Bearer one')).toBe('not-valid');
  const broken = { ...buildClient('c', 'one'), tokenSha256: '' };
  expect(await authenticateWith({ s: { clients: [broken] } }, null)('Bearer one')).toBe('not-valid');
  expect(await authenticateWith({ s: { clients: [buildClient('c', '')] } }, null)('Bearer ')).toBe(
    'not-bearer',
  );
});

test('--dev adds one client at site dev, who may do everything', async () => {
  const dev = authenticateWith(SITES, 'mine');
  expect(await authenticate('Bearer mine')).toBe('not-valid');
  expect(await dev('Bearer mine')).toBe('dev dev dev-token system/*.cruds system/ResearchSubject.cruds');
  expect(await dev('Bearer one')).toBe('site-1 a static-token system/*.cud');
});
