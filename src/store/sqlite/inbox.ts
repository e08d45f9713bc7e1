import type { Inbox, NewestStamps, RepeatedVersion, ResourceKey, ResourceVersion } from '../inbox-store.ts';
import {
  getSiteOwner,
  openBody,
  type SubjectDataKey,
  sealBody,
  selectBodyOwner,
} from '../keys/sealed-bodies.ts';
import { packContent, unpackContent } from '../packed-content.ts';
import type { ExpectedReads } from '../store.ts';
import type { SubjectKey } from '../subject-store.ts';
import type { Database } from './database.ts';
import { createExpectedRows } from './expected-rows.ts';
import type { ResourceNumbers } from './resource-numbers.ts';
import type { SubjectKeys } from './subject-keys.ts';

interface ResourceVersionRow {
  site: string;
  type: string;
  id: string;
  version: number;
  sender_version: string | null;
  sender_updated: string | null;
  received_at: string;
  door: string;
  fhir_version: ResourceVersion['fhirVersion'];
  /** Text where it is not encrypted. */
  body: string | Buffer | null;
  subject_key: number | null;
  digest: string | null;
  retention: ResourceVersion['retention'];
  disposition: ResourceVersion['disposition'];
}

function toResourceVersion(row: ResourceVersionRow, keys: SubjectKeys): ResourceVersion {
  const key = { site: row.site, resourceType: row.type, id: row.id };
  return {
    ...key,
    version: row.version,
    senderVersion: row.sender_version,
    senderUpdated: row.sender_updated,
    receivedAt: row.received_at,
    door: row.door,
    fhirVersion: row.fhir_version,
    ...unpackContent(readBody(row, key, keys)),
    digest: row.digest,
    retention: row.retention,
    disposition: row.disposition,
  };
}

function readBody(
  { body, subject_key: keyId, digest }: ResourceVersionRow,
  key: ResourceKey,
  keys: SubjectKeys,
): string | null {
  if (body === null || typeof body === 'string') return body;
  return openBody(keyId === null ? null : keys.find(keyId), body, { ...key, digest });
}

const SELECT_VERSIONS = `SELECT r.site, r.type, r.id, v.* FROM resource_version v JOIN resource r ON r.key = v.resource`;
/** The condition of current versions with content. */
const CURRENT_CONTENT = 'v.in_force = 1 AND v.body IS NOT NULL';

const HAS_NUMBER = `sender_version NOT GLOB '*[^0-9]*' AND length(sender_version) BETWEEN 1 AND 20`;
const VERSIONS_WITH_CONTENT = 'FROM resource_version WHERE resource = @resource AND body IS NOT NULL';

/** Numbers are compared without leading zeros by length, then as text; times as instants, whatever their time zone. */
const NEWEST_STAMPS = `SELECT
  (SELECT sender_version ${VERSIONS_WITH_CONTENT} AND ${HAS_NUMBER}
    ORDER BY length(ltrim(sender_version, '0')) DESC, ltrim(sender_version, '0') DESC LIMIT 1) AS number,
  (SELECT sender_updated ${VERSIONS_WITH_CONTENT} AND ${HAS_NUMBER} AND julianday(sender_updated) IS NOT NULL
    ORDER BY julianday(sender_updated) DESC LIMIT 1) AS updatedOfNumbered,
  (SELECT sender_updated ${VERSIONS_WITH_CONTENT} AND (sender_version IS NULL OR NOT (${HAS_NUMBER}))
      AND julianday(sender_updated) IS NOT NULL
    ORDER BY julianday(sender_updated) DESC LIMIT 1) AS updatedOfOthers`;

const FIND_REPEATED = `SELECT version FROM resource_version WHERE resource = ? AND digest = ?
  AND sender_version IS ? AND (sender_version IS NOT NULL OR sender_updated IS ?) ORDER BY version LIMIT 1`;

const NO_STAMPS: NewestStamps = { number: null, updatedOfNumbered: null, updatedOfOthers: null };

/** Prepares the statements that read versions of one resource, by its number. */
const prepareVersionQueries = (db: Database) => ({
  current: db.prepare<[number], ResourceVersionRow>(
    `${SELECT_VERSIONS} WHERE v.resource = ? AND v.in_force = 1`,
  ),
  bySenderVersion: db.prepare<[number, string], ResourceVersionRow>(
    `${SELECT_VERSIONS} WHERE v.resource = ? AND v.sender_version = ? ORDER BY v.version DESC LIMIT 1`,
  ),
  repeated: db.prepare<[number, string | null, string | null, string | null], number>(FIND_REPEATED).pluck(),
  all: db.prepare<[number], ResourceVersionRow>(`${SELECT_VERSIONS} WHERE v.resource = ? ORDER BY v.version`),
  newest: db.prepare<[number, number], ResourceVersionRow>(
    `${SELECT_VERSIONS} WHERE v.resource = ? ORDER BY v.version DESC LIMIT ?`,
  ),
  newestStamps: db.prepare<{ resource: number }, NewestStamps>(NEWEST_STAMPS),
  repeats: db.prepare<[number], RepeatedVersion>(
    'SELECT version, repeats, last_at AS lastAt FROM repeated_version WHERE resource = ? ORDER BY version',
  ),
  lastNumber: db
    .prepare<[number], number | null>('SELECT max(version) FROM resource_version WHERE resource = ?')
    .pluck(),
  lastKey: db
    .prepare<[number], number>(
      'SELECT subject_key FROM resource_version WHERE resource = ? AND subject_key IS NOT NULL ORDER BY version DESC LIMIT 1',
    )
    .pluck(),
  markersAfterCurrent: db.prepare<[number, number], ResourceVersionRow>(
    `${SELECT_VERSIONS} WHERE v.resource = ? AND v.retention IN ('marker', 'deletion-marker') AND v.version >
       (SELECT version FROM resource_version WHERE resource = ? AND in_force = 1) ORDER BY v.version`,
  ),
});

/** Prepares the statements that read across resources. */
const prepareInboxQueries = (db: Database) => ({
  references: db
    .prepare<[number], string>('SELECT target FROM resource_reference WHERE resource = ? ORDER BY target')
    .pluck(),
  receivedBefore: db.prepare<[string, string], ResourceVersionRow>(
    `${SELECT_VERSIONS} WHERE r.site = ? AND v.received_at < ? ORDER BY v.seq`,
  ),
  allCurrent: db.prepare<[], ResourceVersionRow>(
    `${SELECT_VERSIONS} WHERE ${CURRENT_CONTENT} ORDER BY v.seq`,
  ),
  currentPage: db.prepare<[number, number], ResourceVersionRow & { seq: number }>(
    `${SELECT_VERSIONS} WHERE v.seq > ? AND ${CURRENT_CONTENT} ORDER BY v.seq LIMIT ?`,
  ),
  currentCount: db
    .prepare<[], number>(`SELECT count(*) FROM resource_version v WHERE ${CURRENT_CONTENT}`)
    .pluck(),
});

const prepareInboxUpdates = (db: Database) => ({
  supersede: db.prepare(
    `UPDATE resource_version SET in_force = 0, disposition = 'superseded' WHERE resource = ? AND in_force = 1`,
  ),
  insertVersion: db.prepare(`INSERT INTO resource_version
    (resource, version, sender_version, sender_updated, received_at, door, body, digest, retention, disposition,
     in_force, fhir_version, subject_key)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`),
  deleteIdentifiers: db.prepare('DELETE FROM resource_identifier WHERE resource = ?'),
  deleteReferences: db.prepare('DELETE FROM resource_reference WHERE resource = ?'),
  insertIdentifier: db.prepare(
    'INSERT OR IGNORE INTO resource_identifier (site, type, identifier, resource) VALUES (?, ?, ?, ?)',
  ),
  insertReference: db.prepare(
    'INSERT OR IGNORE INTO resource_reference (site, target, resource) VALUES (?, ?, ?)',
  ),
  countRepeat: db.prepare(
    `INSERT INTO repeated_version (resource, version, repeats, last_at) VALUES (?, ?, 1, ?)
     ON CONFLICT (resource, version) DO UPDATE SET repeats = repeats + 1, last_at = excluded.last_at`,
  ),
  setDisposition: db.prepare(
    'UPDATE resource_version SET disposition = ? WHERE resource = ? AND in_force = 1',
  ),
});

type InboxUpdates = ReturnType<typeof prepareInboxUpdates>;

/** The business identifiers and references by which the version is found. */
type VersionIndex = Parameters<Inbox['addVersion']>[1];

function insertIndex(
  updates: InboxUpdates,
  resource: number,
  { site, resourceType }: ResourceKey,
  { identifiers, references }: VersionIndex,
): void {
  for (const identifier of identifiers)
    updates.insertIdentifier.run(site, resourceType, identifier, resource);
  for (const target of references) updates.insertReference.run(site, target, resource);
}

function insertVersion(
  updates: InboxUpdates,
  resource: number,
  version: ResourceVersion,
  isCurrent: boolean,
  key: SubjectDataKey | null,
): void {
  const content = packContent(version);
  updates.insertVersion.run(
    resource,
    version.version,
    version.senderVersion,
    version.senderUpdated,
    version.receivedAt,
    version.door,
    content === null || key === null ? content : sealBody(key, content, version),
    version.digest,
    version.retention,
    version.disposition,
    isCurrent ? 1 : 0,
    version.fhirVersion,
    key?.id ?? null,
  );
}

/** The inbox, with what the store's connection does to its memory. */
interface SqliteInbox extends Inbox {
  /** Reads at once what the next transactions will probably look up. */
  expect(reads: ExpectedReads): void;
  forget(): void;
}

/** Creates the inbox on the tables `resource_version`, `resource_identifier` and `resource_reference`. */
export function createSqliteInbox(db: Database, numbers: ResourceNumbers, keys: SubjectKeys): SqliteInbox {
  const versions = prepareVersionQueries(db);
  const inbox = prepareInboxQueries(db);
  const updates = prepareInboxUpdates(db);
  const expected = createExpectedRows(db);
  const toVersion = (row: ResourceVersionRow): ResourceVersion => toResourceVersion(row, keys);

  /** Selects the key of a new version: that of an owner, else of the versions before it, else of the site. */
  function selectKey(
    resource: number,
    { site, body }: Pick<ResourceVersion, 'site' | 'body'>,
    owners: readonly SubjectKey[],
  ): SubjectDataKey | null {
    if (body === null) return null;
    const owner = selectBodyOwner(owners);
    if (owner) return keys.assign(owner);
    const lastId = numbers.isNew(resource) ? undefined : versions.lastKey.get(resource);
    const lastKey = lastId === undefined ? null : keys.find(lastId);
    return lastId !== undefined && lastKey ? { id: lastId, key: lastKey } : keys.assign(getSiteOwner(site));
  }

  /** Replaces the identifiers and references by which the current version is found. */
  function replaceIndex(resource: number, key: ResourceKey, index: VersionIndex): void {
    updates.deleteIdentifiers.run(resource);
    updates.deleteReferences.run(resource);
    insertIndex(updates, resource, key, index);
    // What the resource referred to before is not known here.
    expected.forget();
  }

  /** Adds the first version of a resource: nothing can be superseded, and no index replaced. */
  function addFirstVersion(
    resource: number,
    row: Omit<ResourceVersion, 'version'>,
    index: VersionIndex,
    isCurrent: boolean,
    key: SubjectDataKey | null,
  ): number {
    insertVersion(updates, resource, { ...row, version: 1 }, isCurrent, key);
    if (isCurrent) {
      insertIndex(updates, resource, row, index);
      expected.add(row, index);
    }
    numbers.settle(resource);
    return 1;
  }

  return {
    async getCurrent(key) {
      const resource = numbers.find(key);
      const row = resource === undefined ? undefined : versions.current.get(resource);
      return row && toVersion(row);
    },
    async findBySenderVersion(key, senderVersion) {
      const resource = numbers.find(key);
      const row = resource === undefined ? undefined : versions.bySenderVersion.get(resource, senderVersion);
      return row && toVersion(row);
    },
    async findRepeated(key, { digest, senderVersion, senderUpdated }) {
      const resource = numbers.find(key);
      if (resource === undefined) return null;
      return versions.repeated.get(resource, digest, senderVersion, senderUpdated) ?? null;
    },
    async listVersions(key, newest) {
      const resource = numbers.find(key);
      if (resource === undefined) return [];
      const rows =
        newest === undefined ? versions.all.all(resource) : versions.newest.all(resource, newest).reverse();
      return rows.map(toVersion);
    },
    async findNewestStamps(key) {
      const resource = numbers.find(key);
      return (resource === undefined ? undefined : versions.newestStamps.get({ resource })) ?? NO_STAMPS;
    },
    async countRepeat(key, version, at) {
      const resource = numbers.find(key);
      if (resource !== undefined) updates.countRepeat.run(resource, version, at);
    },
    async listRepeats(key) {
      const resource = numbers.find(key);
      return resource === undefined ? [] : versions.repeats.all(resource);
    },
    findIdsByIdentifier: async (site, resourceType, identifier, limit) =>
      expected.findIdsByIdentifier(site, resourceType, identifier, limit),
    async addVersion(row, index, isCurrent, owners = []) {
      const resource = numbers.assign(row);
      const key = selectKey(resource, row, owners);
      if (numbers.isNew(resource)) return addFirstVersion(resource, row, index, isCurrent, key);
      const version = (versions.lastNumber.get(resource) ?? 0) + 1;
      if (isCurrent) {
        updates.supersede.run(resource);
        replaceIndex(resource, row, index);
      }
      insertVersion(updates, resource, { ...row, version }, isCurrent, key);
      return version;
    },
    async replaceIndex(key, index) {
      const resource = numbers.find(key);
      if (resource !== undefined) replaceIndex(resource, key, index);
    },
    async listReferences(key) {
      const resource = numbers.find(key);
      return resource === undefined ? [] : inbox.references.all(resource);
    },
    async listMarkersAfterCurrent(key) {
      const resource = numbers.find(key);
      return resource === undefined
        ? []
        : versions.markersAfterCurrent.all(resource, resource).map(toVersion);
    },
    listReferrers: async (site, reference, among) => expected.listReferrers(site, reference, among),
    async listReceivedBefore(site, instant) {
      return inbox.receivedBefore.all(site, instant).map(toVersion);
    },
    async setDisposition(key, disposition) {
      const resource = numbers.find(key);
      if (resource !== undefined) updates.setDisposition.run(disposition, resource);
    },
    async listCurrent() {
      return inbox.allCurrent.all().map(toVersion);
    },
    async listCurrentPage(after, limit) {
      const rows = inbox.currentPage.all(after, limit);
      return rows.map((row) => ({ place: row.seq, version: toVersion(row) }));
    },
    countCurrent: async () => inbox.currentCount.get() ?? 0,
    expect(reads) {
      numbers.expect(reads.resources);
      expected.expect(reads);
    },
    forget: () => expected.forget(),
  };
}
