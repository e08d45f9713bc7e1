import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import Sqlite from 'better-sqlite3-multiple-ciphers';
import { MIGRATIONS } from '../../../src/store/sqlite/schema/migrations.ts';
import { takeServiceLock } from '../../../src/store/sqlite/service-lock.ts';
import { openSqliteStore } from '../../../src/store/sqlite/sqlite-store.ts';
import { traceCalls } from '../../support/trace-calls.ts';
import { type TestFolder, withFolder } from '../../support/with-folder.ts';
import { connectSqlite } from '../../support/with-sqlite.ts';

const SECRET = 'Zhang Wei, born 1961-02-03';

/** Writes a store as versions before the encryption have written it, with rows in the file and in its log. */
function writePlainStore(file: string, rows: number): void {
  const db = new Sqlite(file);
  db.pragma('page_size = 8192');
  db.pragma('journal_mode = WAL');
  for (const step of MIGRATIONS) db.exec(step);
  db.pragma(`user_version = ${MIGRATIONS.length}`);
  const insert = db.prepare('INSERT INTO note (name, value) VALUES (?, ?)');
  db.transaction(() => {
    for (let row = 0; row < rows; row++) insert.run(`n${row}`, `${SECRET} ${row} `.repeat(20));
  })();
  db.close();
}

/** Reads every byte of the files in a folder, those of its key folder left out. */
const readStolenFolder = (folder: string): string =>
  readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => readFileSync(join(folder, name), 'latin1'))
    .join('\n');

async function putNote(file: string): Promise<void> {
  const store = openSqliteStore(file);
  await store.transaction((tx) => tx.sharedValues.put('note', SECRET));
  await store.close();
}

const readNote = async (file: string, name = 'note'): Promise<string | null> => {
  const store = openSqliteStore(file);
  try {
    return await store.read((tx) => tx.sharedValues.get(name));
  } finally {
    await store.close();
  }
};

test('neither the file nor its log has readable data, and both are for their owner only while they are written', () =>
  withFolder(async (folder) => {
    const file = join(folder.path, 'data/store.db');
    const store = openSqliteStore(file);
    try {
      await store.transaction((tx) => tx.sharedValues.put('note', SECRET));
      const stolen = readStolenFolder(join(folder.path, 'data'));
      expect(stolen.length).toBeGreaterThan(10_000);
      expect(stolen).not.toContain(SECRET);
      const modes = readdirSync(join(folder.path, 'data'), { recursive: true, encoding: 'utf8' }).map(
        (name) => {
          const found = statSync(join(folder.path, 'data', name));
          return `${found.isDirectory() ? 'folder' : 'file'} ${(found.mode & 0o777).toString(8)}`;
        },
      );
      expect(new Set(modes)).toEqual(new Set(['file 600', 'folder 700']));
    } finally {
      await store.close();
    }
    expect(await readNote(file)).toBe(SECRET);
  }));

test('without its key, or with another, a store is refused, and nothing is created', () =>
  withFolder(async (folder) => {
    const file = join(folder.path, 'store.db');
    const key = join(folder.path, 'keys/store.key');
    await putNote(file);
    renameSync(key, `${key}.away`);
    expect(() => openSqliteStore(file)).toThrow(expect.objectContaining({ code: 'store/unusable' }));
    expect(existsSync(key)).toBe(false);
    for (const text of ['', 'ab'.repeat(32), readFileSync(`${key}.away`, 'utf8').replace(/[0-9]/g, '7')]) {
      writeFileSync(key, text, { mode: 0o600 });
      expect(() => openSqliteStore(file)).toThrow(expect.objectContaining({ code: 'store/unusable' }));
    }
    renameSync(`${key}.away`, key);
    expect(await readNote(file)).toBe(SECRET);
  }));

test('a key that others can read is taken from them', () =>
  withFolder(async (folder) => {
    const file = join(folder.path, 'store.db');
    await putNote(file);
    const key = join(folder.path, 'keys/store.key');
    const text = readFileSync(key, 'utf8');
    rmSync(key);
    writeFileSync(key, text, { mode: 0o644 });
    expect(await readNote(file)).toBe(SECRET);
    expect(statSync(key).mode & 0o777).toBe(0o600);
  }));

test('a folder with other things and no store yet, or one that all users share, keeps its rights', () =>
  withFolder(async (folder) => {
    folder.writeFile('used/notes.txt', 'mine');
    const used = join(folder.path, 'used');
    chmodSync(used, 0o755);
    await putNote(join(used, 'store.db'));
    expect(statSync(used).mode & 0o777).toBe(0o755);
    expect(statSync(join(used, 'store.db')).mode & 0o777).toBe(0o600);
    const shared = join(folder.path, 'shared');
    mkdirSync(shared);
    chmodSync(shared, 0o1777);
    for (const _ of [1, 2]) await putNote(join(shared, 'store.db'));
    expect(statSync(shared).mode & 0o1777).toBe(0o1777);
  }));

test('a store that was not encrypted is encrypted when it is opened, and nothing of it remains readable', () =>
  withFolder(async (folder) => {
    const file = join(folder.path, 'store.db');
    writePlainStore(file, 50);
    expect(readStolenFolder(folder.path)).toContain(SECRET);
    expect(await readNote(file, 'n49')).toContain(`${SECRET} 49`);
    expect(readStolenFolder(folder.path)).not.toContain(SECRET);
    expect(readdirSync(folder.path)).not.toContain('store.db.encrypting');
  }));

test('a store that another process uses is not encrypted beneath it', () =>
  withFolder(async (folder) => {
    const file = join(folder.path, 'store.db');
    writePlainStore(file, 1);
    const lock = takeServiceLock(join(folder.path, 'serve.lock'));
    expect(() => openSqliteStore(file)).toThrow(expect.objectContaining({ code: 'store/busy' }));
    await lock?.release();
    expect(await readNote(file, 'n0')).toContain(SECRET);
  }));

function startOpening(file: string): ChildProcess {
  const opener = join(import.meta.dirname, 'open-store-process.ts');
  return spawn(process.execPath, ['--disable-warning=ExperimentalWarning', opener, file], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}

/** Kills a process that opens the store, so many milliseconds after it has begun to; returns whether it was not done. */
async function killWhileOpening(file: string, afterMs: number): Promise<boolean> {
  const process = startOpening(file);
  const ended = once(process, 'exit');
  if (process.stdout) await once(process.stdout, 'data');
  await setTimeout(afterMs);
  process.kill('SIGKILL');
  return (await ended)[1] === 'SIGKILL';
}

const countNotes = (folder: TestFolder): unknown => {
  const db = connectSqlite(join(folder.path, 'store.db'));
  try {
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
    return db.prepare('SELECT count(*) FROM note').pluck().get();
  } finally {
    db.close();
  }
};

test(
  'encrypting a store may be killed at any moment: it is opened the next time, whole',
  () =>
    withFolder(async (folder) => {
      const rows = 20_000;
      writePlainStore(join(folder.path, 'plain.db'), rows);
      const plain = readFileSync(join(folder.path, 'plain.db'));
      let interrupted = 0;
      for (let afterMs = 0; afterMs < 240; afterMs += 30) {
        for (const name of readdirSync(folder.path).filter((each) => each.startsWith('store.db')))
          rmSync(join(folder.path, name));
        writeFileSync(join(folder.path, 'store.db'), plain);
        if (await killWhileOpening(join(folder.path, 'store.db'), afterMs)) interrupted += 1;
        expect(countNotes(folder)).toBe(rows);
        expect(readFileSync(join(folder.path, 'store.db'), 'latin1')).not.toContain(SECRET);
      }
      expect(interrupted).toBeGreaterThan(1);
    }),
  120_000,
);

test('processes that open a new store at once make it together', () =>
  withFolder(async (folder) => {
    const file = join(folder.path, 'data/store.db');
    const openers = Array.from({ length: 4 }, () => startOpening(file));
    const codes = await Promise.all(openers.map(async (opener) => (await once(opener, 'exit'))[0]));
    expect(codes).toEqual([0, 0, 0, 0]);
    await putNote(file);
    expect(await readNote(file)).toBe(SECRET);
  }));

test('a key is on disk, with its entry in its folder, before anything is encrypted with it', () =>
  withFolder(
    (folder) => {
      const opener = join(import.meta.dirname, 'open-store-process.ts');
      const called = ['fsync', 'fdatasync', 'link', 'openat', 'pwrite64', 'mkdir'];
      const calls = traceCalls(folder, called, opener, join(folder.path, 'data/store.db'));
      if (calls === null) return;
      const data = join(folder.path, 'data');
      const find = (...parts: readonly string[]) =>
        calls.findIndex((call) => parts.every((part) => call.includes(part)));
      const steps = [
        find('openat(', `${data}/keys/store.key.`, 'O_EXCL', '0600'),
        find('fsync(', `<${data}/keys/store.key.`),
        find('link(', `${data}/keys/store.key"`),
        find('fsync(', `<${data}/keys>`),
        find('pwrite64(', `<${data}/store.db>`),
      ];
      expect(steps.every((step) => step >= 0)).toBe(true);
      expect(steps).toEqual(steps.toSorted((a, b) => a - b));
      // The folders, too, are in those above them.
      for (const above of [data, folder.path])
        expect(find('fsync(', `<${above}>`)).toBeLessThan(steps.at(-1) ?? 0);
      expect(find('fsync(', `<${folder.path}>`)).toBeGreaterThan(-1);
    },
    { onDisk: true },
  ));
