import { expect, test } from '@jest/globals';
import type Sqlite from 'better-sqlite3-multiple-ciphers';
import { MIGRATIONS } from '../../src/store/sqlite/schema/migrations.ts';
import type { Store } from '../../src/store/store.ts';
import { withStore } from '../support/with-store.ts';

/** Creates the tables as they were before the step with the text in its SQL. */
function migrateUpTo(database: Sqlite.Database, step: string): void {
  const before = MIGRATIONS.findIndex((sql) => sql.includes(step));
  for (const sql of MIGRATIONS.slice(0, before)) database.exec(sql);
  database.pragma(`user_version = ${before}`);
}

/** Opens the store on a database of an earlier version. */
const withMigratedStore = (
  prepare: (database: Sqlite.Database) => void,
  work: (store: Store) => Promise<void>,
): Promise<void> => withStore({ prepare }, ({ store }) => work(store));

test('resources stored before identifier links existed are found by their patient identifiers, in both studies', () => {
  return withMigratedStore(
    (old) => {
      migrateUpTo(old, 'CREATE TABLE patient_name');
      const insert = old.prepare(`INSERT INTO resource_version
    (site, type, id, version, received_at, door, body, digest, disposition, subject, in_force)
    VALUES ('s', ?, ?, 1, '2026-01-01T00:00:00Z', 'rest', ?, 'd', 'mapped', 'S1', ?)`);
      const link = [
        { type: 'replaces', other: { reference: 'Patient/p2' } },
        { type: 'seealso', other: { reference: 'Patient/p3' } },
      ];
      const bodies: [string, string, object, number][] = [
        ['Patient', 'p1', { link }, 1],
        ['Observation', 'relative', { subject: { reference: 'Patient/p1' } }, 1],
        [
          'Observation',
          'absolute',
          { subject: { reference: 'https://ehr.example/fhir/Patient/p1/_history/3' } },
          1,
        ],
        ['Observation', 'uuid', { subject: { reference: 'urn:uuid:p1' } }, 1],
        ['ResearchSubject', 'numbered', { individual: { identifier: { system: 'urn:mrn', value: '1' } } }, 1],
        [
          'Observation',
          'contained',
          { contained: [{ id: 'x', identifier: [{ system: 'urn:mrn', value: '1' }] }] },
          1,
        ],
        ['Observation', 'history', { subject: { reference: 'Patient/p1' } }, 0],
        ['Medication', 'nobody', {}, 1],
      ];
      for (const [type, id, body, inForce] of bodies) insert.run(type, id, JSON.stringify(body), inForce);
      old.exec(`INSERT INTO subject (study, subject, site, enrolled_on, consented_on, status)
    VALUES ('a', 'S1', 's', '2026-01-01', '2026-01-01', 'on-study'), ('b', 'Z1', 's', '2026-01-01', '2026-01-01', 'on-study');
    INSERT INTO subject_patient VALUES ('s', 'Patient/p1', 'a', 'S1', 'enrolment-file'),
      ('s', 'Patient/p1', 'b', 'Z1', 'enrolment-file'), ('s', 'urn:mrn|1', 'a', 'S1', 'Patient/p1');
    INSERT INTO resource_identifier VALUES ('s', 'Patient', 'urn:mrn|1', 'p1');`);
    },
    async (store) => {
      const listReferrerIds = async (identifier: string) =>
        (await store.read((tx) => tx.inbox.listReferrers('s', identifier))).map(({ id }) => id);
      expect(await listReferrerIds('Patient/p1')).toEqual(['absolute', 'relative', 'uuid', 'p1']);
      expect(await listReferrerIds('urn:mrn|1')).toEqual(['contained', 'p1', 'numbered']);
      expect([await listReferrerIds('Patient/p2'), await listReferrerIds('Patient/p3')]).toEqual([
        ['p1'],
        [],
      ]);
      const subjects = await store.read((tx) => tx.subjects.findByIdentifiers('s', ['Patient/p1']));
      expect(subjects.map(({ subject }) => subject)).toEqual(['S1', 'Z1']);
      expect(await store.read((tx) => tx.subjects.listPatientIdentifiers('a', 'S1'))).toEqual([
        'Patient/p1',
        'urn:mrn|1',
      ]);
      expect(await store.read((tx) => tx.subjects.listEnrolmentIdentifiersFor('a', 'S1'))).toEqual([
        'Patient/p1',
      ]);
    },
  );
});

test('an outbox with failures that ended in "failing since" has the instant in its own column', () => {
  const since = '2026-06-02T08:00:00.000Z';
  return withMigratedStore(
    (old) => {
      migrateUpTo(old, 'ADD COLUMN failing_since');
      const insert = old.prepare(`INSERT INTO outbox
    (site, identifier, study, subject, type, resource, generation, state, attempts, next_attempt_at, last_error, owed_at)
    VALUES ('s', ?, 'st', 'S1', 'Observation', '{}', 1, ?, ?, '', ?, '')`);
      insert.run('i|failing', 'pending', 2, `HTTP 503 (exception); failing since ${since}`);
      insert.run('i|given-up', 'dead', 9, `HTTP 503; failing since ${since}: given up after a week`);
      insert.run('i|tried-again', 'pending', 0, `HTTP 503; failing since ${since}`);
      insert.run('i|refused', 'dead', 1, 'HTTP 422');
      insert.run('i|sent', 'delivered', 0, null);
    },
    async (store) => {
      const entries = await store.read((tx) => tx.outbox.list({}));
      expect(entries.map((e) => [e.identifier, e.lastError, e.failingSince, e.failureCode])).toEqual([
        ['i|failing', 'HTTP 503 (exception)', since, null],
        ['i|given-up', 'HTTP 503: given up after a week', since, null],
        ['i|refused', 'HTTP 422', null, null],
        ['i|sent', null, null, null],
        ['i|tried-again', 'HTTP 503', null, null],
      ]);
    },
  );
});

test('a database of the first schema is opened: its resources were sent as R4', () => {
  return withMigratedStore(
    (old) => {
      old.exec(MIGRATIONS[0] ?? '');
      old.pragma('user_version = 1');
      old.exec(`INSERT INTO resource_version (site, type, id, version, received_at, door, body, digest, disposition, in_force)
    VALUES ('s', 'Observation', 'o', 1, '2026-01-01T00:00:00Z', 'rest', '{}', 'd', 'mapped', 1)`);
      old.exec(`INSERT INTO outbox (site, identifier, study, subject, type, resource, generation, state, attempts,
      next_attempt_at, owed_at, handed_out)
    VALUES ('s', 'i|1', 'st', 'S1', 'Observation', '{}', 1, 'delivered', 0, '', '', 1)`);
    },
    async (store) => {
      const key = { site: 's', resourceType: 'Observation', id: 'o' };
      const version = await store.transaction((tx) => tx.inbox.getCurrent(key));
      expect(version).toMatchObject({ version: 1, fhirVersion: '4.0', body: '{}' });
      expect(await store.read((tx) => tx.outbox.get('s', 'i|1'))).toMatchObject({ said: ['{}'] });
    },
  );
});

test('words in the digest column become retentions, and no digest remains of content that was not kept', () => {
  const SHA256 = 'a'.repeat(64);
  const stored: [id: string, body: string | null, digest: string][] = [
    ['content', '{}', SHA256],
    ['deleted', null, SHA256],
    ['deleted-while-withheld', null, ''],
    ['other-patient', null, 'away'],
    ['withheld', null, 'withheld'],
  ];
  return withMigratedStore(
    (old) => {
      migrateUpTo(old, 'ADD COLUMN retention');
      const insert = old.prepare(`INSERT INTO resource_version
    (site, type, id, version, received_at, door, body, digest, disposition, in_force)
    VALUES ('s', 'Observation', ?, ?, '2026-01-01T00:00:00Z', 'rest', ?, ?, 'withdrawn', ?)`);
      for (const [id, body, digest] of stored) insert.run(id, 1, body, digest, 1);
      insert.run('content', 2, null, 'noted', 0);
      insert.run('content', 3, null, 'noted-deletion', 0);
    },
    async (store) => {
      const migrated = await store.read(async (tx) => {
        const key = (id: string) => ({ site: 's', resourceType: 'Observation', id });
        const current = await Promise.all(stored.map(([id]) => tx.inbox.getCurrent(key(id))));
        return [...current, ...(await tx.inbox.listMarkersAfterCurrent(key('content')))];
      });
      expect(migrated.map((version) => [version?.id, version?.digest, version?.retention])).toEqual([
        ['content', SHA256, 'kept'],
        ['deleted', SHA256, 'kept'],
        ['deleted-while-withheld', null, 'kept'],
        ['other-patient', null, 'not-enrolled'],
        ['withheld', null, 'withheld'],
        ['content', null, 'marker'],
        ['content', null, 'deletion-marker'],
      ]);
    },
  );
});

test('a work item about a death without a day that was stored earlier is recognised', () => {
  return withMigratedStore(
    (old) => {
      migrateUpTo(old, 'ADD COLUMN concerns');
      const insert = old.prepare(`INSERT INTO work_item
    (id, site, reason, topic, element, detail, fix, status, first_seen, last_seen)
    VALUES (?, 's', 'unparseable-value', ?, ?, 'd', 'f', 'open', '2026-01-01', '2026-01-01')`);
      for (const element of ['Patient.deceased[x]', 'Patient.deceasedDateTime', 'Patient.birthDate'])
        insert.run(element, `time:${element}`, element);
    },
    async (store) => {
      const items = await store.read((tx) => tx.workItems.list('open'));
      expect(items.map(({ element, concerns }) => [element, concerns])).toEqual([
        ['Patient.birthDate', null],
        ['Patient.deceasedDateTime', 'death-without-day'],
        ['Patient.deceased[x]', 'death-without-day'],
      ]);
    },
  );
});

test('the decision on a work item before every decision was kept is the first of its history', () => {
  const decision = { verdict: 'rejected', target: null, by: 'me', at: '2026-01-01T00:00:00Z', why: 'x' };
  return withMigratedStore(
    (old) => {
      migrateUpTo(old, 'CREATE TABLE work_decision');
      const insert = old.prepare(`INSERT INTO work_item
        (id, site, reason, topic, element, detail, fix, status, first_seen, last_seen, decision)
        VALUES (?, 's', 'unmapped-code', ?, 'e', 'd', 'f', 'rejected', 'x', 'x', ?)`);
      insert.run('W-1', 'a', JSON.stringify(decision));
      insert.run('W-2', 'b', null);
    },
    async (store) => {
      const items = await store.read((tx) => tx.workItems.list(null));
      expect(items).toMatchObject([
        { id: 'W-1', decision, decisions: [decision] },
        { id: 'W-2', decision: null, decisions: [] },
      ]);
    },
  );
});

test('resources stored before they were numbered keep their versions, index and facts', () => {
  const fact = JSON.stringify({
    kind: 'withdrawal',
    key: 'k',
    at: { text: '2026-01-02', earliestDay: '2026-01-02', latestDay: '2026-01-02', instant: null },
    sources: [{ site: 's', resourceType: 'Observation', id: 'o', version: null, element: 'Observation' }],
  });
  return withMigratedStore(
    (old) => {
      migrateUpTo(old, 'CREATE TABLE resource (');
      const insert = old.prepare(`INSERT INTO resource_version
        (site, type, id, version, sender_version, received_at, door, body, digest, disposition, in_force)
        VALUES (?, 'Observation', 'o', ?, ?, '2026-01-01T00:00:00Z', 'rest', ?, ?, ?, ?)`);
      insert.run('s', 1, 'a', '{"n":1}', 'd1', 'superseded', 0);
      insert.run('other', 1, null, '{}', 'd', 'mapped', 1);
      insert.run('s', 2, 'b', '{"n":2}', 'd2', 'mapped', 1);
      old.exec(`INSERT INTO resource_identifier VALUES ('s', 'Observation', 'urn:lis|1', 'o');
        INSERT INTO resource_reference VALUES ('s', 'Patient/p', 'Observation', 'o');`);
      old
        .prepare(
          `INSERT INTO statement VALUES ('s', 'Observation', 'o', 0, 'st', 'S1', 'k', '2026-01-02', ?)`,
        )
        .run(fact);
    },
    async (store) => {
      const key = { site: 's', resourceType: 'Observation', id: 'o' };
      const read = await store.read(async ({ inbox, facts }) => ({
        versions: (await inbox.listVersions(key)).map(({ senderVersion, body }) => [senderVersion, body]),
        current: (await inbox.getCurrent(key))?.version,
        ids: await inbox.findIdsByIdentifier('s', 'Observation', 'urn:lis|1'),
        referrers: await inbox.listReferrers('s', 'Patient/p'),
        elsewhere: (await inbox.listVersions({ ...key, site: 'other' })).length,
        facts: await facts.listForSubject('st', 'S1'),
        subjects: await facts.listSubjects(key),
      }));
      expect(read).toEqual({
        versions: [
          ['a', '{"n":1}'],
          ['b', '{"n":2}'],
        ],
        current: 2,
        ids: ['o'],
        referrers: [key],
        elsewhere: 1,
        facts: [JSON.parse(fact)],
        subjects: [{ study: 'st', subject: 'S1' }],
      });
      const version = await store.transaction((tx) =>
        tx.inbox.addVersion(
          {
            ...key,
            senderVersion: 'c',
            senderUpdated: null,
            receivedAt: '2026-01-03T00:00:00Z',
            door: 'rest',
            fhirVersion: '4.0',
            body: '{}',
            digest: 'd3',
            retention: 'kept',
            disposition: 'mapped',
          },
          { identifiers: [], references: [] },
          true,
        ),
      );
      expect(version).toBe(3);
    },
  );
});
