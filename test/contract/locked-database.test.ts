import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type Sqlite from 'better-sqlite3-multiple-ciphers';
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import { withFolder } from '../support/with-folder.ts';
import { connectSqlite } from '../support/with-sqlite.ts';

/**
 * Another process holds the write lock. How long a transaction waits is measured by a clock that the test moves: the wait of
 * SQLite itself counts too, and no test depends on the speed of the machine.
 */
async function withLockedStore(
  advance: () => number,
  work: (write: () => Promise<void>, other: Sqlite.Database, countReadings: () => number) => Promise<void>,
): Promise<void> {
  await withFolder(async (folder) => {
    const file = join(folder.path, 'store.db');
    let time = 0;
    let readings = 0;
    const now = () => {
      readings++;
      time += advance();
      return time;
    };
    const store = openSqliteStore(file, { now });
    const other = connectSqlite(file);
    other.exec('BEGIN IMMEDIATE');
    try {
      const write = () => store.transaction((tx) => tx.sharedValues.put('n', '1'));
      await work(write, other, () => readings);
    } finally {
      other.close();
      await store.close();
    }
  });
}

const STORE_BUSY = expect.objectContaining({ code: 'store/busy' });

test('a transaction waits for a lock for five seconds by the clock, not for a number of attempts', async () => {
  await withLockedStore(
    () => 1_000,
    async (write, _other, countReadings) => {
      await expect(write()).rejects.toEqual(STORE_BUSY);
      expect(countReadings()).toBeLessThan(10);
    },
  );
});

test('transactions that arrive while another waits do not wait for the lock a second time', async () => {
  await withLockedStore(
    () => 500,
    async (write, _other, countReadings) => {
      const outcomes = await Promise.allSettled([write(), write(), write()]);
      expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
      expect(countReadings()).toBeLessThan(20);
    },
  );
});

test('a lock that is released in time delays the transaction and nothing else', async () => {
  await withLockedStore(
    () => 0,
    async (write, other) => {
      const written = write();
      await new Promise((resolve) => setTimeout(resolve, 100));
      other.exec('ROLLBACK');
      await written;
      other.exec('BEGIN IMMEDIATE');
      other.exec('ROLLBACK');
      await write();
    },
  );
});
