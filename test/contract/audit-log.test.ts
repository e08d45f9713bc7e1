import { describe, expect, test } from '@jest/globals';
import { computeLink, startChain } from '../../src/audit/audit-chain.ts';
import { buildAuditEntry } from '../../src/audit/audit-entry.ts';
import type { Store, TransactionScope } from '../../src/store/store.ts';
import { STORE_KINDS } from '../support/store-kinds.ts';
import { useStore } from '../support/with-store.ts';

const AT = new Date('2026-03-01T00:00:00.000Z');

const SITE_A: TransactionScope = { site: 'a', part: 'site' };
const SUBJECTS_OF_A: TransactionScope = { site: 'a', part: 'site-subject' };

function append(store: Store, request: string, scope?: TransactionScope, fails = false): Promise<void> {
  return store.transaction(async (tx) => {
    await tx.audit.append(buildAuditEntry({ action: 'data.read', detail: { request } }, AT));
    if (fails) throw new Error('stop');
  }, scope);
}

async function readTrail(store: Store) {
  return store.read(async (tx) => {
    const chains = [];
    for (const end of await tx.audit.listChainEnds()) {
      const entries = await tx.audit.listEntries(end.chain, 0, 1_000);
      chains.push({ end, entries });
    }
    return chains;
  });
}

/** Recomputes each chain from its entries alone. */
async function expectWholeChains(store: Store): Promise<readonly string[]> {
  const requests: string[] = [];
  for (const { end, entries } of await readTrail(store)) {
    let link = startChain(end.chain);
    for (const [index, { seq, entry, link: stored }] of entries.entries()) {
      link = computeLink(link, entry);
      expect({ seq, stored }).toEqual({ seq: index + 1, stored: link.toString('hex') });
      requests.push(JSON.parse(entry).detail.request);
    }
    expect(end).toEqual({ chain: end.chain, entries: entries.length, link: link.toString('hex') });
  }
  return requests.sort();
}

describe.each(STORE_KINDS)('%s', (_name, prepare) => {
  const testStore = useStore('test', prepare());

  test('an empty trail has no chain', async () => {
    expect(await readTrail(testStore.store)).toEqual([]);
  });

  test('entries of transactions that run at once form whole chains', async () => {
    const { store } = testStore;
    const scopes = [undefined, SITE_A, SUBJECTS_OF_A, { site: 'b', part: 'site' } as const];
    const numbers = Array.from({ length: 40 }, (_, number) => `r${String(number).padStart(2, '0')}`);
    await Promise.all(numbers.map((request, index) => append(store, request, scopes[index % 4])));
    expect(await expectWholeChains(store)).toEqual(numbers);
  });

  test('an entry of work that fails is not in the chain, and those beside it are', async () => {
    const { store } = testStore;
    const results = await Promise.allSettled([
      append(store, 'before', SITE_A),
      append(store, 'failing', SITE_A, true),
      append(store, 'after', SITE_A),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await expectWholeChains(store)).toEqual(['after', 'before']);
  });

  test('a chain goes on after the store was opened again', async () => {
    await append(testStore.store, 'first', SITE_A);
    await testStore.reopen();
    await append(testStore.store, 'second', SITE_A);
    expect(await expectWholeChains(testStore.store)).toEqual(['first', 'second']);
  });

  test('text of any kind comes back as it was', async () => {
    await append(testStore.store, 'ä"\\\u2028 \u{1f600}', SITE_A);
    expect(await expectWholeChains(testStore.store)).toEqual(['ä"\\\u2028 \u{1f600}']);
  });

  test('signed heads are numbered and listed by pages; a number is taken once', async () => {
    const { store } = testStore;
    expect(await store.read((tx) => tx.audit.getLastHead())).toBeUndefined();
    for (const number of [1, 2, 3])
      await store.transaction((tx) => tx.audit.addHead({ number, head: `{"head":${number}}` }));
    await expect(store.transaction((tx) => tx.audit.addHead({ number: 3, head: '{}' }))).rejects.toThrow();
    expect(await store.read((tx) => tx.audit.getLastHead())).toEqual({ number: 3, head: '{"head":3}' });
    expect(await store.read((tx) => tx.audit.listHeads(1, 1))).toEqual([{ number: 2, head: '{"head":2}' }]);
  });
});
