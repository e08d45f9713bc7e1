import { beforeAll, describe, expect, test } from '@jest/globals';
import { formatEnrolmentFile, runInFolder } from '../support/run-cli.ts';
import { useFolder } from '../support/use-lifecycle.ts';

/** `ingest`: what files may look like, and how the command ends. */
const testFolder = useFolder();
beforeAll(async () => {
  const rows = formatEnrolmentFile('T-1,site-t,Patient/p1,2026-02-01,2026-01-30');
  const file = testFolder.writeFile('enrolment.csv', rows);
  await runInFolder(testFolder, ['enroll', file, '--study', 'msc-aa']);
});

const buildCount = (id: string) => ({
  resourceType: 'Observation',
  id,
  status: 'final',
  code: { coding: [{ system: 'http://loinc.org', code: '777-3' }] },
  subject: { reference: 'Patient/p1' },
  effectiveDateTime: '2026-03-02T08:15:00+08:00',
  valueQuantity: { value: 24, unit: '10*9/L', system: 'http://unitsofmeasure.org', code: '10*9/L' },
});

const formatLine = (id: string) => `${JSON.stringify(buildCount(id))}\n`;

async function ingest(files: readonly string[], stdin?: string) {
  const args = ['ingest', ...files, '--site', 'site-t', '--json'];
  const { code, out, err } = await runInFolder(testFolder, args, stdin === undefined ? {} : { stdin });
  return { code, err, summary: JSON.parse(out) };
}

const ingestFile = (name: string, content: string | Uint8Array) =>
  ingest([testFolder.writeFile(name, content)]);

describe('exit code', () => {
  test.each([
    ['all valid', ['x1', 'x2'], [], 0],
    ['one invalid among valid ones', ['x3'], ['not json'], 1],
    ['a resource that FHIR does not allow', ['x4'], ['{"resourceType":"Observation","id":"x5"}'], 1],
    ['all invalid', [], ['not json'], 1],
  ])('%s', async (_name, ids, others, expected) => {
    const text = [...ids.map(formatLine), ...others.map((line) => `${line}\n`)].join('');
    const { code, summary, err } = await ingestFile('exit.ndjson', text);
    expect([code, summary.invalid]).toEqual([expected, others.length]);
    expect(err.includes(`${others.length} of `)).toBe(expected === 1);
  });
});

describe('a byte order mark', () => {
  const MARK = '\ufeff';

  test.each([
    ['mark.ndjson', `${MARK}${formatLine('m1')}${formatLine('m2')}`, 2],
    ['mark-line.json', `${MARK}${formatLine('m3')}`, 1],
    ['mark-pretty.json', `${MARK}${JSON.stringify(buildCount('m4'), null, 2)}`, 1],
    ['mark-joined.ndjson', `${MARK}${formatLine('m5')}${MARK}${formatLine('m6')}`, 2],
    ['mark-blank.ndjson', `${MARK}\r\n${formatLine('m7')}`, 1],
  ])('%s: is skipped', async (name, text, mapped) => {
    const { code, summary } = await ingestFile(name, text);
    expect([code, summary.mapped, summary.invalid]).toEqual([0, mapped, 0]);
  });

  test('standard input: is skipped', async () => {
    const { code, summary } = await ingest(['-'], `${MARK}${formatLine('s1')}${formatLine('s2')}`);
    expect([code, summary.mapped]).toEqual([0, 2]);
  });

  test('UTF-16: the file is refused by the name of its encoding, and the next file is read', async () => {
    const file = testFolder.writeFile('u16.ndjson', Buffer.from(`${MARK}${formatLine('u1')}`, 'utf16le'));
    const pretty = JSON.stringify(buildCount('u2'), null, 2);
    const document = testFolder.writeFile('u16.json', Buffer.from(`${MARK}${pretty}`, 'utf16le'));
    const next = testFolder.writeFile('u8.ndjson', formatLine('u3'));
    const { code, summary, err } = await ingest([file, document, next]);
    expect([code, summary.mapped, summary.invalid]).toEqual([1, 1, 2]);
    expect(err.match(/UTF-16/g)).toHaveLength(2);
  });
});
