import { beforeAll, describe, expect, test } from '@jest/globals';
import { formatEnrolmentFile, runInFolder } from '../support/run-cli.ts';
import { useFolder } from '../support/use-lifecycle.ts';

/** `ingest`: what files may look like, and how the command ends. */
const testFolder = useFolder();
beforeAll(async () => {
  testFolder.writeJson('trial-adapter.json', { sites: { 'site-t': {} } });
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

describe('a searchset file', () => {
  const outcome = {
    resourceType: 'OperationOutcome',
    issue: [{ severity: 'warning', code: 'informational' }],
  };
  const buildSearchset = (entry: readonly object[], link: readonly object[] = []) => ({
    resourceType: 'Bundle',
    type: 'searchset',
    link,
    entry,
  });

  test('matches, included resources and entries without mode are taken; outcomes are left out', async () => {
    const bundle = buildSearchset([
      { search: { mode: 'outcome' }, resource: outcome },
      {
        fullUrl: 'https://ehr.example/fhir/Observation/q1',
        search: { mode: 'match' },
        resource: buildCount('q1'),
      },
      { search: { mode: 'include' }, resource: buildCount('q2') },
      { resource: buildCount('q3') },
    ]);
    const { code, summary } = await ingestFile('searchset.json', JSON.stringify(bundle, null, 1));
    expect([code, summary]).toEqual([0, expect.objectContaining({ resources: 3, mapped: 3 })]);
    const line = await ingestFile('searchset.ndjson', JSON.stringify(bundle));
    expect([line.code, line.summary.unchanged]).toEqual([0, 3]);
  });

  test('an invalid entry is named by its place in the file', async () => {
    const bundle = buildSearchset([
      { search: { mode: 'outcome' }, resource: outcome },
      { search: { mode: 'match' }, resource: { ...buildCount('q4'), status: 'done' } },
    ]);
    const { code, err } = await ingestFile('bad-searchset.json', JSON.stringify(bundle));
    expect([code, err]).toEqual([1, expect.stringContaining('bad-searchset.json:1: ')]);
    const pretty = await ingestFile('bad-pretty.json', JSON.stringify(bundle, null, 1));
    expect(pretty.err).toContain('bad-pretty.json:2: ');
  });

  test('a next page that is not among the files is named', async () => {
    const url = (page: number) => `https://ehr.example/fhir?page=${page}`;
    const buildPage = (page: number) =>
      buildSearchset(
        [{ resource: buildCount(`page-${page}`) }],
        [
          { relation: 'self', url: url(page) },
          { relation: 'next', url: url(page + 1) },
        ],
      );
    const files = [1, 2].map((page) =>
      testFolder.writeFile(`pages/${page}.json`, JSON.stringify(buildPage(page))),
    );
    const { code, err } = await ingest(files);
    expect(code).toBe(0);
    expect([1, 2, 3].map((page) => err.includes(url(page)))).toEqual([false, false, true]);
  });
});

test('history pages, the newest first: what is deleted stays deleted, the versions before it are on the next page', async () => {
  const url = 'Observation/h1';
  const deletion = { request: { method: 'DELETE', url }, response: { status: '204', etag: 'W/"3"' } };
  const versions = [2, 1].map((version) => ({
    resource: { ...buildCount('h1'), meta: { versionId: `${version}` }, note: [{ text: `${version}` }] },
    request: { method: 'PUT', url },
  }));
  const pages = [[deletion], versions].map((entry, index) =>
    testFolder.writeJson(`history-${index}.json`, { resourceType: 'Bundle', type: 'history', entry }),
  );
  const { code, summary } = await ingest(pages);
  expect([code, summary.mapped, summary.reasons]).toEqual([0, 2, { withdrawn: 1 }]);
  expect((await ingest(pages)).summary).toMatchObject({ resources: 3, unchanged: 3 });
});
