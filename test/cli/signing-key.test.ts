import { chmodSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { loadConfig } from '../../src/config.ts';
import { buildDecisionTrust } from '../../src/library/decision-trust.ts';
import { readServiceKeys } from '../../src/library/service-keys.ts';
import { openServiceSigningKey } from '../../src/service/people/service-signing-key.ts';
import { formatPublicKey } from '../../src/signatures/sign-decision.ts';
import { runInFolder } from '../support/run-cli.ts';
import { useFolder } from '../support/use-lifecycle.ts';

const folder = useFolder();
const PASSPHRASE = 'correct horse battery';
const keyFile = (name: string) => join(folder.path, 'home', name, 'key.json');
const run = (name: string, args: readonly string[], secret?: string) =>
  runInFolder(folder, ['signing-key', ...args], {
    env: { TRIAL_ADAPTER_SIGNING_KEY: keyFile(name) },
    ...(secret === undefined ? {} : { secret }),
  });

describe('a personal signing key', () => {
  test('is readable by its owner only, and neither the file nor the terminal shows it', async () => {
    const { code, out } = await run('a', ['create', 'Prof. A. Novak', '--json'], PASSPHRASE);
    expect(code).toBe(0);
    const { publicKey, isEncrypted } = JSON.parse(out);
    expect([isEncrypted, publicKey]).toEqual([true, expect.stringMatching(/^[A-Za-z0-9_-]{43}$/)]);
    expect(statSync(keyFile('a')).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder.path, 'home/a')).mode & 0o777).toBe(0o700);
    const content = readFileSync(keyFile('a'), 'utf8');
    expect(Object.keys(JSON.parse(content).privateKey)).not.toContain('pkcs8');
    expect(content).not.toContain(PASSPHRASE);
    expect(JSON.parse((await run('a', ['show', '--json'])).out)).toMatchObject({
      publicKey,
      name: 'Prof. A. Novak',
    });
  });

  test('is not written over, and not made with a short passphrase or without a terminal', async () => {
    const before = readFileSync(keyFile('a'), 'utf8');
    expect((await run('a', ['create', 'Prof. A. Novak'], PASSPHRASE)).err).toContain(
      '[signing-key/unusable]',
    );
    expect(readFileSync(keyFile('a'), 'utf8')).toBe(before);
    expect((await run('b', ['create', 'B'], 'short')).code).toBe(1);
    expect((await run('b', ['create', 'B'])).code).toBe(2);
  });

  test('is refused where others can read it', async () => {
    expect((await run('c', ['create', 'C', '--no-passphrase'])).code).toBe(0);
    expect((await run('c', ['show'])).code).toBe(0);
    chmodSync(keyFile('c'), 0o640);
    expect((await run('c', ['show'])).err).toContain('[signing-key/unusable]');
  });

  test.each([
    ['no JSON', 'nothing'],
    ['something else', '{"format":"other"}'],
  ])('that is %s is refused', async (_title, content) => {
    folder.writeFile('home/d/key.json', content);
    chmodSync(keyFile('d'), 0o600);
    expect((await run('d', ['show'])).err).toContain('[signing-key/unusable]');
  });
});

describe('the key of the service', () => {
  const keysDir = join(folder.path, 'data', 'keys');

  test('is made once, readable by its user only, and found again', () => {
    const key = openServiceSigningKey(keysDir);
    const file = join(keysDir, 'decisions.key');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(keysDir).mode & 0o777).toBe(0o700);
    expect(formatPublicKey(openServiceSigningKey(keysDir))).toBe(formatPublicKey(key));
    expect(readServiceKeys(keysDir).map(({ publicKey }) => publicKey)).toEqual([formatPublicKey(key)]);
  });

  test('is replaced: the former one signs no more, and still checks what it signed', async () => {
    const former = openServiceSigningKey(keysDir);
    const trust = buildDecisionTrust({ keysDir, people: [], signIn: null, unsignedDecisionsBefore: null });
    expect(trust.findKey(formatPublicKey(former))).toMatchObject({ person: null, retiredAt: null });
    const { out } = await runInFolder(folder, ['signing-key', 'rotate-service', '--json']);
    const current = openServiceSigningKey(keysDir);
    expect(JSON.parse(out).publicKeys).toEqual([formatPublicKey(former), formatPublicKey(current)]);
    // A running service takes it up.
    expect(trust.findKey(formatPublicKey(former))?.retiredAt).not.toBeNull();
    expect(trust.findKey(formatPublicKey(current))?.retiredAt).toBeNull();
    const keys = readServiceKeys(keysDir);
    expect(keys.map(({ privateKey, retiredAt }) => [privateKey === null, retiredAt === null])).toEqual([
      [true, false],
      [false, true],
    ]);
    expect(statSync(join(keysDir, 'decisions.key')).mode & 0o777).toBe(0o600);
  });

  test('that is damaged is refused, and not replaced: what it signed could no longer be checked', () => {
    const damaged = join(folder.path, 'damaged', 'keys');
    const file = folder.writeFile('damaged/keys/decisions.key', '{');
    expect(() => openServiceSigningKey(damaged)).toThrow(
      expect.objectContaining({ code: 'library/invalid' }),
    );
    expect(readFileSync(file, 'utf8')).toBe('{');
  });
});

describe('the configuration of people', () => {
  const KEY = 'A'.repeat(43);
  const person = (more: object) => ({ id: 'a', name: 'A', user: 'ua', keys: [{ publicKey: KEY }], ...more });
  const load = (settings: object) => {
    folder.writeFile('secret', 's'.repeat(32));
    folder.writeFile('short', 's'.repeat(10));
    return loadConfig({ config: folder.writeJson('people.json', settings) }, {}, folder.path);
  };
  const SIGN_IN = {
    ...{ issuer: 'https://id.example', clientId: 'c', clientSecretFile: 'secret' },
    ...{ publicUrl: 'https://trial.example/', roles: { doctors: 'investigator' } },
  };

  test.each<[string, object]>([
    ['two people of one id', { people: [person({}), person({ name: 'B', user: 'ub', keys: [] })] }],
    [
      'two people of one name',
      { people: [person({}), person({ id: 'b', name: 'a', user: 'ub', keys: [] })] },
    ],
    ['two people of one user', { people: [person({}), person({ id: 'b', name: 'B', keys: [] })] }],
    ['two people of one key', { people: [person({}), person({ id: 'b', name: 'B', user: 'ub' })] }],
    ['a key that is none', { people: [person({ keys: [{ publicKey: 'short' }] })] }],
    ['a role that is none', { people: [person({ roles: ['king'] })] }],
    ['an issuer without TLS', { signIn: { ...SIGN_IN, issuer: 'http://id.example' } }],
    ['no public address', { signIn: { ...SIGN_IN, publicUrl: undefined } }],
    [
      'a public address of the service with a path',
      { publicUrl: 'https://trial.example/x', signIn: { ...SIGN_IN, publicUrl: undefined } },
    ],
    ['a public address without TLS', { signIn: { ...SIGN_IN, publicUrl: 'http://trial.example' } }],
    ['a public address with a path', { signIn: { ...SIGN_IN, publicUrl: 'https://trial.example/x' } }],
    ['a short secret', { signIn: { ...SIGN_IN, clientSecretFile: 'short' } }],
    ['a step-up of an hour', { signIn: { ...SIGN_IN, stepUpMinutes: 60 } }],
  ])('refuses %s', (_title, settings) => {
    expect(() => load(settings)).toThrow(expect.objectContaining({ code: 'config/invalid' }));
  });

  test('takes what is well, with its defaults', () => {
    expect(load({ people: [person({})], signIn: SIGN_IN })).toMatchObject({
      people: [{ id: 'a', sites: ['*'], roles: [], keys: [{ publicKey: KEY, retiredAt: null }] }],
      signIn: { publicUrl: 'https://trial.example', sessionMinutes: 480, idleMinutes: 30, stepUpMinutes: 5 },
    });
  });
});
