import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import Sqlite from 'better-sqlite3';
import { groupCommit } from '../../src/store/sqlite/group-commit.ts';

/** A database whose commit fails once, as where the disk cannot sync. */
function failingOnce(db: Sqlite.Database): Sqlite.Database {
  let failures = 1;
  const prepare = (sql: string) => {
    const statement = db.prepare(sql);
    if (sql !== 'COMMIT') return statement;
    const run = () => {
      if (failures-- > 0) throw Object.assign(new Error('disk I/O error'), { code: 'SQLITE_IOERR_FSYNC' });
      return statement.run();
    };
    return { run };
  };
  return new Proxy(db, {
    get(target, name) {
      if (name === 'prepare') return prepare;
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

test('what could not be synced is acknowledged to nobody, and nothing of it stays', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'commit-'));
  const db = new Sqlite(join(folder, 'store.db'));
  db.exec('CREATE TABLE t (n INTEGER)');
  const insert = db.prepare('INSERT INTO t VALUES (?)');
  const write = groupCommit(failingOnce(db), 'IMMEDIATE');
  const first = await Promise.allSettled([1, 2].map((n) => write(async () => insert.run(n))));
  expect(first.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  await write(async () => insert.run(3));
  expect(db.prepare('SELECT n FROM t').pluck().all()).toEqual([3]);
  db.close();
  rmSync(folder, { recursive: true });
});
