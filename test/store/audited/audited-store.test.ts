import { describe, expect, test } from '@jest/globals';
import type { AuditEntry } from '../../../src/audit/audit-entry.ts';
import { buildAuditEntry } from '../../../src/audit/audit-entry.ts';
import { type AuditOrigin, runAs } from '../../../src/audit/audit-origin.ts';
import { createNameHash } from '../../../src/audit/name-hash.ts';
import { listTrailEntries } from '../../../src/audit/trail-file.ts';
import { createAuditedStore } from '../../../src/store/audited/audited-store.ts';
import type { Store, TransactionScope } from '../../../src/store/store.ts';
import { STORE_KINDS } from '../../support/store-kinds.ts';
import { useStore } from '../../support/with-store.ts';

const AT = new Date('2026-03-01T00:00:00.000Z');
const LI: AuditOrigin = { actor: 'm.li', kind: 'person', how: 'oidc', client: 'browser' };
const LAB: AuditOrigin = { actor: 'laboratory', kind: 'client', how: 'bearer', request: 'r-1' };

const SUBJECT = {
  ...{ study: 'st', subject: 'S-1', site: 'a', status: 'on-study' as const },
  ...{ enrolledOn: '2026-01-01', consentedOn: '2026-01-01' },
};

const VERSION = {
  ...{ site: 'a', resourceType: 'Observation', id: 'mrn-4711', senderVersion: null, senderUpdated: null },
  ...{ receivedAt: AT.toISOString(), door: 'rest', fhirVersion: '4.0' as const, body: '{}', digest: 'd1' },
  ...{ retention: 'kept' as const, disposition: 'mapped' as const },
};

const NO_INDEX = { identifiers: [], references: [] };
const SITE_A: TransactionScope = { site: 'a', part: 'site' };

async function readEntries(store: Store): Promise<readonly AuditEntry[]> {
  return store.read(async (tx) => {
    const entries: AuditEntry[] = [];
    for await (const { entry } of listTrailEntries(tx.audit)) entries.push(JSON.parse(entry));
    return entries;
  });
}

describe.each(STORE_KINDS)('%s', (_name, prepare) => {
  const testStore = useStore('test', prepare());
  let appended: number[] = [];

  const openAudited = (): Store => {
    appended = [];
    const hashes = createNameHash(Buffer.alloc(32, 1));
    const onAppended = (entries: number) => void appended.push(entries);
    return createAuditedStore(testStore.store, { hashes, now: () => AT, onAppended });
  };

  test('transactions that are committed together are in the name of whoever requested each', async () => {
    const store = openAudited();
    const add = (id: string) =>
      store.transaction((tx) => tx.inbox.addVersion({ ...VERSION, id }, NO_INDEX, true), SITE_A);
    await Promise.all([runAs(LI, () => add('1')), runAs(LAB, () => add('2')), add('3')]);
    expect(await readEntries(store)).toMatchObject([
      { actor: 'm.li', kind: 'person', how: 'oidc', client: 'browser' },
      { actor: 'laboratory', kind: 'client', how: 'bearer', request: 'r-1' },
      { actor: 'trial-adapter', kind: 'system', how: 'process' },
    ]);
    expect(appended).toEqual([1, 1, 1]);
  });

  test('an entry of a resource names its subjects and hashes, and not its id', async () => {
    const store = openAudited();
    await store.transaction(async (tx) => {
      await tx.facts.replaceForResource(VERSION, 'st', 'S-1', []);
      await tx.inbox.addVersion(VERSION, NO_INDEX, true);
    }, SITE_A);
    await store.transaction(
      (tx) => tx.inbox.addVersion({ ...VERSION, digest: 'd2' }, NO_INDEX, true),
      SITE_A,
    );
    const [first, second] = await readEntries(store);
    expect(first).toMatchObject({ action: 'resource.created', at: AT.toISOString(), about: ['st|S-1'] });
    expect(first).not.toHaveProperty('before');
    expect(second).toMatchObject({ action: 'resource.updated', object: first?.object, before: first?.after });
    expect(JSON.stringify([first, second])).not.toMatch(/4711|d1|d2/);
  });

  test('work that throws leaves no entry, and work that changes nothing has none', async () => {
    const store = openAudited();
    const failing = store.transaction(async (tx) => {
      await tx.subjects.put(SUBJECT);
      throw new Error('stop');
    });
    await expect(failing).rejects.toThrow('stop');
    await store.transaction((tx) => tx.subjects.get('st', 'S-1'));
    expect(await readEntries(store)).toEqual([]);
    expect(appended).toEqual([]);
  });

  test('a change of status says which it is', async () => {
    const store = openAudited();
    for (const status of ['on-study', 'withdrawn', 'on-study', 'off-study'] as const)
      await store.transaction((tx) => tx.subjects.put({ ...SUBJECT, status }));
    expect((await readEntries(store)).map(({ action }) => action)).toEqual([
      ...['subject.enrolled', 'subject.withdrawn', 'subject.resumed', 'subject.changed'],
    ]);
  });

  test('a shared value that changes has an entry, unless it only says how far something has come', async () => {
    const store = openAudited();
    const put = (name: string, value: string) => store.transaction((tx) => tx.sharedValues.put(name, value));
    for (const name of ['service', 'decisions', 'index-form', 'ingest:abc']) await put(name, '1');
    await put('seal-key', '1');
    await put('seal-key', '1');
    expect(await readEntries(store)).toMatchObject([
      { action: 'setting.changed', object: 'Setting/seal-key' },
    ]);
  });

  test('whoever knows more appends an entry, in place of the general one', async () => {
    const store = openAudited();
    const event = { action: 'criteria.signed', object: 'CriteriaSet/x|1' } as const;
    await runAs(LI, () =>
      store.transaction(async (tx) => {
        await tx.sharedValues.put('criteria-sign-off|x', '[]');
        await tx.audit.append(buildAuditEntry(event, AT));
      }),
    );
    expect(await readEntries(store)).toMatchObject([{ action: 'criteria.signed', actor: 'm.li' }]);
  });
});
