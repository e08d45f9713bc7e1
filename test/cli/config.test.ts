import { describe, expect, test } from '@jest/globals';
import { loadConfig } from '../../src/config.ts';
import { Failure } from '../../src/errors.ts';
import { useFolder } from '../support/use-lifecycle.ts';

const testFolder = useFolder();

const TOKEN_DIGEST = 'a'.repeat(64);

function catchFailure(config: unknown): Failure {
  const file = testFolder.writeFile(
    'wrong.json',
    typeof config === 'string' ? config : JSON.stringify(config),
  );
  try {
    loadConfig({ config: file }, {}, testFolder.path);
  } catch (cause) {
    if (cause instanceof Failure) return cause;
  }
  throw new Error('The configuration was accepted.');
}

test('without a file: loopback, port 8080, data in the current folder, no client', () => {
  const config = loadConfig({}, {}, testFolder.path);
  expect(config).toMatchObject({
    file: null,
    host: '127.0.0.1',
    port: 8080,
    dev: false,
    devToken: null,
    sites: {},
  });
  expect(config.dataDir).toBe(`${testFolder.path}/data`);
  expect(config.limits).toEqual({ resourceBytes: 1_048_576, bundleBytes: 5_242_880, lineBytes: 1_048_576 });
});

test('options override the environment, which overrides the file; the file is found by its name', () => {
  testFolder.writeFile(
    'home/trial-adapter.json',
    JSON.stringify({ port: 1, host: 'localhost', dataDir: 'd', logLevel: 'warn' }),
  );
  const home = `${testFolder.path}/home`;
  expect(loadConfig({}, {}, home)).toMatchObject({ port: 1, host: 'localhost', dataDir: `${home}/d` });
  const env = { TRIAL_ADAPTER_PORT: '2', TRIAL_ADAPTER_LOG_LEVEL: 'silent', TRIAL_ADAPTER_DATA: '/e' };
  expect(loadConfig({}, env, home)).toMatchObject({ port: 2, logLevel: 'silent', dataDir: '/e' });
  expect(loadConfig({ port: '3', data: 'o' }, env, home)).toMatchObject({ port: 3, dataDir: `${home}/o` });
});

test('sites, clients and EHRs; a token may be in a file of its own', () => {
  testFolder.writeFile('token', '  token-of-the-ehr\n');
  const sites = {
    'site-1': {
      timeZone: 'Asia/Shanghai',
      clients: [{ client: 'engine', tokenSha256: TOKEN_DIGEST }],
      ehr: { base: 'https://ehr.example/fhir', bearerTokenFile: 'token' },
    },
    'site-2': {},
    'site-3': { ehr: { base: 'http://ehr.example/fhir', plainHttp: true } },
  };
  const config = loadConfig(
    { config: testFolder.writeFile('sites.json', JSON.stringify({ sites })) },
    {},
    '/',
  );
  expect(config.sites['site-1']).toMatchObject({
    timeZone: 'Asia/Shanghai',
    ehr: {
      base: 'https://ehr.example/fhir',
      bearerToken: 'token-of-the-ehr',
      plainHttp: false,
      pauseWrites: false,
    },
  });
  expect(config.sites['site-2']).toEqual({
    timeZone: null,
    clients: [],
    subjectNumbers: null,
    ehr: null,
    takesLongIds: false,
  });
  expect(config.sites['site-3']?.ehr).toMatchObject({ bearerToken: null, plainHttp: true });
  expect(Object.isFrozen(config.sites['site-1']?.clients)).toBe(true);
});

describe('a mistake is reported with file, place and fix', () => {
  test.each([
    ['a word that is not known', { sties: {} }, 'sties'],
    ['a port that is none', { port: 70_000 }, 'port'],
    ['a time zone that is none', { sites: { a: { timeZone: 'Mars/Base' } } }, 'sites.a.timeZone'],
    [
      'a token instead of its digest',
      { sites: { a: { clients: [{ client: 'c', tokenSha256: 'x' }] } } },
      'tokenSha256',
    ],
    [
      'a network that is none',
      { sites: { a: { ehr: { base: 'http://e', networks: ['10.0.0.0/40'] } } } },
      'sites.a.ehr.networks.0',
    ],
    ['a network that is none', { sites: { a: { ehr: { base: 'file:///etc/passwd' } } } }, 'sites.a.ehr.base'],
    [
      'a token file that is not there',
      { sites: { a: { ehr: { base: 'http://e', bearerTokenFile: 'no' } } } },
      'bearerTokenFile',
    ],
    [
      'two tokens',
      { sites: { a: { ehr: { base: 'http://e', bearerTokenFile: 'no', bearerToken: 'b' } } } },
      'sites.a.ehr',
    ],
    ['a limit that takes the process with it', { limits: { bundleBytes: 1e12 } }, 'limits.bundleBytes'],
    ['no JSON', '{"sites": "secret-token"', 'wrong.json'],
    ['no object', '[]', 'wrong.json'],
  ])('%s', (_name, config, place) => {
    const failure = catchFailure(config);
    expect(failure.code).toBe('config/invalid');
    expect(failure.line).toContain('wrong.json');
    expect(failure.at).toContain(place);
    expect(failure.fix).toBeTruthy();
    expect(failure.line).not.toContain('secret-token');
  });

  test('a file that is named and does not exist', () => {
    expect(() => loadConfig({ config: 'none.json' }, {}, testFolder.path)).toThrow('cannot be read');
  });

  test.each(['', 'x', '1.5', '-1'])('port %j on the command line', (port) => {
    expect(() => loadConfig({ port }, {}, testFolder.path)).toThrow('configuration is not valid');
  });
});

describe('secrets', () => {
  test.each(['', 'x', 'short', 'aaaaaaaaaaaaaaaa', 'changeme', 'Secret-123', 'test-token-1', 'PASSWORD2026'])(
    'a development token %j is refused, without showing it',
    (token) => {
      const load = () => loadConfig({ dev: true }, { TRIAL_ADAPTER_DEV_TOKEN: token }, testFolder.path);
      expect(load).toThrow(
        expect.objectContaining({ code: 'config/invalid', at: 'TRIAL_ADAPTER_DEV_TOKEN' }),
      );
    },
  );

  test('a weak token of an EHR is refused, in the file or in one of its own', () => {
    testFolder.writeFile('weak-token', 'changeme\n');
    for (const token of [{ bearerToken: 'changeme' }, { bearerTokenFile: 'weak-token' }]) {
      const ehr = { base: 'https://ehr.example/fhir', ...token };
      const config = testFolder.writeJson('weak.json', { sites: { a: { ehr } } });
      const failure = { code: 'config/invalid', at: expect.stringContaining('sites.a.ehr.bearerToken') };
      expect(() => loadConfig({ config }, {}, testFolder.path)).toThrow(expect.objectContaining(failure));
    }
  });

  test('a password in an option is refused, in the environment it is not', () => {
    for (const url of ['postgres://app:pw-of-app@db/x', 'postgres://db/x?password=pw-of-app']) {
      for (const option of [{ database: url }, { replica: url }])
        expect(() => loadConfig(option, {}, testFolder.path)).toThrow('command line');
      expect(loadConfig({}, { TRIAL_ADAPTER_DATABASE: url }, testFolder.path).database?.url).toBe(url);
    }
    expect(loadConfig({ database: 'postgres://app@db/x' }, {}, testFolder.path).database).not.toBeNull();
  });
});

describe('--dev', () => {
  test.each(['0.0.0.0', '::', '10.0.0.1', 'example.org', '127.0.0.1.example.org'])(
    'is refused on %s',
    (host) => {
      expect(() => loadConfig({ dev: true, host }, {}, testFolder.path)).toThrow('loopback');
    },
  );

  test('the token is the environment’s, or a new one each time', () => {
    const given = loadConfig({ dev: true }, { TRIAL_ADAPTER_DEV_TOKEN: 'token-of-a-test' }, testFolder.path);
    expect(given).toMatchObject({ devToken: 'token-of-a-test', devTokenIsNew: false });
    const one = loadConfig({ dev: true, host: '::1' }, {}, testFolder.path);
    expect(one.devTokenIsNew).toBe(true);
    expect(one.devToken).not.toBe(loadConfig({ dev: true }, {}, testFolder.path).devToken);
    expect(
      loadConfig({}, { TRIAL_ADAPTER_DEV_TOKEN: 'token-of-a-test' }, testFolder.path).devToken,
    ).toBeNull();
  });
});

test.each([
  [{ database: 'mysql://db/x' }, {}, 'database'],
  [{ port: 'many' }, {}, 'port'],
  [{}, { TRIAL_ADAPTER_LOG_LEVEL: 'loud' }, 'logLevel'],
])('a wrong option or variable is not sought in the file: %j %j', (options, env, place) => {
  const file = testFolder.writeFile('right.json', JSON.stringify({ sites: {} }));
  expect(() => loadConfig({ config: file, ...options }, env, testFolder.path)).toThrow(
    expect.objectContaining({ code: 'config/invalid', at: place }),
  );
});
