import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { openSqliteStore } from '../../src/store/sqlite/sqlite.ts';
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

/** As better-sqlite3 throws it out of a statement or a commit. */
const thrown = (code: string) => () => Promise.reject(Object.assign(new Error('disk I/O error'), { code }));
const note = () => store.transaction((tx) => tx.notes.put('n', '1'));
const UNUSABLE = expect.objectContaining({ code: 'store/unusable' });

test.each(['SQLITE_IOERR_FSYNC', 'SQLITE_IOERR_WRITE', 'SQLITE_CORRUPT'])(
  'after %s nothing is acknowledged any more until a new start',
  async (code) => {
    await expect(store.transaction(thrown(code))).rejects.toEqual(UNUSABLE);
    await expect(note()).rejects.toEqual(UNUSABLE);
    await expect(store.verify()).rejects.toEqual(UNUSABLE);
    await store.close();
    store = openSqliteStore(join(folder, 'store.db'));
    await note();
  },
);

test('a full disk may have room again', async () => {
  await expect(store.transaction(thrown('SQLITE_FULL'))).rejects.toEqual(UNUSABLE);
  await note();
});
