import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { buildPlateletCount, openInstallation, type ServedAdapter } from './adapter-installation.ts';

/** Operators decide about held resources and change mappings under load, while the real service runs. */
const mappingsFolder = mkdtempSync(join(tmpdir(), 'library-'));
cpSync(join(import.meta.dirname, '../../mappings'), mappingsFolder, { recursive: true });
const installation = openInstallation({
  TRIAL_ADAPTER_MAPPINGS: mappingsFolder,
  TRIAL_ADAPTER_LOG_LEVEL: 'info',
});
let servedAdapter: ServedAdapter;

beforeAll(async () => {
  installation.enrol([
    'D-1,dev,Patient/p1,2026-01-01,2026-01-01',
    'D-2,dev,Patient/p2,2026-01-01,2026-01-01',
  ]);
  servedAdapter = await installation.startService();
}, 20_000);

afterAll(async () => {
  await servedAdapter.stop();
  installation.removeFolder();
  rmSync(mappingsFolder, { recursive: true, force: true });
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

const runJson = async (...args: string[]) => {
  const done = await installation.runAsync(...args, '--json');
  if (done.code !== 0) throw new Error(done.err);
  return JSON.parse(done.out);
};
const listOpenWork = (): Promise<ListedWorkItem[]> => runJson('work', 'list');

const buildLocalCount = (id: string, value: number, unit: string): object => ({
  ...buildPlateletCount(id, 'Patient/p1', value, '2026-01-05'),
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
  expect(await readDetailCodes(await servedAdapter.post(buildLocalCount('a', 24, 'Kilo/uL')))).toEqual([
    'unmapped-code',
  ]);
  expect(await readDetailCodes(await servedAdapter.post(buildLocalCount('b', 25, 'Kilo/uL')))).toEqual([
    'unmapped-code',
  ]);
  const [code] = await listOpenWork();
  expect(code).toMatchObject({ reason: 'unmapped-code', count: 2, example: 'Observation/a', decision: null });
  expect(code?.suggestions[0]).toMatchObject({ vocabulary: 'analyte', target: 'platelets' });
  const shown = (await runJson('work', 'show', code?.id ?? '')) as ListedWorkItem;
  expect(shown.suggestions).toEqual(code?.suggestions);

  const why = 'asked the laboratory';
  const accepted = await runJson('work', 'accept', code?.id ?? '', '--by', 'M. Li', '--why', why);
  expect(accepted).toMatchObject({ target: 'platelets', rerun: { resources: 2, held: 2 } });
  const written = readFileSync(join(installation.folder, 'data', accepted.file), 'utf8');
  expect(written).toContain('M. Li');
  expect(written).toContain(why);

  // The code is known; what waits now is the unit.
  const [unit, ...others] = await listOpenWork();
  expect(others).toEqual([]);
  expect(unit).toMatchObject({ reason: 'unmapped-unit', count: 2 });
  expect(unit?.suggestions[0]).toMatchObject({ target: '10*3/uL' });
  expect(await runJson('work', 'accept', unit?.id ?? '', '--by', 'M. Li')).toMatchObject({
    rerun: { resources: 2, mapped: 2 },
  });
  expect(await listOpenWork()).toEqual([]);
  expect((await runJson('map', '--diff', mappingsFolder)).changes).toEqual([]);
  const decided = (await runJson('work', 'list', '--status', 'resolved')) as ListedWorkItem[];
  expect(decided.map((item) => item.decision?.by)).toEqual(['M. Li', 'M. Li']);

  // The running service takes up the decisions by itself.
  let details: string[] = [];
  for (let i = 0; i < 60 && details[0] !== 'mapped'; i++) {
    details = await readDetailCodes(await servedAdapter.post(buildLocalCount(`c${i}`, 26 + i, 'Kilo/uL')));
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  expect(details).toEqual(['mapped']);
  for (let i = 0; i < 60 && (await listOpenWork()).length > 0; i++)
    await new Promise((resolve) => setTimeout(resolve, 50));
  // The resources that it held before are facts as well.
  expect(await listOpenWork()).toEqual([]);
}, 60_000);

test('an impossible target is refused, and nothing is written', async () => {
  await servedAdapter.post(buildLocalCount('odd', 31, 'shovels'));
  const [item] = await listOpenWork();
  const wrong = await installation.runAsync(
    'work',
    'accept',
    item?.id ?? '',
    '--target',
    'g/dL',
    '--by',
    'M. Li',
  );
  expect([wrong.code, wrong.err]).toEqual([1, expect.stringContaining('[library/invalid]')]);
  const unclear = await installation.runAsync('work', 'accept', item?.id ?? '', '--by', 'M. Li');
  expect([unclear.code, unclear.err]).toEqual([1, expect.stringContaining('[work-item/unclear-target]')]);
  expect((await installation.runAsync('check')).code).toBe(0);
  expect(await listOpenWork()).toMatchObject([{ id: item?.id, count: 1 }]);

  // Rejected by mistake, and accepted after all.
  await runJson('work', 'reject', item?.id ?? '', '--by', 'M. Li', '--why', 'not needed');
  expect(await listOpenWork()).toEqual([]);
  const after = await runJson('work', 'accept', item?.id ?? '', '--target', '10*9/L', '--by', 'M. Li');
  expect(after.rerun).toMatchObject({ mapped: 1 });
}, 30_000);

const UNIT_MAP_FILE = join(mappingsFolder, 'units/platelets.json');

test('SIGHUP under load loses no request, and a library with a problem is refused', async () => {
  await servedAdapter.post(
    buildPlateletCount('h', 'Patient/p2', 41, '2026-01-07', { valueQuantity: { value: 41, unit: 'Zk/uL' } }),
  );
  expect(await listOpenWork()).toHaveLength(1);
  const before = readFileSync(UNIT_MAP_FILE, 'utf8');
  let stop = false;
  let sent = 0;
  const statuses = new Map<number, number>();
  const load = [0, 1, 2].map(async (line) => {
    for (let i = 0; !stop; i++) {
      const answer = await servedAdapter.post(
        buildPlateletCount(`l${line}-${i}`, 'Patient/p2', 20, '2026-01-08'),
      );
      await answer.arrayBuffer();
      sent++;
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
    }
  });

  writeFileSync(UNIT_MAP_FILE, before.replace('"10*3/mm3"', '"10*3/mm3", '));
  servedAdapter.sendHangup();
  await servedAdapter.waitForStderr('"msg":"mappings refused"');

  const map = JSON.parse(before);
  map.group[0].element.push({ code: 'Zk/uL', target: [{ code: '10*3/uL', equivalence: 'equal' }] });
  writeFileSync(UNIT_MAP_FILE, JSON.stringify(map));
  servedAdapter.sendHangup();
  await servedAdapter.waitForStderr('"msg":"mappings reloaded"');
  stop = true;
  await Promise.all(load);

  expect([...statuses]).toEqual([[201, sent]]);
  expect(sent).toBeGreaterThan(3);
  expect(await listOpenWork()).toEqual([]);
  const { resources, changedResources } = await runJson('replay', '--dry-run');
  expect(changedResources).toBe(0);
  expect(resources).toBeGreaterThanOrEqual(sent);
}, 60_000);

test('replay applies a changed mapping to mapped resources and lists the changes; a dry run only lists them', async () => {
  const before = readFileSync(UNIT_MAP_FILE, 'utf8');
  const changed = mkdtempSync(join(tmpdir(), 'library-'));
  cpSync(mappingsFolder, changed, { recursive: true });
  // From now on this laboratory's Zk/uL is ten thousand.
  const other = before.replace('"Zk/uL","target":[{"code":"10*3/uL"', '"Zk/uL","target":[{"code":"10*4/uL"');
  expect(other).not.toBe(before);
  writeFileSync(join(changed, 'units/platelets.json'), other);
  const would = await runJson('map', '--diff', changed);
  const change = { change: 'changed', subject: 'D-2', before: { measured: { value: '41' } } };
  expect(would).toMatchObject({
    changedResources: 1,
    subjects: 1,
    facts: { added: 0, removed: 0, changed: 1 },
    changes: [{ resource: 'Observation/h', facts: [{ ...change, after: { measured: { value: '410' } } }] }],
  });
  rmSync(changed, { recursive: true, force: true });

  writeFileSync(UNIT_MAP_FILE, other);
  expect((await runJson('replay', '--dry-run')).facts.changed).toBe(1);
  expect((await runJson('replay', '--dry-run')).facts.changed).toBe(1);
  expect(await runJson('replay')).toMatchObject({ facts: { changed: 1 } });
  expect(await runJson('replay', '--dry-run')).toMatchObject({ changedResources: 0 });
}, 60_000);
