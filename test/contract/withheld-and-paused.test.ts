import { describe, expect, test } from '@jest/globals';
import { ensurePseudonymKey } from '../../src/service/exports/pseudonym-key.ts';
import { recordSitePause, selectCallableSites } from '../../src/writeback/site-pauses.ts';
import { STORE_KINDS } from '../support/store-kinds.ts';
import { useStore } from '../support/with-store.ts';

/** What every instance on one store must agree on: when an EHR may be called, and what an export calls a resource. */
describe.each(STORE_KINDS)('%s', (_name, prepare) => {
  const testStore = useStore('test', prepare());
  const now = new Date('2026-06-02T08:00:00.000Z');
  const record = (site: string, pauseMs: number) =>
    testStore.store.transaction((tx) => recordSitePause(tx, site, pauseMs, now), { site, part: 'site' });

  test('the longest pause that an EHR asked for holds, for its site and after a restart', async () => {
    await record('hz', 60_000);
    await record('hz', 10_000);
    await testStore.reopen();
    const select = (instant: string) => selectCallableSites(testStore.store, ['hz', 'bj'], instant);
    expect(await select('2026-06-02T08:00:59.999Z')).toEqual(['bj']);
    expect(await select('2026-06-02T08:01:00.000Z')).toEqual(['hz', 'bj']);
  });

  test('the key of the pseudonyms is created once for each study', async () => {
    const first = await Promise.all([1, 2, 3].map(() => ensurePseudonymKey(testStore.store, 'a')));
    await testStore.reopen();
    const keys = [...first, await ensurePseudonymKey(testStore.store, 'a')].map((key) =>
      Buffer.from(key).toString('hex'),
    );
    expect(new Set(keys).size).toBe(1);
    expect(keys[0]).toMatch(/^[0-9a-f]{64}$/);
    expect(Buffer.from(await ensurePseudonymKey(testStore.store, 'b')).toString('hex')).not.toBe(keys[0]);
  });
});
