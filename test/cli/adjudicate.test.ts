import { beforeAll, expect, test } from '@jest/globals';
import { formatEnrolmentFile, runInFolder } from '../support/run-cli.ts';
import { useFolder } from '../support/use-lifecycle.ts';

const testFolder = useFolder();
const run = (...args: readonly string[]) => runInFolder(testFolder, args);

beforeAll(async () => {
  testFolder.writeJson('trial-adapter.json', { sites: { 'site-t': {} } });
  const file = testFolder.writeFile(
    'enrolment.csv',
    formatEnrolmentFile('T-1,site-t,Patient/p1,2026-02-01,2026-01-30'),
  );
  expect((await run('enroll', file, '--study', 'msc-aa')).code).toBe(0);
});

const BY = ['--by', 'Dr A. Novak', '--why', 'reviewed'] as const;

test.each<[string, readonly string[], object]>([
  [
    'severity',
    ['severity', 'saa', '--on', '2026-01-05'],
    { topic: 'severity-at-diagnosis', severity: 'SAA' },
  ],
  ['evaluability', ['evaluable', 'no'], { topic: 'evaluability', holds: false }],
  ['per protocol', ['per-protocol', 'yes'], { topic: 'per-protocol', holds: true }],
  [
    'infection',
    ['infection', 'yes', '--from', '2026-03-01', '--to', '2026-03-09'],
    { isActivated: true, from: { text: '2026-03-01' }, to: { text: '2026-03-09' } },
  ],
  [
    'marrow',
    ['marrow', '--cellularity', '<10', '--criterion', 'yes'],
    { cellularity: { percent: '10', comparator: '<' }, isCriterionMet: true, clonalFinding: null },
  ],
  [
    'a class of their own',
    ['response', 'M3', 'nr', '--scope', 'platelet'],
    { visit: 'M3', scope: 'platelet', class: 'NR', agrees: false },
  ],
])('states %s, and lists it', async (_title, args, statement) => {
  const { code, out } = await run('adjudicate', 'T-1', ...args, ...BY, '--json');
  expect(code).toBe(0);
  const stated = JSON.parse(out);
  expect(stated).toMatchObject({ disposition: 'mapped', by: 'Dr A. Novak', why: 'reviewed', statement });
  const listed = JSON.parse((await run('adjudicate', 'list', 'T-1', '--json')).out) as readonly object[];
  expect(listed).toContainEqual(
    expect.objectContaining({ resource: stated.resource, state: 'in-force', why: 'reviewed' }),
  );
});

test.each<[string, number, readonly string[]]>([
  ['an unknown topic', 2, ['T-1', 'height', '180']],
  ['an unknown severity', 2, ['T-1', 'severity', 'mild']],
  ['no answer', 2, ['T-1', 'evaluable']],
  ['an impossible day', 2, ['T-1', 'severity', 'SAA', '--on', '2026-02-30']],
  ['an impossible cellularity', 2, ['T-1', 'marrow', '--cellularity', '110']],
  ['an event of which nothing is stated', 2, ['T-1', 'event', 'AdverseEvent/1']],
  ['a day in the future', 1, ['T-1', 'severity', 'SAA', '--on', '2999-01-01']],
  ['an unknown subject', 1, ['T-9', 'severity', 'SAA']],
  ['an unknown visit', 1, ['T-1', 'response', 'M99', 'CR']],
  ['agreement with no class', 1, ['T-1', 'response', 'M3', 'agree']],
  ['an event that was not sent', 1, ['T-1', 'event', 'AdverseEvent/1', '--grade', '2']],
])('refuses %s, with the fix', async (_title, code, args) => {
  const { code: given, err } = await run('adjudicate', ...args, ...BY);
  expect([given, err]).toEqual([code, expect.stringContaining('Fix: ')]);
});

test('a reason is required where the subject is excluded', async () => {
  const { code, err } = await run('adjudicate', 'T-1', 'per-protocol', 'no', '--by', 'Dr A. Novak');
  expect([code, err]).toEqual([1, expect.stringContaining('[adjudication/refused]')]);
});

test('a statement is taken back', async () => {
  const stated = JSON.parse((await run('adjudicate', 'T-1', 'severity', 'VSAA', ...BY, '--json')).out);
  const taken = await run('adjudicate', 'take-back', 'T-1', stated.resource, '--json');
  expect([taken.code, JSON.parse(taken.out)]).toMatchObject([0, { disposition: 'ignored' }]);
  const listed = JSON.parse((await run('adjudicate', 'list', 'T-1', '--json')).out) as readonly {
    resource: string;
  }[];
  expect(listed.map(({ resource }) => resource)).not.toContain(stated.resource);
});
