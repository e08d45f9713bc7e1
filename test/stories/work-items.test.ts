import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { addDays } from '../../src/trial/calendar-days.ts';
import { useFolder } from '../support/use-lifecycle.ts';
import { waitUntil } from '../support/wait-until.ts';
import { withFolder } from '../support/with-folder.ts';
import { type ServedAdapter, useInstallation } from '../support/with-installation.ts';
import { copyMappings, replaceInFile } from '../support/with-mappings.ts';
import { buildPlateletCount } from './hospital-resources.ts';

/** Operators decide on held resources and change mappings under load, while the real service runs. */
const mappings = copyMappings(join(useFolder().path, 'mappings'));
const installation = useInstallation({ mappings, logLevel: 'info' });
const { run, runJson } = installation;
let served: ServedAdapter;

beforeAll(async () => {
  await installation.enrol(
    'D-1,dev,Patient/p1,2026-01-01,2026-01-01',
    'D-2,dev,Patient/p2,2026-01-01,2026-01-01',
  );
  served = await installation.startService();
});

interface ListedWorkItem {
  id: string;
  reason: string;
  status: string;
  count: number;
  example: string;
  firstSeen: string;
  suggestions: { vocabulary: string; target: string; score: number }[];
  decision: { verdict: string; by: string; why: string } | null;
}

/** The difference that a changed mapping makes. */
interface ListedChanges {
  readonly resources: number;
  readonly changedResources: number;
  readonly subjects: number;
  readonly facts: { readonly added: number; readonly removed: number; readonly changed: number };
  readonly changes: readonly object[];
}

interface ListedDecision {
  readonly file: string;
  readonly target: string;
  readonly rerun: { readonly resources: number; readonly mapped: number; readonly held: number };
}

const listWork = (...args: readonly string[]) => runJson<readonly ListedWorkItem[]>('work', 'list', ...args);
const acceptItem = (item: ListedWorkItem | undefined, ...args: readonly string[]) =>
  runJson<ListedDecision>('work', 'accept', item?.id ?? '', '--by', 'M. Li', ...args);

/** A count of a day of its own: two values of one collection would be a question. */
const buildLocalCount = (id: string, value: number, unit: string): object => ({
  ...buildPlateletCount(id, 'Patient/p1', value, addDays('2026-01-05', value - 24)),
  code: {
    coding: [{ system: 'urn:hospital:lab', code: 'PLTC', display: 'Platelets [#/volume]' }],
    text: 'Platelet count',
  },
  valueQuantity: { value, unit },
});

const readDetailCodes = async (answer: Response): Promise<string[]> => {
  const { issue } = (await answer.json()) as { issue: { details: { coding: { code: string }[] } }[] };
  return issue.flatMap(({ details }) => details.coding.map(({ code }) => code));
};

test('a local code and an unusual unit: held, suggested, accepted; the running service takes it up, nothing is lost', async () => {
  expect(await readDetailCodes(await served.post(buildLocalCount('a', 24, 'Kilo/uL')))).toEqual([
    'unmapped-code',
  ]);
  expect(await readDetailCodes(await served.post(buildLocalCount('b', 25, 'Kilo/uL')))).toEqual([
    'unmapped-code',
  ]);
  const [code] = await listWork();
  expect(code).toMatchObject({ reason: 'unmapped-code', count: 2, example: 'Observation/a', decision: null });
  expect(code?.suggestions[0]).toMatchObject({ vocabulary: 'analyte', target: 'platelets' });
  const shown = await runJson<ListedWorkItem>('work', 'show', code?.id ?? '');
  expect(shown.suggestions).toEqual(code?.suggestions);

  const why = 'asked the laboratory';
  const accepted = await acceptItem(code, '--why', why);
  expect(accepted).toMatchObject({ target: 'platelets', rerun: { resources: 2, held: 2 } });
  const written = readFileSync(join(installation.folder.path, 'data', accepted.file), 'utf8');
  expect(written).toContain('M. Li');
  expect(written).toContain(why);

  // The code is mapped now; the resources wait for the unit.
  const [unit, ...others] = await listWork();
  expect(others).toEqual([]);
  expect(unit).toMatchObject({ reason: 'unmapped-unit', count: 2 });
  expect(unit?.suggestions[0]).toMatchObject({ target: '10*3/uL' });
  expect(await acceptItem(unit)).toMatchObject({
    rerun: { resources: 2, mapped: 2 },
  });
  expect(await listWork()).toEqual([]);
  expect((await runJson<ListedChanges>('map', '--diff', mappings)).changes).toEqual([]);
  const decided = await listWork('--status', 'resolved');
  expect(decided.map((item) => item.decision?.by)).toEqual(['M. Li', 'M. Li']);

  // The running service takes up the decisions by itself, and restates what it held.
  let sentCount = 0;
  await waitUntil(async () => {
    const answer = await served.post(buildLocalCount(`c${sentCount}`, 26 + sentCount, 'Kilo/uL'));
    sentCount++;
    return (await readDetailCodes(answer))[0] === 'mapped';
  });
  await waitUntil(async () => (await listWork()).length === 0);
});

test('an impossible target is refused, and nothing is written', async () => {
  await served.post(buildLocalCount('odd', 31, 'shovels'));
  const [item] = await listWork();
  const id = item?.id ?? '';
  const wrong = await run('work', 'accept', id, '--target', 'g/dL', '--by', 'M. Li');
  expect([wrong.code, wrong.err]).toEqual([1, expect.stringContaining('[library/invalid]')]);
  const unclear = await run('work', 'accept', id, '--by', 'M. Li');
  expect([unclear.code, unclear.err]).toEqual([1, expect.stringContaining('[work-item/unclear-target]')]);
  expect((await run('check')).code).toBe(0);
  expect(await listWork()).toMatchObject([{ id, count: 1 }]);

  // Rejected by mistake, and accepted after all.
  await runJson('work', 'reject', id, '--by', 'M. Li', '--why', 'not needed');
  expect(await listWork()).toEqual([]);
  const accepted = await acceptItem(item, '--target', '10*9/L');
  expect(accepted.rerun).toMatchObject({ mapped: 1 });
});

const UNIT_MAP_FILE = join(mappings, 'units/platelets.json');

test('SIGHUP under load loses no request, and a library with a problem is refused', async () => {
  await served.post(
    buildPlateletCount('h', 'Patient/p2', 41, '2026-01-07', { valueQuantity: { value: 41, unit: 'Zk/uL' } }),
  );
  expect(await listWork()).toHaveLength(1);
  const before = readFileSync(UNIT_MAP_FILE, 'utf8');
  let stop = false;
  let sent = 0;
  const statuses = new Map<number, number>();
  const load = [0, 1, 2].map(async (line) => {
    for (let i = 0; !stop; i++) {
      const answer = await served.post(buildPlateletCount(`l${line}-${i}`, 'Patient/p2', 20, '2026-01-08'));
      await answer.arrayBuffer();
      sent++;
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
    }
  });

  writeFileSync(UNIT_MAP_FILE, before.replace('"10*3/mm3"', '"10*3/mm3", '));
  served.sendHangup();
  await served.waitForStderr('"msg":"mappings refused"');

  const map = JSON.parse(before);
  map.group[0].element.push({ code: 'Zk/uL', target: [{ code: '10*3/uL', equivalence: 'equal' }] });
  writeFileSync(UNIT_MAP_FILE, JSON.stringify(map));
  served.sendHangup();
  await served.waitForStderr('"msg":"mappings reloaded"');
  stop = true;
  await Promise.all(load);

  expect([...statuses]).toEqual([[201, sent]]);
  expect(sent).toBeGreaterThan(3);
  expect(await listWork()).toEqual([]);
  const { resources, changedResources } = await runJson<ListedChanges>('replay', '--dry-run');
  expect(changedResources).toBe(0);
  expect(resources).toBeGreaterThanOrEqual(sent);
});

test('replay applies a changed mapping to mapped resources and lists the changes; a dry run only lists them', async () => {
  // From now on this laboratory's Zk/uL is ten thousand.
  const changeUnit = (folder: string) =>
    replaceInFile(
      join(folder, 'units/platelets.json'),
      '"Zk/uL","target":[{"code":"10*3/uL"',
      '"Zk/uL","target":[{"code":"10*4/uL"',
    );
  const difference = await withFolder(async (folder) => {
    const changed = join(folder.path, 'mappings');
    cpSync(mappings, changed, { recursive: true });
    changeUnit(changed);
    return runJson<ListedChanges>('map', '--diff', changed);
  });
  const change = { change: 'changed', subject: 'D-2', before: { measured: { value: '41' } } };
  expect(difference).toMatchObject({
    changedResources: 1,
    subjects: 1,
    facts: { added: 0, removed: 0, changed: 1 },
    changes: [{ resource: 'Observation/h', facts: [{ ...change, after: { measured: { value: '410' } } }] }],
  });

  changeUnit(mappings);
  expect((await runJson<ListedChanges>('replay', '--dry-run')).facts.changed).toBe(1);
  expect((await runJson<ListedChanges>('replay', '--dry-run')).facts.changed).toBe(1);
  expect(await runJson('replay')).toMatchObject({ facts: { changed: 1 } });
  expect(await runJson('replay', '--dry-run')).toMatchObject({ changedResources: 0 });
});
