import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import type { Store } from '../../src/store/store.ts';

let folder: string;
let store: Store;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'disk-'));
  store = openSqliteStore(join(folder, 'store.db'));
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

/** Rejects as better-sqlite3 throws from a statement or a commit. */
const rejectWith = (code: string) => () =>
  Promise.reject(Object.assign(new Error('disk I/O error'), { code }));
const putSharedValue = () => store.transaction((tx) => tx.sharedValues.put('n', '1'));
const STORE_UNUSABLE = expect.objectContaining({ code: 'store/unusable' });

test.each(['SQLITE_IOERR_FSYNC', 'SQLITE_IOERR_WRITE', 'SQLITE_CORRUPT'])(
  'after %s nothing is committed any more until a restart',
  async (code) => {
    await expect(store.transaction(rejectWith(code))).rejects.toEqual(STORE_UNUSABLE);
    await expect(putSharedValue()).rejects.toEqual(STORE_UNUSABLE);
    await expect(store.verifyWritable()).rejects.toEqual(STORE_UNUSABLE);
    await store.close();
    store = openSqliteStore(join(folder, 'store.db'));
    await putSharedValue();
  },
);

test('a full disk may have free space again', async () => {
  await expect(store.transaction(rejectWith('SQLITE_FULL'))).rejects.toEqual(STORE_UNUSABLE);
  await putSharedValue();
});
