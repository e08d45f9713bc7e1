import { expect, test } from '@jest/globals';
import { buildPlateletCount, buildRespondingSubject } from '../stories/hospital-resources.ts';
import { POSTGRES_VERSIONS } from '../support/postgres-server.ts';
import { runInFolder } from '../support/run-cli.ts';
import { useFolder } from '../support/use-lifecycle.ts';
import { openTestStore, usePostgres } from '../support/with-postgres.ts';
import { TEST_SITE, useService } from '../support/with-service.ts';

const [version] = POSTGRES_VERSIONS;
if (!version) throw new Error('This platform has no PostgreSQL for tests.');
const postgres = usePostgres(version);
const folder = useFolder();
const adapter = useService('file', { ehr: ['p1', 'p2'] });

/** A study with everything that a store can hold: versions, sealed payloads, decided work, contests, what was written back. */
async function runStudy(): Promise<void> {
  await adapter.enrol('C-1', 'Patient/p1');
  await adapter.enrol('C-2', 'Patient/p2');
  for (const patient of ['p1', 'p2'])
    for (const resource of buildRespondingSubject(patient)) await adapter.send(resource);
  await adapter.send(buildPlateletCount('corrected', 'Patient/p1', 24.5, '2026-02-10'));
  await adapter.send(
    buildPlateletCount('corrected', 'Patient/p1', 25, '2026-02-10', { status: 'corrected' }),
  );
  await adapter.send(buildPlateletCount('gone', 'Patient/p1', 24, '2026-02-11'));
  await adapter.send({ resourceType: 'Observation', id: 'gone' }, { method: 'delete', resource: null });
  await adapter.send(buildPlateletCount('sealed', 'Patient/stranger', 24, '2026-02-11'));
  const unit = { valueQuantity: { value: 24, unit: 'Kilo/uL' } };
  await adapter.send(buildPlateletCount('odd', 'Patient/p2', 24, '2026-02-12', unit));
  const [item] = (await adapter.listOpenWork()).filter(({ reason }) => reason === 'unmapped-unit');
  await adapter.service.acceptWorkItem({ id: item?.id ?? '', target: null, by: 'me', why: 'known' });
  await adapter.assessAndDeliver();
  const identifier = [{ system: 'urn:lis', value: '1' }];
  await adapter.send(buildPlateletCount('late', 'Patient/p2', 90, '2026-04-12', { identifier }));
  await adapter.service.assessDueSubjects();
  await adapter.enrol('C-3', 'Patient/p3');
  await adapter.send(buildPlateletCount('erased', 'Patient/p3', 90, '2026-04-12', { code: { text: 'odd' } }));
  const decider = { by: 'me', why: 'request' };
  await adapter.service.erase({ study: 'msc-aa', subject: 'C-3', scope: null }, decider, false);
  await adapter.service.moveOutboxEntries('pending', 'paused', TEST_SITE);
}

const migrate = (url: string) =>
  runInFolder(folder, ['migrate', '--from', `sqlite:${adapter.config.dataDir}`, '--to', url, '--json']);

const nameDatabase = (url: string): string => new URL(url).pathname.slice(1);

interface MovedTables {
  readonly tables: readonly { readonly table: string; readonly rows: number }[];
  readonly reports: readonly { readonly study: string; readonly subjects: number }[];
}

test('a live study is moved with the proof that nothing changed, and goes on where it was', async () => {
  await runStudy();
  const before = {
    versions: await adapter.store.read((tx) => tx.inbox.listReceivedBefore(TEST_SITE, '9999')),
    outbox: await adapter.store.read((tx) => tx.outbox.list({})),
    work: await adapter.store.read((tx) => tx.workItems.list(null)),
  };
  await adapter.service.close();
  const url = await postgres.server.createDatabase();
  const moved = await migrate(url);
  expect(moved).toMatchObject({ code: 0 });
  const { tables, reports } = JSON.parse(moved.out) as MovedTables;
  const empty = tables.filter(({ rows }) => rows === 0).map(({ table }) => table);
  expect(empty).toEqual(['repeated_version', 'postponed', 'contested_identifier', 'used_assertion']);
  expect(reports.find(({ study }) => study === 'msc-aa')).toMatchObject({ subjects: 2 });

  const store = await openTestStore(url, adapter.config.keysDir);
  const after = await store.read(async (tx) => ({
    versions: await tx.inbox.listReceivedBefore(TEST_SITE, '9999'),
    outbox: await tx.outbox.list({}),
    work: await tx.workItems.list(null),
  }));
  expect(after).toEqual(before);
  // New rows continue after the numbers of the old ones.
  const key = { site: TEST_SITE, resourceType: 'Observation', id: 'new' };
  const [last] = before.versions.slice(-1);
  if (!last) throw new Error('Nothing was stored.');
  await store.transaction((tx) =>
    tx.inbox.addVersion({ ...last, ...key }, { identifiers: [], references: [] }, true),
  );
  const listed = await store.read((tx) => tx.inbox.listReceivedBefore(TEST_SITE, '9999'));
  expect(listed.at(-1)).toMatchObject(key);
  await store.close();

  const again = await migrate(url);
  expect([again.code, again.err]).toEqual([1, expect.stringContaining('not empty')]);
});

test('a move that would change a row stores nothing, and names the row', async () => {
  const url = await postgres.createStoreDatabase();
  const database = nameDatabase(url);
  await postgres.server.query(
    `CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
       IF NEW.id = 'late' THEN NEW.body := reverse(NEW.body); END IF; RETURN NEW; END $$`,
    database,
  );
  await postgres.server.query(
    'CREATE TRIGGER spoil BEFORE INSERT ON resource_version FOR EACH ROW EXECUTE FUNCTION spoil()',
    database,
  );
  const spoilt = await migrate(url);
  expect(spoilt.code).toBe(1);
  expect(spoilt.err).toContain('resource_version');
  expect(await postgres.server.query('SELECT 1 FROM resource_version', database)).toEqual([]);
});

test('nothing is moved beside a service on the database', async () => {
  const url = await postgres.createStoreDatabase();
  const store = await openTestStore(url, adapter.config.keysDir);
  await store.claimService('serve');
  expect((await migrate(url)).code).toBe(1);
  await store.close();
  expect((await migrate(url)).code).toBe(0);
});
