import { copyFileSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { FORMATS } from '../../src/exports/formats.ts';
import type { Change } from '../../src/service/export-folders.ts';
import { type Place, place, run } from '../cli/terminal.ts';
import { platelets } from './house.ts';
import { event, subject } from './responder.ts';

/**
 * A study is exported in every format; then a hospital corrects one count, takes back one adverse event and deletes
 * another; and it is exported again. All through the command line and the HTTP doors.
 */
const TOKEN = 'a-hospital';
let at: Place;

async function send(base: string, method: string, resource: object): Promise<void> {
  const { resourceType, id } = resource as { resourceType: string; id: string };
  const version = resourceType === 'AdverseEvent' ? '5.0' : '4.0';
  const answer = await fetch(`${base}/${resourceType}/${id}`, {
    method,
    headers: {
      authorization: `Bearer ${TOKEN}`,
      'content-type': `application/fhir+json; fhirVersion=${version}`,
      connection: 'close',
    },
    ...(method === 'DELETE' ? {} : { body: JSON.stringify(resource) }),
  });
  if (!answer.ok) throw new Error(await answer.text());
}

/** Sends while the service runs. */
async function served(work: (base: string) => Promise<void>): Promise<void> {
  const env = { TRIAL_ADAPTER_DEV_TOKEN: TOKEN };
  const whileServing = (out: string) => work(/Listening on (\S+)/.exec(out)?.[1] ?? '');
  const done = await run(at, ['serve', '--dev', '--port', '0'], { env, whileServing });
  if (done.code !== 0) throw new Error(done.err);
}

async function exportAll(folder: string): Promise<void> {
  for (const { id } of FORMATS) {
    const out = join(at.dir, folder, id);
    const done = await run(at, ['export', id, '--study', 'msc-aa', '--draft', '--out', out]);
    if (done.code !== 0) throw new Error(`${id}: ${done.err}`);
  }
}

const inFolder = (folder: string): readonly string[] =>
  readdirSync(join(at.dir, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => join(at.dir, folder, name))
    .filter((path) => statSync(path).isFile());

async function changes(format: string, ...more: string[]): Promise<readonly Change[]> {
  const done = await run(at, [
    'changes',
    join(at.dir, 'old', format),
    join(at.dir, 'new', format),
    '--json',
    ...more,
  ]);
  if (done.code !== 0) throw new Error(done.err);
  return (JSON.parse(done.out) as { changes: Change[] }).changes;
}

beforeAll(async () => {
  at = place();
  mkdirSync(join(at.dir, 'data'), { recursive: true });
  const rows = ['p1', 'p2', 'p3'].map((p, i) => `C-${i + 1},dev,Patient/${p},2026-01-01,2026-01-01`);
  const file = at.file('enrol.csv', ['subject,site,patient,enrolledOn,consentedOn', ...rows].join('\n'));
  await run(at, ['enroll', file, '--study', 'msc-aa']);
  const events = [
    event('p1', 'Urticaria', 'completed', '1'),
    event('p2', 'Vertigo', 'completed', '1'),
    event('p2', 'Cough', 'completed'),
    event('p3', 'Cough', 'completed', '1'),
  ];
  await served(async (base) => {
    for (const resource of [...['p1', 'p2', 'p3'].flatMap(subject), ...events])
      await send(base, 'PUT', resource);
  });
  await exportAll('old');
  await served(async (base) => {
    const corrected = { status: 'corrected', meta: { versionId: '2' } };
    await send(base, 'PUT', platelets('p1-2026-02-09-platelets', 'Patient/p1', 12, '2026-02-09', corrected));
    await send(base, 'PUT', event('p1', 'Urticaria', 'entered-in-error', '2'));
    await send(base, 'DELETE', event('p2', 'Vertigo', 'completed'));
  });
  await exportAll('new');
}, 240_000);

afterAll(() => at.remove());

describe('after the hospital took two adverse events back', () => {
  test('no file of any format holds them, nor does a trace', () => {
    const held = (folder: string, text: string) =>
      inFolder(folder).filter((path) => readFileSync(path).includes(text));
    const formats = (paths: readonly string[], folder: string) =>
      new Set(paths.map((path) => path.slice(join(at.dir, folder).length + 1).split('/')[0]));
    for (const text of ['Urticaria', 'Vertigo', 'p1-urticaria', 'p2-vertigo'])
      expect(held('new', text)).toEqual([]);
    const before = formats(held('old', 'Urticaria'), 'old');
    expect([...before].sort()).toEqual(
      FORMATS.map(({ id }) => id)
        .filter((id) => id !== 'adam')
        .sort(),
    );
    expect(held('new', 'Cough').length).toBeGreaterThan(10);
  });
});

const CORRECTED = {
  was: 'dev/Observation/p1-2026-02-09-platelets@1',
  now: 'dev/Observation/p1-2026-02-09-platelets@2',
};
const RETRACTED = { was: 'dev/AdverseEvent/p1-urticaria@1', now: null };
const DELETED = { was: 'dev/AdverseEvent/p2-vertigo@1', now: null };

/** The changes in short, each with the resources that are its reason. */
const short = (all: readonly Change[]) =>
  all.map(({ at: address, column, what, was, now, why }) => {
    const resources = why.flatMap((cause) => ('resources' in cause ? cause.resources : []));
    return [address, column ?? what, was, now, resources];
  });

describe('the changelog names the cells that depend on what changed, and why', () => {
  test('SDTM: two events left; one count and the classes that rest on it changed', async () => {
    const response = 'C-1/best-response/all/overall/bsh-saa';
    const visit = 'C-1/response-at-visit/M1/overall/bsh-saa';
    const count = 'C-1/platelets/dev/Observation/p1-2026-02-09-platelets';
    expect(short(await changes('sdtm'))).toEqual([
      ['C-2/Vertigo/dev/AdverseEvent/p2-vertigo', 'left', null, null, [DELETED]],
      ['C-1/Urticaria/dev/AdverseEvent/p1-urticaria', 'left', null, null, [RETRACTED]],
      [count, 'LBORRES', '24', '12', [CORRECTED]],
      [count, 'LBSTRESC', '24', '12', [CORRECTED]],
      [count, 'LBSTRESN', '24', '12', [CORRECTED]],
      [response, 'RSORRES', 'PR', 'NR', [CORRECTED]],
      [response, 'RSSTRESC', 'PR', 'NR', [CORRECTED]],
      [response, 'RSDTC', '2026-02-09', '2026-03-12', [CORRECTED]],
      [response, 'RSDY', 31, 62, [CORRECTED]],
      [visit, 'RSORRES', 'PR', 'NR', [CORRECTED]],
      [visit, 'RSSTRESC', 'PR', 'NR', [CORRECTED]],
      [`${count}/LBRSTAT`, 'appeared', null, null, [CORRECTED]],
      // The confirming count is gone: the class rests on the other counts alone, and may still change.
      ['C-1/response-at-visit/M2/overall/bsh-saa/RSASSTAT', 'appeared', null, null, [RETRACTED, CORRECTED]],
    ]);
  });

  test('statistics: the subject who counts no longer, by the version that changed', async () => {
    const all = await changes('statistics');
    const responders = all.find(({ at: address }) => address === 'response/overall/count');
    expect(responders).toEqual({
      ...{ file: 'statistics.json', at: 'response/overall/count', column: 'value', what: 'changed' },
      ...{ was: '3', now: '2' },
      why: [{ kind: 'left', subject: 'C-1', resources: [CORRECTED] }],
    });
    const gone = all.filter(({ what }) => what === 'left').map(({ at: address, why }) => [address, why]);
    const left = (subject: string, resource: object) => [{ kind: 'left', subject, resources: [resource] }];
    const figures = ['subjects', 'serious', 'events', 'atBaseline'];
    expect(gone).toEqual([
      ...figures.map((name) => [`adverseEvents/Urticaria/${name}`, left('C-1', RETRACTED)]),
      ...figures.map((name) => [`adverseEvents/Vertigo/${name}`, left('C-2', DELETED)]),
    ]);
    const untouched =
      /^(subjects|sites|infused|timeToResponseDays|followUpMonths|alive|survival|predictorModel)/;
    expect(all.filter(({ at: address }) => untouched.test(address))).toEqual([]);
  });

  test('adverse events for a registry: the affected, by what was taken back', async () => {
    const all = short(await changes('ctgov-ae-xml'));
    expect(all[0]).toEqual(['events/groups/EG000/other', 'value', '3', '2', [RETRACTED, DELETED]]);
    expect(all.slice(1).map(([address, what]) => [address, what])).toEqual(
      ['Urticaria', 'Vertigo'].flatMap((term) =>
        ['events', 'affected', 'atRisk'].map((name) => [`events/other/${term}/EG000/${name}`, 'left']),
      ),
    );
  });

  test.each(FORMATS.map(({ id }) => id))(
    '%s: every change has its cause among what was sent',
    async (format) => {
      const all = await changes(format);
      expect(all.length).toBeGreaterThan(0);
      const sent = [CORRECTED, RETRACTED, DELETED];
      for (const { why } of all) {
        const resources = why.flatMap((cause) => ('resources' in cause ? cause.resources : []));
        expect(resources.length).toBeGreaterThan(0);
        for (const resource of resources) expect(sent).toContainEqual(resource);
      }
    },
  );

  test('with the store at hand, it says what became of each resource; a file takes every change', async () => {
    const [old, now, file] = [join(at.dir, 'old/odm'), join(at.dir, 'new/odm'), join(at.dir, 'changes.csv')];
    const done = await run(at, ['changes', old, now, '--data', join(at.dir, 'data'), '--out', file]);
    expect(done.out).toMatch(/p1-urticaria@1 no longer stands \(entered-in-error, received 20\S+\)/);
    expect(done.out).toMatch(/p2-vertigo@1 no longer stands \(deleted, received 20\S+\)/);
    expect(done.out).toMatch(/p1-2026-02-09-platelets@1 → @2 \(corrected, received 20\S+\)/);
    const lines = readFileSync(file, 'utf8').trimEnd().split('\r\n');
    expect(lines[0]).toBe('file,address,column,what,was,now,why');
    expect(lines).toHaveLength((await changes('odm')).length + 1);
  });
});

describe('two folders that cannot be compared', () => {
  const refused = async (old: string, now: string) => {
    const { code, err } = await run(at, ['changes', join(at.dir, old), join(at.dir, now)]);
    expect(code).toBe(1);
    return err;
  };

  test('are refused with the fix', async () => {
    expect(await refused('old/csv', 'new/odm')).toContain('Compare two exports of one format');
    expect(await refused('old/csv', 'new')).toContain('Export again, without --no-trace');
    await run(at, ['export', 'csv', '--study', 'msc-aa', '--out', join(at.dir, 'final')]);
    expect(await refused('old/csv', 'final')).toContain('Compare two drafts');
    await run(at, ['export', 'csv', '--study', 'msc-aa', '--out', join(at.dir, 'final'), '--no-trace']);
    expect(await refused('final', 'final')).toContain('no export with its traces');
  });
});

describe('one cell', () => {
  const trace = (cell: string, ...more: string[]) =>
    run(at, ['export', 'statistics', '--study', 'msc-aa', '--trace', cell, ...more]);

  test('is printed with its subjects and resources, by a part of its address that is in no other', async () => {
    const whole = await trace('overall/count', '--json');
    expect(JSON.parse(whole.out)).toMatchObject({
      files: ['statistics.json'],
      at: 'response/overall/count',
      values: { value: '2' },
      counts: 'participants',
      from: [{ subject: 'C-2' }, { subject: 'C-3' }],
    });
    expect((await trace('statistics.json#RESPONSE/overall/count')).out).toContain(
      'a number of subjects: 2 subjects',
    );
  });

  test('that is not clear or not there is refused with the addresses that could be meant', async () => {
    const several = await trace('overall');
    expect(several.code).toBe(1);
    expect(several.err).toMatch(
      /in 7 addresses:[\s\S]*#response\/overall\/percent[\s\S]*Fix: Name one of them/,
    );
    const none = await trace('response/overall/number');
    expect(none.err).toMatch(/Close to it:[\s\S]*#response\/overall\/count/);
    expect(none.err).not.toContain('adverseEvents');
  });
});

test('what an earlier export of the kind left in the folder is removed; other exports and files are not', async () => {
  const out = join(at.dir, 'again');
  const write = (format: string) => run(at, ['export', format, '--study', 'msc-aa', '--out', out]);
  await write('csv');
  await write('statistics');
  // As if the export before had had a table that this one has not.
  for (const file of ['labs.csv', 'trace/labs.csv.ndjson'])
    copyFileSync(join(out, file), join(out, file.replace('labs', 'x-rays')));
  writeFileSync(join(out, 'notes.txt'), 'mine');
  const done = await write('csv');
  expect(done.out).toContain('Removed, as this export has no such file: x-rays.csv\n');
  expect(done.err).toBe('Also there and not of this export: notes.txt\n');
  const left = inFolder('again').map((path) => path.slice(out.length + 1));
  expect(left.filter((file) => file.includes('x-rays'))).toEqual([]);
  expect(left).toContain('trace/statistics.json.ndjson');
  const together = await run(at, ['changes', out, out]);
  expect(together.err).toContain('Exports in csv and statistics lie here together');
});
