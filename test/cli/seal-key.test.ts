import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { formatEnrolmentFile, runInFolder } from '../support/run-cli.ts';
import { useFolder } from '../support/use-lifecycle.ts';
import { connectSqlite } from '../support/with-sqlite.ts';

/** What was sealed stays readable, or everybody learns that it is not: no key is ever replaced without a word. */
const testFolder = useFolder();
const DATA = join(testFolder.path, 'data');
const KEY = join(DATA, 'keys/seal.key');
const OTHER_KEY = createHash('sha256').update('another key').digest('hex');
const ENROLMENT = testFolder.writeFile(
  'enrolment.csv',
  formatEnrolmentFile('T-1,dev,Patient/p1,2026-01-05,2026-01-05'),
);
const COUNT = testFolder.writeJson('count.json', {
  resourceType: 'Observation',
  id: 'o1',
  status: 'final',
  code: { coding: [{ system: 'http://loinc.org', code: '777-3' }] },
  subject: { reference: 'Patient/p1' },
  effectiveDateTime: '2026-01-06T08:00:00Z',
  valueQuantity: { value: 24, unit: '10*9/L', system: 'http://unitsofmeasure.org', code: '10*9/L' },
});

const run = (...args: readonly string[]) => runInFolder(testFolder, args);
const enrol = () => run('enroll', ENROLMENT, '--study', 'msc-aa');

/** A store with one sealed payload about a patient who is not enrolled. */
beforeEach(async () => {
  rmSync(DATA, { recursive: true, force: true });
  expect((await run('ingest', COUNT, '--site', 'dev')).code).toBe(0);
});

/** Forgets the check value: the store is as one that was written before there was any. */
function removeCheckValue(): void {
  const database = connectSqlite(join(DATA, 'store.db'));
  expect(database.prepare("DELETE FROM note WHERE name = 'seal-key'").run().changes).toBe(1);
  database.close();
}

const DAMAGES: readonly (readonly [string, () => void])[] = [
  ['missing', () => rmSync(KEY)],
  ['empty', () => writeFileSync(KEY, '')],
  ['too short', () => writeFileSync(KEY, OTHER_KEY.slice(2))],
  ['too long', () => writeFileSync(KEY, `${OTHER_KEY}ab`)],
  ['typed by somebody', () => writeFileSync(KEY, 'ab'.repeat(32))],
  ['not hexadecimal', () => writeFileSync(KEY, 'z'.repeat(64))],
  ['another key', () => writeFileSync(KEY, OTHER_KEY)],
  [
    'a folder',
    () => {
      rmSync(KEY);
      mkdirSync(KEY);
    },
  ],
];

describe.each([
  ['with its check value', () => {}],
  ['of a version without check values', removeCheckValue],
] as const)('a store %s', (_kind, prepare) => {
  test.each(DAMAGES)(
    'whose key is %s is refused by every command, and opens again with its key',
    async (_name, damage) => {
      prepare();
      const kept = `${DATA}.key`;
      writeFileSync(kept, readFileSync(KEY));
      damage();
      const commands = [
        ['enroll', ENROLMENT, '--study', 'msc-aa'],
        ['ingest', COUNT, '--site', 'dev'],
        ['report'],
        ['work', 'list'],
        ['serve', '--port', '0'],
      ];
      for (const command of commands) {
        const { code, out, err } = await run(...command);
        expect([code, out]).toEqual([1, '']);
        expect(err).toContain(KEY);
        expect(err).toMatch(/Fix: .*\[store\/unusable\]/);
      }
      rmSync(KEY, { recursive: true, force: true });
      renameSync(kept, KEY);
      const enrolled = await run('enroll', ENROLMENT, '--study', 'msc-aa', '--json');
      expect(JSON.parse(enrolled.out)).toMatchObject({ enrolled: 1, opened: 1 });
    },
  );
});

test('a store that has sealed nothing yet, but has a key, is refused without it too', async () => {
  await enrol();
  rmSync(KEY);
  expect((await run('report')).code).toBe(1);
  expect(existsSync(KEY)).toBe(false);
});

describe('seal-key', () => {
  test('states that the key fits, and what it has sealed', async () => {
    const { code, out } = await run('seal-key', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      file: KEY,
      state: 'fits',
      sealed: [{ site: 'dev', payloads: 1 }],
      givenUp: [],
    });
    expect(await run('seal-key', '--give-up')).toMatchObject({ code: 1 });
  });

  test.each([
    ['missing', () => rmSync(KEY)],
    ['other', () => writeFileSync(KEY, OTHER_KEY)],
  ])(
    'gives up a key that is %s, with its payloads and their work items, and keeps the record',
    async (state, damage) => {
      damage();
      const found = await run('seal-key', '--json');
      expect([found.code, JSON.parse(found.out).state]).toEqual([1, state]);
      const given = await run('seal-key', '--give-up', '--by', 'M. Li', '--why', 'no backup', '--json');
      expect(given.code).toBe(0);
      expect(JSON.parse(given.out)).toMatchObject({ by: 'M. Li', sealed: [{ site: 'dev', payloads: 1 }] });
      const after = JSON.parse((await run('seal-key', '--json')).out);
      expect(after).toMatchObject({
        state: 'fits',
        sealed: [],
        givenUp: [{ by: 'M. Li', why: 'no backup' }],
      });
      expect(JSON.parse((await run('work', 'list', '--json')).out)).toEqual([]);
      // What was lost can be sent again.
      expect(JSON.parse((await run('ingest', COUNT, '--site', 'dev', '--json')).out)).toMatchObject({
        held: 1,
      });
      const enrolled = await run('enroll', ENROLMENT, '--study', 'msc-aa', '--json');
      expect(JSON.parse(enrolled.out)).toMatchObject({ opened: 1 });
    },
  );

  test('does not overwrite a file that is no key', async () => {
    writeFileSync(KEY, 'x');
    expect((await run('seal-key', '--give-up')).code).toBe(1);
    expect(readFileSync(KEY, 'utf8')).toBe('x');
  });
});
