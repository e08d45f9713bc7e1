import { expect, test } from '@jest/globals';
import type { ResourceVersion } from '../../../src/store/inbox-store.ts';
import { openPostgresStore } from '../../../src/store/postgres/postgres-store.ts';
import type { Store, StoreTransaction } from '../../../src/store/store.ts';
import { POSTGRES_VERSIONS } from '../../support/postgres-server.ts';
import { requireOpen, useLifecycle } from '../../support/use-lifecycle.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { openTestStore, TEST_OPTIONS, usePostgres } from '../../support/with-postgres.ts';

const [version] = POSTGRES_VERSIONS.slice(-1);
if (!version) throw new Error('This platform has no PostgreSQL for tests.');
const postgres = usePostgres(version);

/** Two instances on one database. */
let instances: { readonly url: string; readonly one: Store; readonly other: Store } | null = null;
useLifecycle('test', {
  async open() {
    const url = await postgres.createStoreDatabase();
    instances = { url, one: await openTestStore(url), other: await openTestStore(url) };
  },
  async close() {
    await Promise.all([instances?.one.close(), instances?.other.close()]);
    instances = null;
  },
});
const open = () => requireOpen(instances, 'The store');

const SITE = { site: 's', part: 'site' } as const;
const KEY = { site: 's', resourceType: 'Observation', id: 'o1' };
const NO_INDEX = { identifiers: [], references: [] };
const STORE_BUSY = expect.objectContaining({ code: 'store/busy' });

const buildVersion = (body: string, key = KEY): Omit<ResourceVersion, 'version'> => ({
  ...{
    ...key,
    senderVersion: null,
    senderUpdated: null,
    receivedAt: '2026-03-01',
    door: 'test',
    fhirVersion: '4.0',
  },
  ...{ body, digest: body, retention: 'kept', disposition: 'mapped' },
});

/** Stores the content as a new version unless the current one has it, as the service does; returns its number. */
async function addOnce(tx: StoreTransaction, body: string): Promise<number> {
  const current = await tx.inbox.getCurrent(KEY);
  if (current?.body === body) return current.version;
  // Others have time to do the same.
  await new Promise((resolve) => setTimeout(resolve, 20));
  return tx.inbox.addVersion(buildVersion(body), NO_INDEX, true);
}

/** Ends every connection of the adapter from the side of the server. */
const endConnections = () =>
  postgres.server.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'trial-adapter'`,
  );

const SUBJECT = {
  ...{ study: 'st', subject: 'S1', site: 's' },
  ...{ enrolledOn: '2026-01-01', consentedOn: '2026-01-01', status: 'on-study' as const },
};

test('two instances that receive the same content at the same time store one version', async () => {
  const { one, other } = open();
  const stores = [one, other, one, other];
  const versions = await Promise.all(
    stores.map((store) => store.transaction((tx) => addOnce(tx, 'a'), SITE)),
  );
  expect(versions).toEqual([1, 1, 1, 1]);
  await Promise.all(stores.map((store, n) => store.transaction((tx) => addOnce(tx, `b${n}`), SITE)));
  const stored = await one.read((tx) => tx.inbox.listVersions(KEY));
  expect(stored.map((row) => row.version)).toEqual([1, 2, 3, 4, 5]);
  expect(stored.filter((row) => row.disposition !== 'superseded')).toHaveLength(1);
});

test('a transaction of the whole store waits for those of its sites, and they for it', async () => {
  const { one, other } = open();
  const order: string[] = [];
  const record = (name: string) => async (tx: StoreTransaction) => {
    order.push(`${name} begins`);
    await addOnce(tx, name);
    order.push(`${name} ends`);
  };
  await Promise.all([one.transaction(record('site'), SITE), other.transaction(record('whole'))]);
  expect(order[1]).toBe(order[0]?.replace('begins', 'ends'));
  expect(order).toHaveLength(4);
});

test('transactions of two sites do not wait for each other, nor those of two subjects of a site', async () => {
  const { one, other } = open();
  const first = Promise.withResolvers<void>();
  const second = Promise.withResolvers<void>();
  const meet = (mine: PromiseWithResolvers<void>, theirs: PromiseWithResolvers<void>) => async () => {
    mine.resolve();
    await theirs.promise;
  };
  await Promise.all([
    one.transaction(meet(first, second), SITE),
    other.transaction(meet(second, first), { site: 'other', part: 'site' }),
  ]);
  const [third, fourth] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const SUBJECTS = { site: 's', part: 'site-subject' } as const;
  await Promise.all([
    one.transaction(meet(third, fourth), SUBJECTS),
    other.transaction(meet(fourth, third), SUBJECTS),
  ]);
});

test('a subject is assessed by one instance, and a change meanwhile is assessed again', async () => {
  const { one, other } = open();
  await one.transaction(async (tx) => {
    await tx.subjects.put(SUBJECT);
    await tx.subjects.markForAssessment('st', 'S1');
  });
  const SUBJECTS = { site: 's', part: 'site-subject' } as const;
  const claim = (tx: StoreTransaction) => tx.subjects.claimForAssessment('st', 'S1');
  const assessed = Promise.withResolvers<void>();
  const claimed = Promise.withResolvers<void>();
  const assessing = one.transaction(async (tx) => {
    const mark = await claim(tx);
    claimed.resolve();
    await assessed.promise;
    await tx.subjects.clearAssessmentMark('st', 'S1', mark ?? 0);
    return mark;
  }, SUBJECTS);
  await claimed.promise;
  expect(await other.transaction(claim, SUBJECTS)).toBeNull();
  const marking = other.transaction((tx) => tx.subjects.markForAssessment('st', 'S1'), SITE);
  assessed.resolve();
  expect(await assessing).toBe(1);
  await marking;
  expect(await other.transaction(claim, SUBJECTS)).toBe(2);
});

test('two sites that take the same number at once see each other when their work runs again', async () => {
  const { one, other } = open();
  const enrol = (store: Store, site: string) =>
    store.transaction(
      async (tx) => {
        const known = await tx.subjects.get('st', 'S1');
        if (known) return `taken by ${known.site}`;
        await new Promise((resolve) => setTimeout(resolve, 50));
        await tx.subjects.put({ ...SUBJECT, site });
        return 'enrolled';
      },
      { site, part: 'site' },
    );
  const outcomes = await Promise.all([enrol(one, 'a'), enrol(other, 'b')]);
  const [subject] = await one.read((tx) => tx.subjects.list('st'));
  expect(outcomes.sort()).toEqual(['enrolled', `taken by ${subject?.site}`]);
});

test('a lost connection fails what is under way, stores nothing of it, and the next works', async () => {
  const { one, other } = open();
  const cut = one.transaction(async (tx) => {
    await tx.inbox.addVersion(buildVersion('a'), NO_INDEX, true);
    await endConnections();
    await tx.inbox.addVersion(buildVersion('b'), NO_INDEX, true);
  }, SITE);
  await expect(cut).rejects.toEqual(STORE_BUSY);
  await expect(
    one.read(async (tx) => {
      await endConnections();
      await tx.inbox.countCurrent();
    }),
  ).rejects.toEqual(STORE_BUSY);
  for (const store of [one, other]) await store.transaction((tx) => addOnce(tx, 'c'), SITE);
  expect(await one.read((tx) => tx.inbox.listVersions(KEY))).toMatchObject([{ version: 1, body: 'c' }]);
});

test('what was acknowledged is there after the server crashed, and both instances go on', async () => {
  const { one, other } = open();
  await one.transaction((tx) => addOnce(tx, 'a'), SITE);
  await postgres.server.restart();
  await other.verifyWritable();
  expect(await other.transaction((tx) => addOnce(tx, 'a'), SITE)).toBe(1);
  expect(await one.read((tx) => tx.inbox.countCurrent())).toBe(1);
});

test('one instance sends to a site at a time', async () => {
  const { one, other } = open();
  const claim = await one.claimDelivery('s');
  expect(claim?.isHeld()).toBe(true);
  expect(await other.claimDelivery('s')).toBeNull();
  expect(await other.claimDelivery('other')).not.toBeNull();
  await claim?.release();
  expect(await other.claimDelivery('s')).not.toBeNull();
  expect(await one.claimDelivery('s')).toBeNull();
});

test('a claim that was lost is not held, and free again when nothing of it can be on its way', async () => {
  const { url, one, other } = open();
  const claim = await one.claimDelivery('s');
  await endConnections();
  await waitUntil(() => claim?.isHeld() === false);
  // The connection of this instance was cut too: its first call may be the one that notices.
  await other.claimDelivery('elsewhere').catch(() => null);
  expect(await other.claimDelivery('s')).toBeNull();
  const age = `UPDATE delivery_claim SET claimed_at = claimed_at - interval '60 seconds'`;
  await postgres.server.query(age, new URL(url).pathname.slice(1));
  expect((await other.claimDelivery('s'))?.isHeld()).toBe(true);
});

test('any number of instances may serve; work that needs the store alone is refused beside one', async () => {
  const { one, other } = open();
  const serving = await one.claimService('serve');
  const second = await other.claimService('serve');
  expect([serving, second]).not.toContain(null);
  await second?.release();
  expect(await other.claimService('alone')).toBeNull();
  await serving?.release();
  const alone = await other.claimService('alone');
  expect(alone).not.toBeNull();
  expect(await one.claimService('serve')).toBeNull();
});

test('an instance is woken by the work that another has committed, also while it was not waiting', async () => {
  const { url, one } = open();
  // It looks by itself too late for this test: only a notification wakes it.
  const woken = await openPostgresStore({ ...TEST_OPTIONS, url, pollMs: 3_600_000, studies: [] });
  try {
    const stop = new AbortController();
    const early = woken.waitForWork('assessment', AbortSignal.abort());
    await early;
    await one.transaction(async (tx) => {
      await tx.subjects.put(SUBJECT);
      await tx.subjects.markForAssessment('st', 'S1');
    });
    await woken.waitForWork('assessment', stop.signal);
    let isElsewhereWoken = false;
    const elsewhere = woken.waitForWork({ deliveryTo: 'elsewhere' }, stop.signal).then(() => {
      isElsewhereWoken = true;
    });
    const delivery = woken.waitForWork({ deliveryTo: 's' }, stop.signal);
    const entry = { site: 's', study: 'st', subject: 'S1', identifier: 'i|1', resourceType: 'Observation' };
    await one.transaction((tx) => tx.outbox.enqueue({ ...entry, resource: '{}', provenance: null }, '2026'));
    await delivery;
    expect(isElsewhereWoken).toBe(false);
    stop.abort();
    await elsewhere;
  } finally {
    await woken.close();
  }
});

test('an error of a statement that nobody waited for fails the transaction, and only its own', async () => {
  const { one } = open();
  const outcomes = await Promise.allSettled([
    one.transaction((tx) => tx.sharedValues.put('a', '1'), SITE),
    // PostgreSQL has no text with this character.
    one.transaction((tx) => tx.sharedValues.put('b', '\0'), SITE),
    one.transaction((tx) => tx.sharedValues.put('c', '1'), SITE),
  ]);
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  const read = (name: string) => one.read((tx) => tx.sharedValues.get(name));
  expect([await read('a'), await read('b'), await read('c')]).toEqual(['1', null, '1']);
});

test('identifiers that are longer than an index entry are found', async () => {
  const { one } = open();
  const long = `urn:mrn|${Array.from({ length: 4_000 }, (_, n) => n).join('.')}`;
  const index = { identifiers: [long], references: [long] };
  await one.transaction((tx) => tx.inbox.addVersion(buildVersion('a'), index, true), SITE);
  expect(await one.read((tx) => tx.inbox.findIdsByIdentifier('s', 'Observation', long))).toEqual(['o1']);
  expect(await one.read((tx) => tx.inbox.listReferrers('s', long))).toEqual([KEY]);
});
