import { readFileSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { formatEnrolmentFile, runInFolder } from '../support/run-cli.ts';
import { useFolder } from '../support/use-lifecycle.ts';
import { connectSqlite } from '../support/with-sqlite.ts';
import { buildPlateletCount } from './hospital-resources.ts';

/** A person signs what they decide at the command line; what is altered afterwards does not count. */
const folder = useFolder();
const SITE = 'site-t';
const PASSPHRASE = 'correct horse battery';
const USER = userInfo().username;

interface SignedItem {
  readonly id: string;
  readonly hash: string;
  readonly status: string;
  readonly decision: { readonly validity: Validity; readonly by: string } | null;
}

interface Validity {
  readonly state: string;
  readonly fault?: string;
}

const env = { TRIAL_ADAPTER_SIGNING_KEY: join(folder.path, 'home/key.json') };
const run = (...args: readonly string[]) => runInFolder(folder, args, { env, secret: PASSPHRASE });

async function runJson<T>(...args: readonly string[]): Promise<T> {
  const { code, out, err } = await run(...args, '--json');
  if (code !== 0) throw new Error(err);
  return JSON.parse(out);
}

let publicKey = '';
const buildPerson = (more: object = {}) => ({
  id: 'novak',
  name: 'Prof. A. Novak',
  user: USER,
  keys: [{ publicKey }],
  roles: ['investigator'],
  sites: ['*'],
  ...more,
});
const configure = (people: readonly object[], more: object = {}) =>
  folder.writeJson('trial-adapter.json', { sites: { [SITE]: {} }, people, ...more });

const buildOddCode = (id: string, code: string) => ({
  ...buildPlateletCount(id, 'Patient/p1', 24, `2026-01-0${id.length}`),
  code: { coding: [{ system: 'urn:hospital:lab', code, display: 'Platelets [#/volume]' }] },
});

const findItem = async (code: string): Promise<SignedItem> => {
  const items = await runJson<readonly (SignedItem & { group: string })[]>('work', 'list', '--status', 'all');
  const item = items.find(({ group }) => group.includes(code));
  if (!item) throw new Error(`No item asks about ${code}.`);
  return item;
};

/** Writes to the database as somebody with the file can, past its triggers. */
function editStore(...statements: readonly string[]): void {
  const database = connectSqlite(join(folder.path, 'data/store.db'));
  const triggers = database
    .prepare<[], { name: string }>("SELECT name FROM sqlite_master WHERE type = 'trigger'")
    .all();
  for (const { name } of triggers) database.exec(`DROP TRIGGER ${name}`);
  for (const statement of statements) database.exec(statement);
  database.close();
}

async function acceptAsShown(code: string): Promise<void> {
  const { id, hash } = await findItem(code);
  await runJson(
    'work',
    'accept',
    id,
    '--target',
    'platelets',
    '--shown',
    hash.slice(0, 12),
    '--why',
    'asked',
  );
}

const readListed = async () =>
  runJson<readonly { state: string; validity: Validity; statement: object }[]>('adjudicate', 'list', 'T-1');

beforeAll(async () => {
  configure([]);
  const file = folder.writeFile(
    'enrolment.csv',
    formatEnrolmentFile(`T-1,${SITE},Patient/p1,2025-12-01,2025-12-01`),
  );
  expect((await run('enroll', file, '--study', 'msc-aa')).code).toBe(0);
  const codes = ['A1', 'B2', 'C3', 'D4'];
  const lines = codes.map((code, i) => JSON.stringify(buildOddCode('x'.repeat(i + 1), code)));
  const data = folder.writeFile('data.ndjson', lines.join('\n'));
  expect((await run('ingest', data, '--site', SITE)).code).toBe(0);
  ({ publicKey } = await runJson<{ publicKey: string }>('signing-key', 'create', 'Prof. A. Novak'));
});

test('where nobody is configured, a decision is recorded without signature and never called signed', async () => {
  const { id } = await findItem('A1');
  await runJson('work', 'accept', id, '--target', 'platelets', '--by', 'M. Li');
  expect((await findItem('A1')).decision).toMatchObject({
    by: 'M. Li',
    systemUser: USER,
    validity: { state: 'unsigned' },
  });
});

describe('where people are configured', () => {
  beforeAll(() => void configure([buildPerson()], { decisions: { unsignedBefore: '2999-01-01T00:00:00Z' } }));

  test('a decision is signed by who is logged in, and every form of it shows name, time and meaning', async () => {
    await acceptAsShown('B2');
    const item = await findItem('B2');
    expect(item).toMatchObject({
      status: 'resolved',
      decision: { by: 'Prof. A. Novak', validity: { state: 'signed', name: 'Prof. A. Novak' } },
    });
    for (const args of [
      ['list', '--status', 'all'],
      ['show', item.id],
    ]) {
      const { out } = await run('work', ...args);
      expect(out).toContain('Prof. A. Novak');
      expect(out).toContain('responsibility for what the code or unit means');
      expect(out).toContain('UTC');
    }
  });

  test.each<[string, number, string, readonly string[]]>([
    ['a name that is merely stated', 2, '--by', ['--by', 'Prof. A. Novak', '--shown', 'HASH']],
    ['a decision about what was not shown', 1, '[decision/not-shown]', []],
    ['a decision about what has changed since', 1, '[decision/stale]', ['--shown', '0123456789ab']],
  ])('refuses %s', async (_title, code, says, args) => {
    const { id, hash } = await findItem('C3');
    const shown = args.map((arg) => (arg === 'HASH' ? hash : arg));
    const { code: given, err } = await run('work', 'accept', id, '--target', 'platelets', ...shown);
    expect([given, err]).toEqual([code, expect.stringContaining(says)]);
    expect((await findItem('C3')).decision).toBeNull();
  });

  test.each<[string, string, object]>([
    ['another user', '[signing-key/unknown-person]', { user: 'somebody-else' }],
    ['a key that is not theirs', '[signing-key/unknown-person]', { keys: [{ publicKey: 'A'.repeat(43) }] }],
    ['a role that decides nothing', '[decision/forbidden]', { roles: ['monitor'] }],
    ['a person of another site', '[decision/forbidden]', { sites: ['site-u'] }],
  ])('refuses %s', async (_title, says, change) => {
    const { id, hash } = await findItem('C3');
    configure([buildPerson(change)], { decisions: { unsignedBefore: '2999-01-01T00:00:00Z' } });
    const { code, err } = await run('work', 'reject', id, '--shown', hash);
    expect([code, err]).toEqual([1, expect.stringContaining(says)]);
    configure([buildPerson()], { decisions: { unsignedBefore: '2999-01-01T00:00:00Z' } });
  });

  test('a wrong passphrase opens no key', async () => {
    const { id, hash } = await findItem('C3');
    const args = ['work', 'accept', id, '--target', 'platelets', '--shown', hash];
    const wrong = await runInFolder(folder, args, { env, secret: 'incorrect horse battery' });
    expect([wrong.code, wrong.err]).toEqual([1, expect.stringContaining('[signing-key/unusable]')]);
    const none = await runInFolder(folder, args, { env });
    expect(none.code).toBe(2);
  });

  test('criteria are signed off as they were shown', async () => {
    const [set] = await runJson<readonly { hash: string }[]>('criteria', 'bsh-saa');
    expect((await run('criteria', 'sign', 'bsh-saa')).err).toContain('[decision/not-shown]');
    await runJson('criteria', 'sign', 'bsh-saa', '--shown', set?.hash ?? '');
    expect(await runJson('criteria', 'bsh-saa')).toMatchObject([
      { signedOff: { validity: { state: 'signed', meaning: 'approval of the criteria' } } },
    ]);
    expect((await run('criteria', 'bsh-saa')).out).toContain('approval of the criteria');
  });

  test.each<readonly string[]>([
    ['severity', 'saa', '--on', '2025-11-05'],
    ['evaluable', 'no', '--why', 'no count'],
    ['per-protocol', 'yes'],
    ['infection', 'yes', '--from', '2026-03-01', '--to', '2026-03-09'],
    ['marrow', '--cellularity', '<10', '--criterion', 'yes', '--clonal', 'none'],
    ['response', 'M3', 'nr', '--scope', 'platelet', '--why', 'own count'],
  ])('a statement is signed, and read back as it was signed: %s', async (...args) => {
    const { validity } = await runJson<{ validity: Validity }>('adjudicate', 'T-1', ...args);
    expect(validity.state).toBe('signed');
    const listed = await readListed();
    expect(listed.filter(({ validity: { state } }) => state !== 'signed')).toEqual([]);
    expect((await run('adjudicate', 'list', 'T-1')).out).toContain('authorship of the statement');
  });

  test('a statement that is altered in the store is shown as invalid, and counts no longer', async () => {
    expect((await readListed()).filter(({ state }) => state === 'in-force').length).toBeGreaterThan(4);
    editStore(`UPDATE statement SET fact = replace(fact, '"severity":"SAA"', '"severity":"VSAA"')`);
    const altered = (await readListed()).filter(({ state }) => state === 'invalid');
    expect(altered).toMatchObject([
      { statement: { severity: 'VSAA' }, validity: { state: 'invalid', fault: 'altered' } },
    ]);
    // Whatever has the subject assessed next: a work item says that a decision is missing.
    const listKinds = async () =>
      (await runJson<readonly { kind: string }[]>('work', 'list')).map(({ kind }) => kind);
    await runJson('adjudicate', 'T-1', 'per-protocol', 'yes');
    expect(await listKinds()).toContain('decision-not-valid');
    editStore(`UPDATE statement SET fact = replace(fact, '"severity":"VSAA"', '"severity":"SAA"')`);
    await runJson('adjudicate', 'T-1', 'per-protocol', 'yes');
    expect(await listKinds()).not.toContain('decision-not-valid');
    expect((await readListed()).filter(({ state }) => state === 'invalid')).toEqual([]);
  });

  test('a decision that is altered in the store is shown as invalid', async () => {
    const before = await findItem('B2');
    const change = (from: string, to: string) =>
      editStore(
        `UPDATE work_decision SET decision = replace(decision, '${from}', '${to}') WHERE item = '${before.id}'`,
      );
    change('"target":"platelets"', '"target":"hemoglobin"');
    expect((await findItem('B2')).decision?.validity).toMatchObject({ state: 'invalid' });
    expect((await run('work', 'show', before.id)).out).toContain('INVALID');
    change('"target":"hemoglobin"', '"target":"platelets"');
    expect((await findItem('B2')).decision?.validity.state).toBe('signed');
  });

  test('a map entry that is altered stops the library; nothing maps by it', async () => {
    const file = join(folder.path, 'data/decisions', SITE, 'concepts/accepted.json');
    const before = readFileSync(file, 'utf8');
    const map = JSON.parse(before);
    const [group] = map.group;
    const signed = group.element.find(({ code }: { code: string }) => code === 'B2');
    signed.target[0].code = 'hemoglobin';
    writeFileSync(file, JSON.stringify(map));
    expect((await run('check')).code).toBe(1);
    expect((await run('assess')).err).toContain('[library/invalid]');
    writeFileSync(file, before);
    expect((await run('check')).code).toBe(0);
  });

  test('where decisions need a signature, one without does not count until it is signed', async () => {
    configure([buildPerson()]);
    expect((await run('check')).code).toBe(1);
    expect((await run('assess')).err).toContain('[library/invalid]');
    configure([buildPerson()], { decisions: { unsignedBefore: '2999-01-01T00:00:00Z' } });
    await acceptAsShown('A1');
    configure([buildPerson()]);
    expect((await findItem('A1')).decision?.validity.state).toBe('signed');
    expect((await run('check')).code).toBe(0);
  });

  test.each<[string, number, object]>([
    ['whose key is retired later', 0, { retiredAt: '2999-01-01T00:00:00Z' }],
    ['whose key had been retired before', 1, { retiredAt: '2000-01-01T00:00:00Z' }],
    ['whose key is not configured', 1, { publicKey: 'A'.repeat(43) }],
  ])('the decision of a person %s', async (_title, code, change) => {
    configure([buildPerson({ keys: [{ publicKey, ...change }] })]);
    expect((await run('check')).code).toBe(code);
  });

  test('a key that is given to another person makes nothing of what it signed theirs', async () => {
    configure([buildPerson({ id: 'other' })]);
    expect((await run('check')).code).toBe(1);
  });
});
