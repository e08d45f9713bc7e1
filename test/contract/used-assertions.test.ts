import { describe, expect, test } from '@jest/globals';
import type { StoreTransaction } from '../../src/store/store.ts';
import { STORE_KINDS } from '../support/store-kinds.ts';
import { useStore } from '../support/with-store.ts';

const NOW = '2026-03-01T00:00:00.000Z';
const UNTIL = '2026-03-01T00:06:00.000Z';
const SITE = { site: 's', part: 'site' } as const;

describe.each(STORE_KINDS)('%s', (_name, prepare) => {
  const testStore = useStore('test', prepare());
  const use = (issuer: string, jti: string, now = NOW) =>
    testStore.store.transaction(
      (tx: StoreTransaction) => tx.usedAssertions.use(issuer, jti, UNTIL, now),
      SITE,
    );

  test('a jti is new once for each issuer, also after a restart', async () => {
    expect(await use('engine-1', 'a')).toBe(true);
    expect(await use('engine-1', 'a')).toBe(false);
    expect(await use('engine-2', 'a')).toBe(true);
    await testStore.reopen();
    expect(await use('engine-1', 'a')).toBe(false);
  });

  test('of many at once one is new', async () => {
    const results = await Promise.all(Array.from({ length: 50 }, () => use('engine-1', 'a')));
    expect(results.filter((isNew) => isNew)).toHaveLength(1);
  });

  test('what is refused by its time anyway is forgotten', async () => {
    expect(await use('engine-1', 'a')).toBe(true);
    expect(await use('engine-1', 'a', UNTIL)).toBe(true);
  });

  test('a use that fails is not noted', async () => {
    const failing = testStore.store.transaction(async (tx) => {
      await tx.usedAssertions.use('engine-1', 'a', UNTIL, NOW);
      throw new Error('stop');
    }, SITE);
    await expect(failing).rejects.toThrow('stop');
    expect(await use('engine-1', 'a')).toBe(true);
  });
});
