import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { lstatSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { useInstallation } from '../support/with-installation.ts';
import { buildPlateletCount } from './hospital-resources.ts';

/** Another user of the machine reads nothing: whatever the processes write is for their own user, at every moment. */
const installation = useInstallation();
const { folder } = installation;
const MAIN_SCRIPT = join(import.meta.dirname, '../../src/main.js');
const WATCHED = ['data', 'exports', 'elsewhere'];
let umaskBefore = 0;

beforeAll(() => {
  // As most systems have it; the processes that are started take it over.
  umaskBefore = process.umask(0o022);
});
afterAll(() => void process.umask(umaskBefore));

/** Lists the files and folders, by their paths, that the group or others have any right on. */
function listExposed(path: string): readonly string[] {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (!found) return [];
  const own = (found.mode & 0o077) === 0 ? [] : [`${path} ${(found.mode & 0o777).toString(8)}`];
  if (!found.isDirectory()) return own;
  let names: readonly string[] = [];
  try {
    names = readdirSync(path);
  } catch {
    // It has been removed meanwhile.
  }
  return [...own, ...names.flatMap((name) => listExposed(join(path, name)))];
}

/** Looks at all that is there, again and again, while the work is done. */
async function collectExposedWhile<T>(
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly exposed: ReadonlySet<string> }> {
  const exposed = new Set<string>();
  const look = () => {
    for (const name of WATCHED) for (const found of listExposed(join(folder.path, name))) exposed.add(found);
  };
  const timer = setInterval(look, 2);
  try {
    const result = await work();
    look();
    return { result, exposed };
  } finally {
    clearInterval(timer);
  }
}

async function runProcess(...args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, [MAIN_SCRIPT, ...args], { cwd: folder.path, stdio: 'ignore' });
  const [code] = (await once(child, 'exit')) as [number];
  return code;
}

const ENROLMENT = 'subject,site,patient,enrolledOn,consentedOn\nC-1,dev,Patient/p1,2026-01-01,2026-01-01\n';

test('serve, enroll, ingest, export and decisions write for their own user only, from the first byte', async () => {
  const csv = folder.writeFile('enrolment.csv', ENROLMENT);
  const lines = Array.from({ length: 400 }, (_, index) =>
    JSON.stringify(buildPlateletCount(`o${index}`, 'Patient/p1', 24, '2026-02-01')),
  );
  const ndjson = folder.writeFile('counts.ndjson', `${lines.join('\n')}\n`);
  const { result, exposed } = await collectExposedWhile(async () => {
    const codes = [await runProcess('enroll', csv, '--study', 'msc-aa')];
    const served = await installation.startService();
    const odd = { valueQuantity: { value: 24, unit: 'Kilo/uL' } };
    const answer = await served.post(buildPlateletCount('odd', 'Patient/p1', 24, '2026-02-02', odd));
    codes.push(answer.ok ? 0 : 1, await runProcess('ingest', ndjson, '--site', 'dev'));
    const [item] = await installation.runJson<{ id: string; reason: string }[]>('work', 'list');
    codes.push(
      await runProcess('work', 'accept', item?.id ?? '', '--target', '10*9/L', '--by', 'me', '--why', 'x'),
    );
    codes.push(await runProcess('export', 'csv', '--study', 'msc-aa', '--draft', '--out', 'exports/deep'));
    await served.stop();
    return codes;
  });
  expect(result).toEqual([0, 0, 0, 0, 0]);
  expect([...exposed]).toEqual([]);
  const written = WATCHED.flatMap((name) =>
    readdirSync(folder.path).includes(name)
      ? readdirSync(join(folder.path, name), { recursive: true, encoding: 'utf8' })
      : [],
  );
  for (const name of ['store.db', 'keys/store.key', 'keys/seal.key', 'serve.lock', 'deep/labs.csv'])
    expect(written).toContain(name);
  expect(written.some((name) => name.startsWith('decisions/'))).toBe(true);
});

test('the rights of others on what an earlier version has left are taken', async () => {
  mkdirSync(join(folder.path, 'elsewhere'), { mode: 0o755 });
  writeFileSync(join(folder.path, 'elsewhere/store.db'), '', { mode: 0o644 });
  writeFileSync(join(folder.path, 'elsewhere/serve.lock'), '', { mode: 0o644 });
  // Control: what is readable by others is found.
  expect(listExposed(join(folder.path, 'elsewhere'))).toHaveLength(3);
  const csv = folder.writeFile('enrolment.csv', ENROLMENT);
  expect(await runProcess('enroll', csv, '--study', 'msc-aa', '--data', 'elsewhere')).toBe(0);
  const served = await installation.startService([], 'elsewhere');
  await served.stop();
  expect(listExposed(join(folder.path, 'elsewhere'))).toEqual([]);
});
