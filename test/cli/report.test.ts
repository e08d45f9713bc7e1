import { beforeAll, expect, test } from '@jest/globals';
import { formatEnrolmentFile, runInFolder } from '../support/run-cli.ts';
import { useFolder } from '../support/use-lifecycle.ts';

const testFolder = useFolder();
beforeAll(async () => {
  testFolder.writeJson('trial-adapter.json', { sites: { 'site-t': {} } });
  const rows = [0, 1].map((n) => `T-${n},site-t,Patient/p${n},2026-02-01,2026-01-30`);
  const file = testFolder.writeFile('enrolment.csv', formatEnrolmentFile(...rows));
  expect((await runInFolder(testFolder, ['enroll', file, '--study', 'msc-aa'])).code).toBe(0);
});

const readNotCounted = async () =>
  (await runInFolder(testFolder, ['report'])).out.split('\nNot counted: ')[1];

test('the report does not mention open work where there is none', async () => {
  expect(await readNotCounted()).toBeUndefined();
});

test('the figures carry the versions of protocol, criteria and mappings', async () => {
  const { versions } = JSON.parse((await runInFolder(testFolder, ['report', '--json'])).out);
  expect(versions).toEqual({
    protocol: { id: 'msc-aa', version: expect.stringMatching(/^\d+\.\d+\.\d+$/) },
    criteria: expect.arrayContaining([{ id: 'bsh-saa', version: expect.any(String) }]),
    mapping: expect.stringMatching(/^[0-9a-f]{16}$/),
  });
});

test('held resources are listed below the figures, with their possible effect on survival', async () => {
  const dead = { resourceType: 'Patient', id: 'p1', gender: 'male', deceasedBoolean: true };
  expect(
    (
      await runInFolder(testFolder, [
        'ingest',
        testFolder.writeFile('dead.json', JSON.stringify(dead)),
        '--site',
        'site-t',
      ])
    ).code,
  ).toBe(0);
  const said = await readNotCounted();
  expect(said).toMatch(/^1 resource held by 1 open work item at these sites \(unparseable-value 1\)/);
  expect(said).toContain('1 subject reported dead without a day');
  expect(said).toContain('as few as 1/2 may be alive (T-1)');
  const { alive, openWork } = JSON.parse((await runInFolder(testFolder, ['report', '--json'])).out);
  expect([alive.count, openWork.deathsWithoutDay]).toEqual([2, ['T-1']]);
});

test('a fatal event of a living Patient is counted beside the figures, and no longer once a person has decided', async () => {
  const resources = [
    { resourceType: 'Patient', id: 'p0', gender: 'male', birthDate: '1980-02-03' },
    {
      ...{ resourceType: 'AdverseEvent', id: 'e0', actuality: 'actual', date: '2026-03-01' },
      subject: { reference: 'Patient/p0' },
      event: { text: 'Sepsis' },
      outcome: {
        coding: [{ system: 'http://terminology.hl7.org/CodeSystem/adverse-event-outcome', code: 'fatal' }],
      },
    },
  ];
  const file = testFolder.writeFile(
    'fatal.ndjson',
    resources.map((entry) => JSON.stringify(entry)).join('\n'),
  );
  await runInFolder(testFolder, ['ingest', file, '--site', 'site-t']);
  const readContradictions = async () =>
    JSON.parse((await runInFolder(testFolder, ['report', '--json'])).out).openWork.contradictions;
  expect(await readContradictions()).toMatchObject({
    items: 1,
    byKind: [{ kind: 'fatal-event-without-death', subjects: ['T-0'] }],
  });
  const { out } = await runInFolder(testFolder, ['report']);
  expect(out).toContain('1 open contradiction between facts of 1 subject');
  expect(out).toContain('as few as 0/2 may be alive (T-0, T-1)');
  const listed = JSON.parse((await runInFolder(testFolder, ['work', 'list', '--json'])).out);
  const question = listed.find((item: { subject: string | null }) => item.subject === 'T-0');
  expect(question).toMatchObject({
    ...{ reason: 'contradictory-facts', example: 'AdverseEvent/e0', choices: [] },
    sources: ['Patient/p0', 'AdverseEvent/e0'],
  });
  const accepted = await runInFolder(testFolder, ['work', 'accept', question.id, '--by', 'me']);
  expect([accepted.code, accepted.err.includes(question.fix)]).toEqual([1, true]);
  const rejected = await runInFolder(testFolder, [
    'work',
    'reject',
    question.id,
    '--by',
    'me',
    '--why',
    'alive',
  ]);
  expect(rejected.code).toBe(0);
  expect(await readContradictions()).toMatchObject({ items: 0, byKind: [] });
});

test('the variants of the protocol are assessed on request, and named where they are not', async () => {
  const readSensitivity = async (...options: string[]) =>
    JSON.parse((await runInFolder(testFolder, ['report', '--json', ...options])).out).tables.sensitivity;
  const [without, assessed] = [await readSensitivity(), await readSensitivity('--sensitivity')];
  expect(without.notAssessed.length).toBeGreaterThan(0);
  expect(assessed.notAssessed).toEqual([]);
  const names = assessed.rows.map(({ name }: { name: string }) => name);
  expect(names).toEqual(['as-reported', 'without-ne', ...without.notAssessed]);
});

test('every visit of the protocol is in the printed report', async () => {
  const { out } = await runInFolder(testFolder, ['report']);
  const rows = out.split('\n').filter((line) => /^(W2|M\d+) +enrolled /.test(line));
  expect(rows).toHaveLength(7);
});
