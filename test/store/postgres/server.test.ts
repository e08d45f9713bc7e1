import { expect, test } from '@jest/globals';
import { buildAuditEntry } from '../../../src/audit/audit-entry.ts';
import { openPostgresStore } from '../../../src/store/postgres/postgres-store.ts';
import { POSTGRES_MIGRATIONS } from '../../../src/store/postgres/schema/migrations.ts';
import type { Store, StoreTransaction } from '../../../src/store/store.ts';
import { POSTGRES_VERSIONS } from '../../support/postgres-server.ts';
import { openTestStore, TEST_OPTIONS, usePostgres } from '../../support/with-postgres.ts';

const [version] = POSTGRES_VERSIONS;
if (!version) throw new Error('This platform has no PostgreSQL for tests.');
const postgres = usePostgres(version);

const NO_INDEX = { identifiers: [], references: [] };
const STORE_UNUSABLE = expect.objectContaining({ code: 'store/unusable' });

const nameDatabase = (url: string): string => new URL(url).pathname.slice(1);

async function withOpenedStore<T>(open: Promise<Store>, work: (store: Store) => Promise<T>): Promise<T> {
  const store = await open;
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

const addVersion = (tx: StoreTransaction, site: string) =>
  tx.inbox.addVersion(
    {
      ...{
        site,
        resourceType: 'Observation',
        id: 'o1',
        senderVersion: null,
        senderUpdated: null,
        door: 'test',
      },
      ...{
        receivedAt: '2026-03-01',
        fhirVersion: '4.0',
        body: site,
        digest: site,
        retention: 'kept',
        disposition: 'mapped',
      },
    },
    NO_INDEX,
    true,
  );

test('instances that start at once on an empty database make its schema once', async () => {
  const url = await postgres.server.createDatabase();
  const stores = await Promise.all([1, 2, 3, 4].map(() => openTestStore(url)));
  await Promise.all(stores.map((store, n) => store.transaction((tx) => tx.sharedValues.put(`n${n}`, '1'))));
  await Promise.all(stores.map((store) => store.close()));
  const versions = await postgres.server.query(
    'SELECT version FROM schema_version ORDER BY version',
    nameDatabase(url),
  );
  expect(versions).toEqual(POSTGRES_MIGRATIONS.map((_, step) => ({ version: step + 1 })));
});

test('a schema of a newer version is refused', async () => {
  const url = await postgres.createStoreDatabase();
  await postgres.server.query('INSERT INTO schema_version VALUES (999)', nameDatabase(url));
  await expect(openTestStore(url)).rejects.toEqual(STORE_UNUSABLE);
});

test.each(['synchronous_commit = off'])(
  'a database with %s may lose commits, and is refused',
  async (setting) => {
    const url = await postgres.createStoreDatabase();
    const alter = (text: string) => postgres.server.query(`ALTER DATABASE ${nameDatabase(url)} SET ${text}`);
    await alter(setting);
    await expect(openTestStore(url)).rejects.toEqual(STORE_UNUSABLE);
    await alter('synchronous_commit = on');
    await withOpenedStore(openTestStore(url), (store) => store.verifyWritable());
  },
);

test('text is ordered by bytes, whatever the locale of the database', async () => {
  const [server] = await postgres.server.query<{ version: number }>(
    `SELECT current_setting('server_version_num')::integer AS version`,
  );
  // Before 15, a database has no locale of its own provider that every machine has.
  if ((server?.version ?? 0) < 150_000) return;
  await postgres.server.query(
    `CREATE DATABASE english TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en' LOCALE 'C'`,
  );
  const [usual] = await postgres.server.query<{ less: boolean }>(`SELECT 'a' < 'B' AS less`, 'english');
  expect(usual?.less).toBe(true);
  await withOpenedStore(openTestStore(postgres.server.getUrl('english')), async (store) => {
    const dates = { enrolledOn: '2026-01-01', consentedOn: '2026-01-01', status: 'on-study' } as const;
    await store.transaction(async ({ subjects }) => {
      for (const subject of ['a', 'B']) await subjects.put({ study: 'st', subject, site: 's', ...dates });
    });
    const listed = await store.read((tx) => tx.subjects.list('st'));
    expect(listed.map(({ subject }) => subject)).toEqual(['B', 'a']);
  });
});

test('a wrong name and a wrong user are told apart from a server that does not answer', async () => {
  const { server } = postgres;
  await expect(openTestStore(server.getUrl('nowhere'))).rejects.toEqual(STORE_UNUSABLE);
  await expect(openTestStore(server.getUrl('postgres', 'nobody'))).rejects.toEqual(STORE_UNUSABLE);
  await expect(openTestStore('postgres://nobody@localhost/x?host=/nowhere')).rejects.toMatchObject({
    code: 'store/busy',
  });
});

test('the role of the service owns nothing: a transaction of one site neither sees nor changes another', async () => {
  const ownerUrl = await postgres.server.createDatabase();
  const database = nameDatabase(ownerUrl);
  await postgres.server.query('CREATE ROLE app LOGIN');
  const url = postgres.server.getUrl(database, 'app');
  // Without the owner, the role cannot make the schema.
  await expect(openTestStore(url)).rejects.toEqual(STORE_UNUSABLE);
  const owned = await postgres.server.query(
    `SELECT 1 FROM pg_class WHERE relowner = 'app'::regrole`,
    database,
  );
  expect(owned).toEqual([]);

  const openApp = openPostgresStore({ ...TEST_OPTIONS, url, ownerUrl, studies: ['msc-aa', 'other'] });
  await withOpenedStore(openApp, async (store) => {
    const at = (site: string) => ({ site, part: 'site' }) as const;
    const countVisible = (tx: StoreTransaction) => tx.inbox.countCurrent();
    await store.transaction((tx) => addVersion(tx, 'a'), at('a'));
    await store.transaction((tx) => addVersion(tx, 'b'), at('b'));
    expect(await store.transaction(countVisible, at('a'))).toBe(1);
    expect(await store.transaction(countVisible)).toBe(2);
    await expect(store.transaction((tx) => addVersion(tx, 'b'), at('a'))).rejects.toEqual(STORE_UNUSABLE);
    expect(await store.transaction(countVisible, at('b'))).toBe(1);
  });
  // The control: without the policies, the same transaction sees both.
  await postgres.server.query('ALTER TABLE resource_version DISABLE ROW LEVEL SECURITY', database);
  await withOpenedStore(openTestStore(url), async (store) => {
    const seen = store.transaction((tx) => tx.inbox.countCurrent(), { site: 'a', part: 'site' });
    expect(await seen).toBe(2);
  });
});

const appendEntry = (tx: StoreTransaction) =>
  tx.audit.append(buildAuditEntry({ action: 'data.read' }, new Date('2026-03-01T00:00:00.000Z')));

test('the audit trail is only appended, by the role of the service and by the one that owns it', async () => {
  const ownerUrl = await postgres.server.createDatabase();
  const database = nameDatabase(ownerUrl);
  await postgres.server.query('CREATE ROLE recorder LOGIN');
  const url = postgres.server.getUrl(database, 'recorder');
  const opened = openPostgresStore({ ...TEST_OPTIONS, url, ownerUrl, studies: [] });
  await withOpenedStore(opened, async (store) => {
    await store.transaction(appendEntry, { site: 'a', part: 'site' });
    await store.transaction((tx) => tx.audit.addHead({ number: 1, head: '{}' }));
  });
  for (const table of ['audit_entry', 'audit_head']) {
    const changes = [`UPDATE ${table} SET ${table === 'audit_entry' ? 'entry' : 'head'} = '{}'`];
    for (const change of [...changes, `DELETE FROM ${table}`, `TRUNCATE ${table}`]) {
      await expect(postgres.server.query(change, database)).rejects.toThrow('only appended');
      await expect(postgres.server.query(`SET ROLE recorder; ${change}`, database)).rejects.toThrow(
        'permission',
      );
    }
  }
  // The control: without the triggers, the owner changes it.
  await postgres.server.query('ALTER TABLE audit_entry DISABLE TRIGGER ALL', database);
  await postgres.server.query(`UPDATE audit_entry SET entry = '{}'`, database);
});

test('the role of the service erases decisions about an erased subject; nobody changes or removes any other', async () => {
  const ownerUrl = await postgres.server.createDatabase();
  const database = nameDatabase(ownerUrl);
  await postgres.server.query('CREATE ROLE eraser LOGIN');
  const url = postgres.server.getUrl(database, 'eraser');
  const opened = openPostgresStore({ ...TEST_OPTIONS, url, ownerUrl, studies: [] });
  await withOpenedStore(opened, async (store) => {
    const dates = { enrolledOn: '2026-01-01', consentedOn: '2026-01-01', status: 'on-study' } as const;
    await store.transaction(async ({ subjects, decisions }) => {
      for (const subject of ['S1', 'S2']) {
        await subjects.put({ study: 'st', subject, site: 's', ...dates });
        await decisions.add({
          ...{ kind: 'adjudication', record: `s Observation/${subject}`, site: 's', study: 'st', subject },
          ...{ decision: {}, by: 'M. Li', at: '2026-01-02', why: 'x', systemUser: null, signed: null },
        });
      }
    });
    await store.transaction((tx) => tx.erasures.removeSubject({ study: 'st', subject: 'S1' }));
    const list = () => store.read((tx) => tx.decisions.list({}));
    const listed = await list();
    expect(listed.map(({ isErased, why }) => [isErased, why])).toEqual([
      [true, null],
      [undefined, 'x'],
    ]);
    const contentOf = (condition: string) =>
      `(SELECT content FROM decision_log WHERE record ${condition} 'erased')`;
    const refused = [
      `UPDATE decision_log SET record = 'erased', content = ${contentOf('=')} WHERE record <> 'erased'`,
      `UPDATE decision_log SET content = ${contentOf('<>')} WHERE record = 'erased'`,
      `UPDATE decision_log SET content = replace(content, 'M. Li', 'Somebody') WHERE record = 'erased'`,
      'DELETE FROM decision_log',
    ];
    for (const statement of refused)
      await expect(postgres.server.query(statement, database)).rejects.toThrow('never changed or removed');
    expect(await list()).toEqual(listed);
  });
});

test('each study has a table of its facts; those stored before move there', async () => {
  const url = await postgres.createStoreDatabase();
  const key = { site: 's', resourceType: 'Observation', id: 'o1' };
  const fact = { key: 'k', at: { earliestDay: '2026-03-01' } } as never;
  await withOpenedStore(openTestStore(url), (store) =>
    store.transaction(async (tx) => {
      for (const study of ['msc-aa', 'late']) await tx.facts.replaceForResource(key, study, 'S1', [fact]);
    }),
  );
  const count = async () =>
    (
      await postgres.server.query<{ study: string; part: string }>(
        `SELECT study, tableoid::regclass::text AS part FROM fact ORDER BY study`,
        nameDatabase(url),
      )
    ).map(({ study, part }) => [study, part === 'fact_other']);
  expect(await count()).toEqual([
    ['late', true],
    ['msc-aa', false],
  ]);
  await withOpenedStore(
    openPostgresStore({ ...TEST_OPTIONS, url, studies: ['msc-aa', 'late'] }),
    async (store) => expect(await store.read((tx) => tx.facts.listForSubject('late', 'S1'))).toHaveLength(1),
  );
  expect(await count()).toEqual([
    ['late', false],
    ['msc-aa', false],
  ]);
});
