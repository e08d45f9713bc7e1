import { expect, test } from '@jest/globals';
import { useStore } from '../support/with-store.ts';

const testStore = useStore('test');

/** Rejects as better-sqlite3 throws from a statement or a commit. */
const rejectWith = (code: string) => () =>
  Promise.reject(Object.assign(new Error('disk I/O error'), { code }));
const putSharedValue = () => testStore.store.transaction((tx) => tx.sharedValues.put('n', '1'));
const STORE_UNUSABLE = expect.objectContaining({ code: 'store/unusable' });

test.each(['SQLITE_IOERR_FSYNC', 'SQLITE_IOERR_WRITE', 'SQLITE_CORRUPT'])(
  'after %s nothing is committed any more until a restart',
  async (code) => {
    await expect(testStore.store.transaction(rejectWith(code))).rejects.toEqual(STORE_UNUSABLE);
    await expect(putSharedValue()).rejects.toEqual(STORE_UNUSABLE);
    await expect(testStore.store.verifyWritable()).rejects.toEqual(STORE_UNUSABLE);
    await testStore.reopen();
    await putSharedValue();
  },
);

test('a full disk may have free space again', async () => {
  await expect(testStore.store.transaction(rejectWith('SQLITE_FULL'))).rejects.toEqual(
    expect.objectContaining({ code: 'store/full' }),
  );
  await putSharedValue();
});
