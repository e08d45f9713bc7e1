import { copyFileSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { EXPORT_FORMATS } from '../../src/exports/formats.ts';
import type { CellChange } from '../../src/service/compare-exports.ts';
import { formatEnrolmentFile, runInFolder } from '../support/run-cli.ts';
import { useFolder } from '../support/use-lifecycle.ts';
import { buildPlateletCount, buildR5AdverseEvent, buildRespondingSubject } from './hospital-resources.ts';

/**
 * A study is exported in every format. Then a hospital corrects one count, retracts one adverse event and deletes
 * another, and the study is exported again. Everything runs through the command line and HTTP.
 */
const TOKEN = 'a-hospital';
const testFolder = useFolder();

async function sendResource(base: string, method: string, resource: object): Promise<void> {
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

/** Runs the work while the service runs. */
async function runWhileServing(work: (base: string) => Promise<void>): Promise<void> {
  const env = { TRIAL_ADAPTER_DEV_TOKEN: TOKEN };
  const whileServing = (out: string) => work(/http:\S+/.exec(out)?.[0] ?? '');
  const done = await runInFolder(testFolder, ['serve', '--dev', '--port', '0'], { env, whileServing });
  if (done.code !== 0) throw new Error(done.err);
}

async function exportEveryFormat(folder: string): Promise<void> {
  for (const { id } of EXPORT_FORMATS) {
    const out = join(testFolder.path, folder, id);
    const done = await runInFolder(testFolder, ['export', id, '--study', 'msc-aa', '--draft', '--out', out]);
    if (done.code !== 0) throw new Error(`${id}: ${done.err}`);
  }
}

/** Releases every term that an export would withhold, as a person does who has read them. */
async function releaseTerms(): Promise<void> {
  const run = async (...args: readonly string[]) => {
    const done = await runInFolder(testFolder, args);
    if (done.code !== 0) throw new Error(done.err);
    return done.out;
  };
  await run('export', 'csv', '--study', 'msc-aa', '--out', join(testFolder.path, 'withheld'));
  const items = JSON.parse(await run('work', 'list', '--json')) as { id: string; reason: string }[];
  for (const { id, reason } of items)
    if (reason === 'free-text-review') await run('work', 'accept', id, '--by', 'M. Li');
}

const listFiles = (folder: string): readonly string[] =>
  readdirSync(join(testFolder.path, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => join(testFolder.path, folder, name))
    .filter((path) => statSync(path).isFile());

async function runChanges(format: string, ...more: string[]): Promise<readonly CellChange[]> {
  const done = await runInFolder(testFolder, [
    'changes',
    join(testFolder.path, 'old', format),
    join(testFolder.path, 'new', format),
    '--json',
    ...more,
  ]);
  if (done.code !== 0) throw new Error(done.err);
  return (JSON.parse(done.out) as { changes: CellChange[] }).changes;
}

beforeAll(async () => {
  mkdirSync(join(testFolder.path, 'data'), { recursive: true });
  const rows = ['p1', 'p2', 'p3'].map((p, i) => `C-${i + 1},dev,Patient/${p},2026-01-01,2026-01-01`);
  const file = testFolder.writeFile('enrol.csv', formatEnrolmentFile(...rows));
  await runInFolder(testFolder, ['enroll', file, '--study', 'msc-aa']);
  const events = [
    buildR5AdverseEvent('p1', 'Urticaria', 'completed', '1'),
    buildR5AdverseEvent('p2', 'Vertigo', 'completed', '1'),
    buildR5AdverseEvent('p2', 'Cough', 'completed'),
    buildR5AdverseEvent('p3', 'Cough', 'completed', '1'),
  ];
  await runWhileServing(async (base) => {
    for (const resource of [...['p1', 'p2', 'p3'].flatMap(buildRespondingSubject), ...events])
      await sendResource(base, 'PUT', resource);
  });
  await releaseTerms();
  await exportEveryFormat('old');
  await runWhileServing(async (base) => {
    const corrected = { status: 'corrected', meta: { versionId: '2' } };
    await sendResource(
      base,
      'PUT',
      buildPlateletCount('p1-2026-02-09-platelets', 'Patient/p1', 12, '2026-02-09', corrected),
    );
    await sendResource(base, 'PUT', buildR5AdverseEvent('p1', 'Urticaria', 'entered-in-error', '2'));
    await sendResource(base, 'DELETE', buildR5AdverseEvent('p2', 'Vertigo', 'completed'));
  });
  await exportEveryFormat('new');
}, 240_000);

describe('after the hospital has retracted two adverse events', () => {
  test('no file of any format contains them, and no trace', () => {
    const held = (folder: string, text: string) =>
      listFiles(folder).filter((path) => readFileSync(path).includes(text));
    const formats = (paths: readonly string[], folder: string) =>
      new Set(paths.map((path) => path.slice(join(testFolder.path, folder).length + 1).split('/')[0]));
    for (const text of ['Urticaria', 'Vertigo', 'p1-urticaria', 'p2-vertigo'])
      expect(held('new', text)).toEqual([]);
    const before = formats(held('old', 'Urticaria'), 'old');
    expect([...before].sort()).toEqual(
      EXPORT_FORMATS.map(({ id }) => id)
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

/** The changes in short form, each with the resources that caused it. */
const summariseChanges = (all: readonly CellChange[]) =>
  all.map(({ at: address, column, what, was, now, why }) => {
    const resources = why.flatMap((cause) => ('resources' in cause ? cause.resources : []));
    return [address, column ?? what, was, now, resources];
  });

describe('the changelog lists the cells that depend on a change, with the reason', () => {
  test('SDTM: two events are gone; one count and the classes based on it have changed', async () => {
    const response = 'C-1/best-response/all/overall/bsh-saa';
    const visit = 'C-1/response-at-visit/M1/overall/bsh-saa';
    const count = 'C-1/platelets/dev/Observation/p1-2026-02-09-platelets';
    expect(summariseChanges(await runChanges('sdtm'))).toEqual([
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

  test('statistics: the subject who no longer counts, by the version that changed', async () => {
    const all = await runChanges('statistics');
    const responders = all.find(({ at: address }) => address === 'response/overall/count');
    expect(responders).toEqual({
      ...{ file: 'statistics.json', at: 'response/overall/count', column: 'value', what: 'changed' },
      ...{ was: '3', now: '2' },
      why: [{ kind: 'left', subject: 'C-1', resources: [CORRECTED] }],
    });
    const rows = all
      .filter(({ what }) => what === 'left')
      .map(({ at: address, why }) => [address, why] as const);
    const left = (subject: string, resource: object) => [{ kind: 'left', subject, resources: [resource] }];
    const figures = ['subjects', 'serious', 'events', 'atBaseline'];
    const isTable = ([address]: readonly [string, unknown]) => address.startsWith('tables/');
    expect(rows.filter((row) => !isTable(row))).toEqual([
      ...figures.map((name) => [`adverseEvents/Urticaria/${name}`, left('C-1', RETRACTED)]),
      ...figures.map((name) => [`adverseEvents/Vertigo/${name}`, left('C-2', DELETED)]),
    ]);
    // The rows of the two events in the table by grade and relation are gone with them, those with a 0 too.
    for (const [term, cause] of [
      ['urticaria', left('C-1', RETRACTED)],
      ['vertigo', left('C-2', DELETED)],
    ] as const) {
      const own = rows.filter(([address]) => address.startsWith(`tables/adverseEvents/terms/${term}/`));
      expect(own.length).toBeGreaterThan(10);
      for (const [, why] of own) expect(why).toEqual(cause);
    }
    const untouched =
      /^(subjects|sites|infused|timeToResponseDays|followUpMonths|alive|survival|predictorModel)/;
    expect(all.filter(({ at: address }) => untouched.test(address))).toEqual([]);
  });

  test('adverse events for a registry: affected subjects, by the retracted events', async () => {
    const all = summariseChanges(await runChanges('ctgov-ae-xml'));
    expect(all[0]).toEqual(['events/groups/EG000/other', 'value', '3', '2', [RETRACTED, DELETED]]);
    expect(all.slice(1).map(([address, what]) => [address, what])).toEqual(
      ['Urticaria', 'Vertigo'].flatMap((term) =>
        ['events', 'affected', 'atRisk'].map((name) => [`events/other/${term}/EG000/${name}`, 'left']),
      ),
    );
  });

  test.each(EXPORT_FORMATS.map(({ id }) => id))(
    '%s: every change is caused by a resource that was sent',
    async (format) => {
      const all = await runChanges(format);
      expect(all.length).toBeGreaterThan(0);
      const sent = [CORRECTED, RETRACTED, DELETED];
      for (const { why } of all) {
        const resources = why.flatMap((cause) => ('resources' in cause ? cause.resources : []));
        expect(resources.length).toBeGreaterThan(0);
        for (const resource of resources) expect(sent).toContainEqual(resource);
      }
    },
  );

  test('with the store, it lists what became of each resource; a file receives every change', async () => {
    const [old, now, file] = [
      join(testFolder.path, 'old/odm'),
      join(testFolder.path, 'new/odm'),
      join(testFolder.path, 'changes.csv'),
    ];
    const options = ['--data', join(testFolder.path, 'data'), '--out', file, '--json'];
    const done = await runInFolder(testFolder, ['changes', old, now, ...options]);
    const receivedAt = expect.stringMatching(/^20\d\d-/);
    expect(JSON.parse(done.out).resources).toMatchObject({
      'dev/AdverseEvent/p1-urticaria': { status: 'entered-in-error', receivedAt },
      'dev/AdverseEvent/p2-vertigo': { status: 'deleted', receivedAt },
      'dev/Observation/p1-2026-02-09-platelets': { status: 'corrected', version: '2', receivedAt },
    });
    const lines = readFileSync(file, 'utf8').trimEnd().split('\r\n');
    expect(lines[0]).toBe('file,address,column,what,was,now,why');
    expect(lines).toHaveLength((await runChanges('odm')).length + 1);
  });
});

/** The code in brackets at the end of what a failed command prints. */
const readFailureCode = (err: string): string | undefined => /\[([a-z-]+\/[a-z-]+)\]\s*$/.exec(err)?.[1];

describe('two folders that cannot be compared', () => {
  const refused = async (old: string, now: string) => {
    const { code, err } = await runInFolder(testFolder, [
      'changes',
      join(testFolder.path, old),
      join(testFolder.path, now),
    ]);
    return [code, readFailureCode(err)];
  };
  const notComparable = [1, 'exports/not-comparable'];

  test('are refused: two formats, a folder of several, a draft and a final export, no traces', async () => {
    expect(await refused('old/csv', 'new/odm')).toEqual(notComparable);
    expect(await refused('old/csv', 'new')).toEqual(notComparable);
    await runInFolder(testFolder, [
      'export',
      'csv',
      '--study',
      'msc-aa',
      '--out',
      join(testFolder.path, 'final'),
    ]);
    expect(await refused('old/csv', 'final')).toEqual(notComparable);
    await runInFolder(testFolder, [
      'export',
      'csv',
      '--study',
      'msc-aa',
      '--out',
      join(testFolder.path, 'final'),
      '--no-trace',
    ]);
    expect(await refused('final', 'final')).toEqual(notComparable);
  });
});

describe('one cell', () => {
  const trace = (cell: string, ...more: string[]) =>
    runInFolder(testFolder, ['export', 'statistics', '--study', 'msc-aa', '--trace', cell, ...more]);

  test('is printed with its subjects and resources, by a part of its address that is unique', async () => {
    const whole = await trace('overall/count', '--json');
    expect(JSON.parse(whole.out)).toMatchObject({
      files: ['statistics.json'],
      at: 'response/overall/count',
      values: { value: '2' },
      counts: 'participants',
      from: [{ subject: 'C-2' }, { subject: 'C-3' }],
    });
    const byFile = await trace('statistics.json#RESPONSE/overall/count', '--json');
    expect(JSON.parse(byFile.out)).toEqual(JSON.parse(whole.out));
  });

  test('that is ambiguous or missing is refused with the addresses that could be meant', async () => {
    const several = await trace('overall');
    expect(several.code).toBe(1);
    expect(several.err.match(/statistics\.json#\S*overall\S*/g)).toHaveLength(7);
    expect(several.err).toContain('statistics.json#response/overall/percent');
    const none = await trace('response/overall/number');
    expect([none.code, readFailureCode(none.err)]).toEqual([1, 'cli/failed']);
    expect(none.err).toContain('#response/overall/count');
    expect(none.err).not.toContain('adverseEvents');
  });
});

test('files of an earlier export in the same format are removed; other exports and files stay', async () => {
  const out = join(testFolder.path, 'again');
  const write = (format: string) =>
    runInFolder(testFolder, ['export', format, '--study', 'msc-aa', '--out', out]);
  await write('csv');
  await write('statistics');
  // As if the previous export had written a table that this one does not have.
  for (const file of ['labs.csv', 'trace/labs.csv.ndjson'])
    copyFileSync(join(out, file), join(out, file.replace('labs', 'x-rays')));
  writeFileSync(join(out, 'notes.txt'), 'mine');
  const done = await write('csv');
  expect(done.out).toContain('x-rays.csv');
  expect(done.err).toContain('notes.txt');
  const files = listFiles('again').map((path) => path.slice(out.length + 1));
  expect(files.filter((file) => file.includes('x-rays'))).toEqual([]);
  expect(files).toEqual(expect.arrayContaining(['trace/statistics.json.ndjson', 'notes.txt']));
  const together = await runInFolder(testFolder, ['changes', out, out]);
  expect(readFailureCode(together.err)).toBe('exports/not-comparable');
});
