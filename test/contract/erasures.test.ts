import { describe, expect, test } from '@jest/globals';
import type { SignedDecision } from '../../src/signatures/decision-manifest.ts';
import type { LoggedDecision } from '../../src/store/decision-log.ts';
import type { ResourceVersion } from '../../src/store/inbox-store.ts';
import type { StoreTransaction } from '../../src/store/store.ts';
import { STORE_KINDS } from '../support/store-kinds.ts';
import { useStore } from '../support/with-store.ts';

const NO_INDEX = { identifiers: [], references: [] };
const NOW = '2026-03-01T00:00:00.000Z';

const buildVersion = (id: string): Omit<ResourceVersion, 'version'> => ({
  site: 's',
  resourceType: 'Observation',
  id,
  senderVersion: null,
  senderUpdated: null,
  receivedAt: NOW,
  door: 'test',
  fhirVersion: '4.0',
  body: `{"id":"${id}"}`,
  digest: `digest of ${id}`,
  retention: 'kept',
  disposition: 'mapped',
});

const buildKey = (id: string) => ({ site: 's', resourceType: 'Observation', id });
const A = { study: 'a', subject: 'S1' };
const B = { study: 'b', subject: 'Z1' };
const RECORD = {
  at: NOW,
  by: 'M. Li',
  why: 'request',
  site: 's',
  studies: ['a'],
  person: 'hash',
  contents: 'hash',
  removed: {
    resources: 1,
    versions: 1,
    facts: 0,
    assessments: 0,
    outboxEntries: 0,
    identifiers: 0,
    workItems: 0,
    sealedPayloads: 0,
  },
};

const buildDecision = (more: Partial<LoggedDecision>): Omit<LoggedDecision, 'seq'> => ({
  ...{ kind: 'adjudication', record: 's Observation/x', site: 's', study: null, subject: null },
  ...{
    decision: { on: 'Zhang San' },
    by: 'M. Li',
    at: NOW,
    why: 'Zhang San',
    systemUser: 'mli',
    signed: null,
  },
  ...more,
});

describe.each(STORE_KINDS)('%s', (_name, prepare) => {
  const testStore = useStore('test', prepare());
  const tx = <T>(work: (tx: StoreTransaction) => Promise<T>) => testStore.store.transaction(work);

  test('a key that is destroyed opens nothing; what another owner needs is encrypted with theirs before', async () => {
    await tx(async (t) => {
      await t.inbox.addVersion(buildVersion('theirs'), NO_INDEX, true, [A]);
      await t.inbox.addVersion(buildVersion('shared'), NO_INDEX, true, [A, B]);
      await t.inbox.addVersion(buildVersion('other'), NO_INDEX, true, [B]);
    });
    await tx(async (t) => {
      expect((await t.erasures.listResourcesUnderKey(A)).map(({ id }) => id)).toEqual(['shared', 'theirs']);
      await t.erasures.moveToKey(buildKey('shared'), A, B);
      expect(await t.erasures.removeResource(buildKey('theirs'))).toEqual(['digest of theirs']);
      await t.erasures.removeSubject(A);
    });
    await testStore.reopen();
    await tx(async (t) => {
      expect(await t.inbox.getCurrent(buildKey('theirs'))).toBeUndefined();
      expect((await t.inbox.getCurrent(buildKey('shared')))?.body).toBe('{"id":"shared"}');
      expect((await t.inbox.getCurrent(buildKey('other')))?.body).toBe('{"id":"other"}');
      expect(await t.erasures.listResourcesUnderKey(A)).toEqual([]);
      // The number may be used again, with another key.
      await t.inbox.addVersion(buildVersion('theirs'), NO_INDEX, true, [A]);
      expect((await t.inbox.getCurrent(buildKey('theirs')))?.version).toBe(1);
    });
  });

  test('a content whose key was destroyed cannot be read, although its row is there', async () => {
    await tx((t) => t.inbox.addVersion(buildVersion('o1'), NO_INDEX, true, [A]));
    await tx((t) => t.erasures.removeSubject(A));
    const failure = expect.objectContaining({ code: 'store/unusable' });
    await expect(tx((t) => t.inbox.getCurrent(buildKey('o1')))).rejects.toEqual(failure);
    await testStore.reopen();
    await expect(tx((t) => t.inbox.getCurrent(buildKey('o1')))).rejects.toEqual(failure);
  });

  test('an erased person is remembered by hash, and the records are kept in order', async () => {
    await tx(async (t) => {
      const hash = t.erasures.hash('person');
      expect(await t.erasures.isErased([hash])).toBe(false);
      await t.erasures.remember([hash, hash]);
      await t.erasures.remember([hash]);
      await t.erasures.add(RECORD);
      await t.erasures.add({ ...RECORD, why: 'second' });
    });
    await testStore.reopen();
    await tx(async (t) => {
      expect(await t.erasures.isErased(['x', t.erasures.hash('person')])).toBe(true);
      expect(await t.erasures.isErased([t.erasures.hash('somebody else')])).toBe(false);
      expect(await t.erasures.list()).toEqual([RECORD, { ...RECORD, why: 'second' }]);
    });
  });

  test('an erased work item says nothing any more, nor do its decisions; others keep theirs', async () => {
    const need = { site: 's', reason: 'r', element: 'e', fix: 'f', waitsFor: null };
    const decision = { verdict: 'accepted', target: 'Zhang', by: 'me', at: NOW, why: 'Zhang San' } as const;
    const [erased, kept] = await tx(async (t) => [
      await t.workItems.hold({ ...need, group: 'Zhang San', detail: 'Zhang San' }, buildKey('o1'), NOW),
      await t.workItems.hold({ ...need, group: 'other', detail: 'd' }, buildKey('o1'), NOW),
    ]);
    await tx(async (t) => {
      for (const id of [erased, kept]) await t.workItems.accept(id ?? '', decision);
      await t.erasures.eraseWorkItem(erased ?? '');
    });
    const items = await tx((t) => t.workItems.list(null));
    const item = items.find(({ id }) => id === erased);
    expect(JSON.stringify(item)).not.toContain('Zhang');
    expect(item).toMatchObject({ status: 'resolved', decision: { by: 'me', at: NOW, why: null } });
    expect(items.find(({ id }) => id === kept)?.decision).toEqual(decision);
  });

  test('of decisions about an erased subject or work item, who and when remain; others stay as they are', async () => {
    const manifest = { reason: 'Zhang San' } as unknown as SignedDecision['manifest'];
    const signed: SignedDecision = { manifest, key: 'k', signature: 's' };
    const others = [
      buildDecision({ study: 'a', subject: 'S2' }),
      buildDecision({ study: 'b', subject: 'S1' }),
      buildDecision({ kind: 'work-item', record: 'W-2' }),
      buildDecision({ record: 'W-1' }),
      buildDecision({ kind: 'criteria-set', site: null }),
    ];
    await tx(async (t) => {
      await t.decisions.add(buildDecision({ ...A, signed, systemUser: null }));
      await t.decisions.add(buildDecision({ ...A, kind: 'outbox-entry' }));
      await t.decisions.add(buildDecision({ kind: 'work-item', record: 'W-1', why: 'Zhang\u0000 "San"' }));
      for (const other of others) await t.decisions.add(other);
    });
    // Twice: what is erased stays erased.
    for (const _time of [1, 2])
      await tx(async (t) => {
        await t.erasures.eraseWorkItem('W-1');
        await t.erasures.removeSubject(A);
      });
    const listed = await tx((t) => t.decisions.list({}));
    const [first, second, third, ...rest] = listed.map(({ seq: _seq, ...decision }) => decision);
    const remains = {
      ...{ record: 'erased', site: 's', study: null, subject: null, decision: null, by: 'M. Li', at: NOW },
      ...{ why: null, signed: null, isErased: true },
    };
    expect(first).toEqual({ ...remains, kind: 'adjudication', systemUser: null });
    expect(second).toEqual({ ...remains, kind: 'outbox-entry', systemUser: 'mli' });
    expect(third).toEqual({ ...remains, kind: 'work-item', systemUser: 'mli' });
    expect(rest).toEqual(others);
  });
});
