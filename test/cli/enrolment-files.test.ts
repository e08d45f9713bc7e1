import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { formatEnrolmentFile, runInFolder } from '../support/run-cli.ts';
import { useFolder } from '../support/use-lifecycle.ts';

interface FileCase {
  readonly name: string;
  readonly text?: string;
  readonly latin1?: string;
  readonly hex?: string;
  /** What follows the name of the file in the message. */
  readonly at: string;
  readonly names: readonly string[];
}

const CASES_FILE = join(import.meta.dirname, '../cases/enrolment/files.json');
const { cases } = JSON.parse(readFileSync(CASES_FILE, 'utf8')) as { cases: readonly FileCase[] };

const testFolder = useFolder();
const enrol = (name: string, content: string | Uint8Array) =>
  runInFolder(testFolder, ['enroll', testFolder.writeFile(name, content), '--study', 'msc-aa']);
const ROW = 'T-1,site-t,Patient/p1,2026-01-05,2026-01-05';

beforeAll(async () => {
  testFolder.writeJson('trial-adapter.json', { sites: { 'site-t': {} } });
  expect((await enrol('first.csv', formatEnrolmentFile(ROW))).code).toBe(0);
});

const readContent = ({ text, latin1, hex }: FileCase): Uint8Array =>
  Buffer.from(
    text ?? latin1 ?? hex ?? '',
    hex === undefined ? (latin1 === undefined ? 'utf8' : 'latin1') : 'hex',
  );

test.each(cases.map((entry) => [entry.name, entry] as const))(
  '%s: exit 1, with the file, the place and the fix',
  async (_name, entry) => {
    const { code, out, err } = await enrol('wrong.csv', readContent(entry));
    expect([code, out]).toEqual([1, '']);
    expect(err).toContain(`${testFolder.path}/wrong.csv${entry.at}`);
    for (const name of entry.names) expect(err).toContain(name);
    expect(err).toContain('Fix: ');
    expect(err).not.toMatch(/\n {4}at /);
  },
);

test.each([
  ['a byte order mark', `\uFEFF${formatEnrolmentFile(ROW)}`],
  ['line ends of Windows', formatEnrolmentFile(ROW).replaceAll('\n', '\r\n')],
])('%s is no fault', async (_name, content) => {
  expect(await enrol('marked.csv', content)).toMatchObject({ code: 0 });
});
