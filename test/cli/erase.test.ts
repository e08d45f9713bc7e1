import { beforeAll, expect, test } from '@jest/globals';
import { buildPlateletCount } from '../stories/hospital-resources.ts';
import { formatEnrolmentFile, runInFolder } from '../support/run-cli.ts';
import { useFolder } from '../support/use-lifecycle.ts';

const testFolder = useFolder();
const run = (...args: readonly string[]) => runInFolder(testFolder, args);

beforeAll(async () => {
  const rows = ['T-1', 'T-2'].map((subject) => `${subject},dev,Patient/${subject},2026-01-05,2026-01-05`);
  const enrolment = testFolder.writeFile('enrolment.csv', formatEnrolmentFile(...rows));
  expect((await run('enroll', enrolment, '--study', 'msc-aa')).code).toBe(0);
  const count = testFolder.writeJson('count.json', buildPlateletCount('o1', 'Patient/T-1', 24, '2026-02-01'));
  expect((await run('ingest', count, '--site', 'dev')).code).toBe(0);
});

test('a subject and a patient, or neither of them, are a usage error', async () => {
  for (const args of [
    [],
    ['T-1', '--site', 'dev'],
    ['--site', 'dev'],
    ['T-1', '--all-studies', '--this-study-only'],
  ])
    expect((await run('erase', ...args, '--why', 'x')).code).toBe(2);
});

test('without a reason, or for an unknown subject or site, it is refused', async () => {
  for (const args of [
    ['T-1'],
    ['T-9', '--why', 'x'],
    ['--site', 'nowhere', '--patient', 'a|1', '--why', 'x'],
  ])
    expect(await run('erase', ...args, '--yes')).toMatchObject({ code: 1, out: '' });
});

test('without --yes it says what would be erased; with it, it is done and recorded', async () => {
  const erase = [
    'erase',
    'T-1',
    '--study',
    'msc-aa',
    '--why',
    'request of 2026-11-28',
    '--by',
    'M. Li',
    '--json',
  ];
  const preview = await run(...erase);
  expect(preview.code).toBe(1);
  expect(JSON.parse(preview.out)).toMatchObject({
    isDone: false,
    record: { removed: { facts: 1, resources: 1 } },
  });
  expect(JSON.parse((await run('erase', '--list', '--json')).out)).toEqual([]);
  const done = await run(...erase, '--yes');
  expect(done.code).toBe(0);
  expect(JSON.parse(done.out)).toMatchObject({ isDone: true, isPurged: true, record: { by: 'M. Li' } });
  expect(JSON.parse((await run('erase', '--list', '--json')).out)).toEqual([JSON.parse(done.out).record]);
  expect((await run(...erase, '--yes')).code).toBe(1);
  expect((await run('erase', 'T-2', '--why', 'x', '--yes')).code).toBe(0);
});
