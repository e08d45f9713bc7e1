import { describe, expect, test } from '@jest/globals';
import type { ResourceVersion } from '../../src/store/inbox-store.ts';
import type { StoreTransaction } from '../../src/store/store.ts';
import { STORE_KINDS } from '../support/store-kinds.ts';
import { useStore } from '../support/with-store.ts';

const NO_INDEX = { identifiers: [], references: [] };

const buildVersion = (id: string, body: string | null): Omit<ResourceVersion, 'version'> => ({
  site: 's',
  resourceType: 'Observation',
  id,
  senderVersion: null,
  senderUpdated: null,
  receivedAt: '2026-03-01T00:00:00.000Z',
  door: 'test',
  fhirVersion: '4.0',
  body,
  digest: body === null ? null : `digest of ${id}`,
  retention: 'kept',
  disposition: 'mapped',
});

const buildKey = (id: string) => ({ site: 's', resourceType: 'Observation', id });
const A = { study: 'a', subject: 'S1' };
const B = { study: 'b', subject: 'Z1' };

describe.each(STORE_KINDS)('%s', (_name, prepare) => {
  const testStore = useStore('test', prepare());
  const tx = <T>(work: (tx: StoreTransaction) => Promise<T>) => testStore.store.transaction(work);

  test('a body is read as it was stored, by every query and after a restart', async () => {
    await tx(async (t) => {
      await t.inbox.addVersion(buildVersion('o1', '{"a":1.50}'), NO_INDEX, true, [A]);
      await t.inbox.addVersion(buildVersion('o2', '{"b":"ü"}'), NO_INDEX, true, [B, A]);
      await t.inbox.addVersion(buildVersion('product', '{"c":3}'), NO_INDEX, true);
      await t.inbox.addVersion(buildVersion('o1', '{"a":0}'), NO_INDEX, false);
      await t.inbox.addVersion(buildVersion('gone', null), NO_INDEX, true, [A]);
    });
    const bodies = ['{"a":1.50}', '{"b":"ü"}', '{"c":3}'];
    for (const read of [tx, <T>(work: (t: StoreTransaction) => Promise<T>) => testStore.store.read(work)]) {
      await read(async (t) => {
        expect((await t.inbox.listCurrent()).map(({ body }) => body)).toEqual(bodies);
        expect((await t.inbox.listCurrentPage(0, 9)).map(({ version }) => version.body)).toEqual(bodies);
        expect((await t.inbox.listVersions(buildKey('o1'))).map(({ body }) => body)).toEqual([
          '{"a":1.50}',
          '{"a":0}',
        ]);
        expect((await t.inbox.getCurrent(buildKey('o1')))?.body).toBe('{"a":1.50}');
        expect((await t.inbox.getCurrent(buildKey('gone')))?.body).toBeNull();
      });
      await testStore.reopen();
    }
  });

  test('a transaction that was undone leaves no key that a later one uses', async () => {
    const add = (id: string, fail: boolean) =>
      tx(async (t) => {
        await t.inbox.addVersion(buildVersion(id, `{"id":"${id}"}`), NO_INDEX, true, [A]);
        if (fail) throw new Error('stop');
      });
    const results = await Promise.allSettled([
      add('o1', true),
      add('o2', false),
      add('o3', true),
      add('o4', false),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected', 'fulfilled']);
    await expect(add('o5', true)).rejects.toThrow('stop');
    await add('o6', false);
    await testStore.reopen();
    const stored = await tx((t) => t.inbox.listCurrent());
    expect(stored.map(({ body }) => body)).toEqual(['{"id":"o2"}', '{"id":"o4"}', '{"id":"o6"}']);
  });
});
