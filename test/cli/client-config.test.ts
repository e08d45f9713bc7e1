import { generateKeyPairSync } from 'node:crypto';
import { chmodSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { findConfigWarnings } from '../../src/config/config-warnings.ts';
import { loadConfig } from '../../src/config.ts';
import { useFolder } from '../support/use-lifecycle.ts';

const folder = useFolder();
const NOW = new Date('2026-03-02T09:00:00Z');
const [HASH_1, HASH_2] = ['1', '2'].map((digit) => digit.repeat(64));
const ORIGIN = 'https://adapter.example';

const createJwk = (kid: string) => ({
  ...generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey.export({ format: 'jwk' }),
  kid,
});
const KEY = createJwk('k1');
const SAME_KEY_UNDER_ANOTHER_KID = { ...KEY, kid: 'k2' };

const load = (settings: object, options = {}) =>
  loadConfig({ config: folder.writeJson('config.json', settings), ...options }, {}, folder.path);
const loadSites = (sites: object, more: object = {}) => load({ publicUrl: ORIGIN, sites, ...more });
const loadTwo = (first: object, second: object) =>
  loadSites({
    a: { clients: [{ client: 'first', ...first }] },
    b: { clients: [{ client: 'second', ...second }] },
  });

const buildKeys = (...keys: object[]) => ({ jwks: { keys }, scopes: 'system/*.cud' });
folder.writeFile('secret', 'a-secret-of-thirty-two-characters');
folder.writeFile('short', 'secret');
folder.writeFile('same', 'a-secret-of-thirty-two-characters\n');

describe('one credential names one client', () => {
  const token = { tokenSha256: HASH_1 };
  test.each([
    ['token', token, token, 'tokenSha256'],
    ['token, in capitals', { tokenSha256: 'a'.repeat(64) }, { tokenSha256: 'A'.repeat(64) }, 'tokenSha256'],
    ['key', buildKeys(KEY), buildKeys(createJwk('x'), SAME_KEY_UNDER_ANOTHER_KID), 'jwks.keys.1'],
    [
      'key URL',
      { jwksUri: 'https://a.example/jwks', scopes: 'system/*.cud' },
      { jwksUri: 'https://a.example/jwks', scopes: 'system/*.cud' },
      'jwksUri',
    ],
    [
      'certificate',
      { certificateSha256: 'ab'.repeat(32) },
      { certificateSha256: 'AB:'.repeat(32).slice(0, -1) },
      'certificateSha256',
    ],
    [
      'client of an issuer',
      { issuedBy: { issuer: 'i', clientId: 'c' }, scopes: 'system/*.cud' },
      { issuedBy: { issuer: 'i', clientId: 'c' }, scopes: 'system/*.cud' },
      'issuedBy',
    ],
    [
      'secret',
      { ...token, hmac: { scheme: 'x-signature', secretFile: 'secret' } },
      { tokenSha256: HASH_2, hmac: { scheme: 'x-signature', secretFile: 'same' } },
      'hmac.secretFile',
    ],
  ])('the same %s at two sites is refused, with both places', (_name, first, second, path) => {
    const act = () => loadTwo(first, second);
    expect(act).toThrow(expect.objectContaining({ code: 'config/invalid' }));
    expect(act).toThrow(
      expect.objectContaining({ at: expect.stringContaining(`sites.b.clients.0.${path}`) }),
    );
    expect(act).toThrow(/sites\.a\.clients\.0/);
  });

  test('the same name is refused at two sites where it is a client_id, and twice at one', () => {
    const withName = (credential: object) => ({ client: 'engine', ...credential });
    const loadNames = (a: object[], b: object[]) => () => loadSites({ a: { clients: a }, b: { clients: b } });
    const [first, second] = [withName({ tokenSha256: HASH_1 }), withName({ tokenSha256: HASH_2 })];
    const refusal = (place: string) => expect.objectContaining({ at: expect.stringContaining(place) });
    expect(loadNames([first], [second])).not.toThrow();
    expect(loadNames([first, second], [])).toThrow(refusal('sites.a.clients.1.client'));
    expect(loadNames([first], [withName(buildKeys(KEY))])).toThrow(refusal('sites.b.clients.0.client'));
    expect(loadNames([withName(buildKeys(KEY))], [second])).toThrow(refusal('sites.b.clients.0.client'));
  });

  test('others are not', () => {
    expect(() => loadTwo(token, { tokenSha256: HASH_2 })).not.toThrow();
    expect(() => loadTwo(buildKeys(KEY), buildKeys(createJwk('k1')))).not.toThrow();
  });
});

describe('what is refused', () => {
  const withClient = (client: object, more?: object) => loadSites({ a: { clients: [client] } }, more);
  test.each([
    ['no credential', { client: 'c' }, {}],
    ['keys without scopes', { client: 'c', jwks: { keys: [KEY] } }, {}],
    ['keys and a URL of keys', { client: 'c', ...buildKeys(KEY), jwksUri: 'https://a.example' }, {}],
    ['a private key', { client: 'c', ...buildKeys({ ...KEY, d: 'secret' }) }, {}],
    ['keys over http', { client: 'c', jwksUri: 'http://a.example/jwks', scopes: 'system/*.cud' }, {}],
    ['a scope of a user', { client: 'c', tokenSha256: HASH_1, scopes: 'user/*.cud' }, {}],
    ['an expiry that is no day', { client: 'c', tokenSha256: HASH_1, expires: 'soon' }, {}],
    ['an expiry without a token', { client: 'c', ...buildKeys(KEY), expires: '2027-01-01' }, {}],
    [
      'a short secret',
      { client: 'c', tokenSha256: HASH_1, hmac: { scheme: 'x-signature', secretFile: 'short' } },
      {},
    ],
    ['keys and no URL of the adapter', { client: 'c', ...buildKeys(KEY) }, { publicUrl: undefined }],
    [
      'a URL of the adapter over http',
      { client: 'c', ...buildKeys(KEY) },
      { publicUrl: 'http://adapter.example' },
    ],
    ['a URL with a query', { client: 'c', ...buildKeys(KEY) }, { publicUrl: 'https://adapter.example/?a' }],
  ])('%s', (_name, client, more) => {
    expect(() => withClient(client, more)).toThrow(expect.objectContaining({ code: 'config/invalid' }));
  });

  test('and the text of the refusal shows no credential', () => {
    const act = () => withClient({ client: 'c', ...buildKeys({ ...KEY, d: 'the-private-part' }) });
    expect(act).not.toThrow(/the-private-part/);
  });
});

describe('subject numbers', () => {
  const enroller = (client: string, hash: string | undefined) => ({
    client,
    tokenSha256: hash,
    mayEnrol: true,
  });
  const loadNumbers = (a: string[] | undefined, b: string[] | undefined) =>
    loadSites({
      a: { clients: [enroller('a', HASH_1)], subjectNumbers: a },
      b: { clients: [enroller('b', HASH_2)], subjectNumbers: b },
    });
  test('are stated where clients of several sites may enrol', () => {
    expect(() => loadNumbers(['A-*'], undefined)).toThrow(
      expect.objectContaining({ at: expect.stringContaining('sites.b.subjectNumbers') }),
    );
    expect(() => loadNumbers(['A-*'], ['B-*'])).not.toThrow();
    expect(() => loadSites({ a: { clients: [enroller('a', HASH_1)] } })).not.toThrow();
  });
  test.each([
    [['1-*'], ['1-*']],
    [['1-*'], ['1*']],
    [['1-001'], ['1-*']],
    [['1-001'], ['1-001']],
  ])('%j and %j belong to two sites: refused', (a, b) => {
    expect(() => loadNumbers(a, b)).toThrow(expect.objectContaining({ code: 'config/invalid' }));
    expect(() => loadNumbers(b, a)).toThrow(expect.objectContaining({ code: 'config/invalid' }));
  });
});

describe('warnings', () => {
  const warn = (settings: object, options = {}) =>
    findConfigWarnings(load(settings, options), NOW).map(({ at }) => at.replace(/^.*\((.*)\)$/, '$1'));
  const withToken = (expires: string | undefined) => ({
    sites: { a: { clients: [{ client: 'c', tokenSha256: HASH_1, expires }] } },
  });
  const EXPIRES = 'sites.a.clients.0.expires';
  test.each([
    [undefined, [EXPIRES]],
    ['2026-03-01', [EXPIRES]],
    ['2026-03-31', [EXPIRES]],
    ['2026-04-02', []],
  ])('a token that expires %s', (expires, expected) => {
    expect(warn(withToken(expires))).toEqual(expected);
  });

  test('plain HTTP to the network; not on loopback', () => {
    expect(warn({ host: '0.0.0.0' })).toEqual(['host']);
    expect(warn({ host: '::1' })).toEqual([]);
  });

  test('a secret in a file that others may read, and a secret file', () => {
    const ehr = { base: 'https://ehr.example', bearerToken: 'token-of-the-ehr' };
    const file = folder.writeJson('config.json', { sites: { a: { ehr } } });
    const readPlaces = () =>
      findConfigWarnings(loadConfig({ config: file }, {}, folder.path), NOW).map(({ at }) => at);
    chmodSync(file, 0o644);
    expect(readPlaces()).toEqual([`${file} (sites.a.ehr.bearerToken)`]);
    chmodSync(file, 0o600);
    expect(readPlaces()).toEqual([]);
    const secretFile = folder.writeFile('ehr-token', 'token-of-the-ehr');
    chmodSync(secretFile, 0o640);
    expect(
      warn({ sites: { a: { ehr: { base: 'https://ehr.example', bearerTokenFile: secretFile } } } }),
    ).toEqual([secretFile]);
  });

  test('a password of the database in a file that others may read', () => {
    const file = folder.writeJson('config.json', { database: 'postgres://u:secret@db/x' });
    chmodSync(file, 0o644);
    expect(findConfigWarnings(loadConfig({ config: file }, {}, folder.path), NOW)).toHaveLength(1);
  });

  test('a development token that can be guessed', () => {
    const warnOf = (token: string | undefined) =>
      findConfigWarnings(loadConfig({ dev: true }, { TRIAL_ADAPTER_DEV_TOKEN: token }, folder.path), NOW).map(
        ({ at }) => at,
      );
    expect(warnOf('quite-short')).toEqual(['TRIAL_ADAPTER_DEV_TOKEN']);
    expect(warnOf('4f1d0c9be27a63588e')).toEqual([]);
    expect(warnOf(undefined)).toEqual([]);
  });
});
