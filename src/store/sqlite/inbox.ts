import type { Inbox, ResourceKey, ResourceVersion } from '../store.ts';
import type { Database } from './database.ts';

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
  body: string | null;
  digest: string | null;
  retention: ResourceVersion['retention'];
  disposition: ResourceVersion['disposition'];
}

type KeyParameters = [site: string, type: string, id: string];

function toResourceVersion(row: ResourceVersionRow): ResourceVersion {
  return {
    site: row.site,
    resourceType: row.type,
    id: row.id,
    version: row.version,
    senderVersion: row.sender_version,
    senderUpdated: row.sender_updated,
    receivedAt: row.received_at,
    door: row.door,
    fhirVersion: row.fhir_version,
    body: row.body,
    digest: row.digest,
    retention: row.retention,
    disposition: row.disposition,
  };
}

const toKeyParameters = ({ site, resourceType, id }: ResourceKey): KeyParameters => [site, resourceType, id];

const KEY_CONDITION = 'site = ? AND type = ? AND id = ?';
/** The condition of current versions with content. */
const CURRENT_CONTENT = 'in_force = 1 AND body IS NOT NULL';

/** Prepares the statements that read versions of one resource. */
const prepareVersionQueries = (db: Database) => ({
  current: db.prepare<KeyParameters, ResourceVersionRow>(
    `SELECT * FROM resource_version WHERE ${KEY_CONDITION} AND in_force = 1`,
  ),
  bySenderVersion: db.prepare<[...KeyParameters, string], ResourceVersionRow>(
    `SELECT * FROM resource_version WHERE ${KEY_CONDITION} AND sender_version = ? ORDER BY version DESC LIMIT 1`,
  ),
  byDigest: db.prepare<[...KeyParameters, string], ResourceVersionRow>(
    `SELECT * FROM resource_version WHERE ${KEY_CONDITION} AND digest = ? ORDER BY version`,
  ),
  all: db.prepare<KeyParameters, ResourceVersionRow>(
    `SELECT * FROM resource_version WHERE ${KEY_CONDITION} ORDER BY version`,
  ),
  lastNumber: db.prepare<KeyParameters, { last: number | null }>(
    `SELECT max(version) AS last FROM resource_version WHERE ${KEY_CONDITION}`,
  ),
  afterCurrent: db.prepare<[...KeyParameters, ...KeyParameters], ResourceVersionRow>(
    `SELECT * FROM resource_version WHERE ${KEY_CONDITION}
     AND version > (SELECT version FROM resource_version WHERE ${KEY_CONDITION} AND in_force = 1) ORDER BY version`,
  ),
});

/** Prepares the statements that read across resources. */
const prepareInboxQueries = (db: Database) => ({
  idsByIdentifier: db.prepare<[string, string, string], { id: string }>(
    'SELECT id FROM resource_identifier WHERE site = ? AND type = ? AND identifier = ? ORDER BY id',
  ),
  referrers: db.prepare<[string, string], { type: string; id: string }>(
    'SELECT type, id FROM resource_reference WHERE site = ? AND target = ? ORDER BY type, id',
  ),
  references: db.prepare<KeyParameters, { target: string }>(
    `SELECT target FROM resource_reference WHERE ${KEY_CONDITION} ORDER BY target`,
  ),
  receivedBefore: db.prepare<[string, string], ResourceVersionRow>(
    'SELECT * FROM resource_version WHERE site = ? AND received_at < ? ORDER BY seq',
  ),
  allCurrent: db.prepare<[], ResourceVersionRow>(
    `SELECT * FROM resource_version WHERE ${CURRENT_CONTENT} ORDER BY seq`,
  ),
  currentPage: db.prepare<[number, number], ResourceVersionRow & { seq: number }>(
    `SELECT * FROM resource_version WHERE seq > ? AND ${CURRENT_CONTENT} ORDER BY seq LIMIT ?`,
  ),
  currentCount: db.prepare<[], { n: number }>(
    `SELECT count(*) AS n FROM resource_version WHERE ${CURRENT_CONTENT}`,
  ),
});

const prepareInboxUpdates = (db: Database) => ({
  supersede: db.prepare(
    `UPDATE resource_version SET in_force = 0, disposition = 'superseded' WHERE ${KEY_CONDITION} AND in_force = 1`,
  ),
  insertVersion: db.prepare(`INSERT INTO resource_version
    (site, type, id, version, sender_version, sender_updated, received_at, door, body, digest, retention, disposition,
     in_force, fhir_version)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`),
  deleteIdentifiers: db.prepare(`DELETE FROM resource_identifier WHERE ${KEY_CONDITION}`),
  deleteReferences: db.prepare(`DELETE FROM resource_reference WHERE ${KEY_CONDITION}`),
  insertIdentifier: db.prepare(
    'INSERT OR IGNORE INTO resource_identifier (site, type, identifier, id) VALUES (?, ?, ?, ?)',
  ),
  insertReference: db.prepare(
    'INSERT OR IGNORE INTO resource_reference (site, target, type, id) VALUES (?, ?, ?, ?)',
  ),
  setDisposition: db.prepare(
    `UPDATE resource_version SET disposition = ? WHERE ${KEY_CONDITION} AND in_force = 1`,
  ),
});

type InboxUpdates = ReturnType<typeof prepareInboxUpdates>;

/** The business identifiers and references by which the version is found. */
type VersionIndex = Parameters<Inbox['addVersion']>[1];

/** Replaces the identifiers and references by which the current version is found. */
function replaceIndex(
  updates: InboxUpdates,
  key: ResourceKey,
  { identifiers, references }: VersionIndex,
): void {
  const { site, resourceType, id } = key;
  updates.deleteIdentifiers.run(...toKeyParameters(key));
  updates.deleteReferences.run(...toKeyParameters(key));
  for (const identifier of identifiers) updates.insertIdentifier.run(site, resourceType, identifier, id);
  for (const target of references) updates.insertReference.run(site, target, resourceType, id);
}

function insertVersion(updates: InboxUpdates, version: ResourceVersion, isCurrent: boolean): void {
  updates.insertVersion.run(
    ...toKeyParameters(version),
    version.version,
    version.senderVersion,
    version.senderUpdated,
    version.receivedAt,
    version.door,
    version.body,
    version.digest,
    version.retention,
    version.disposition,
    isCurrent ? 1 : 0,
    version.fhirVersion,
  );
}

/** Creates the inbox on the tables `resource_version`, `resource_identifier` and `resource_reference`. */
export function createSqliteInbox(db: Database): Inbox {
  const versions = prepareVersionQueries(db);
  const inbox = prepareInboxQueries(db);
  const updates = prepareInboxUpdates(db);
  return {
    async getCurrent(key) {
      const row = versions.current.get(...toKeyParameters(key));
      return row && toResourceVersion(row);
    },
    async findBySenderVersion(key, senderVersion) {
      const row = versions.bySenderVersion.get(...toKeyParameters(key), senderVersion);
      return row && toResourceVersion(row);
    },
    async findByDigest(key, digest) {
      return versions.byDigest.all(...toKeyParameters(key), digest).map(toResourceVersion);
    },
    async listVersions(key) {
      return versions.all.all(...toKeyParameters(key)).map(toResourceVersion);
    },
    async findIdsByIdentifier(site, resourceType, identifier) {
      return inbox.idsByIdentifier.all(site, resourceType, identifier).map((row) => row.id);
    },
    async addVersion(row, index, isCurrent) {
      const version = (versions.lastNumber.get(...toKeyParameters(row))?.last ?? 0) + 1;
      if (isCurrent) {
        updates.supersede.run(...toKeyParameters(row));
        replaceIndex(updates, row, index);
      }
      insertVersion(updates, { ...row, version }, isCurrent);
      return version;
    },
    replaceIndex: async (key, index) => replaceIndex(updates, key, index),
    async listReferences(key) {
      return inbox.references.all(...toKeyParameters(key)).map(({ target }) => target);
    },
    async listAfterCurrent(key) {
      const parameters = toKeyParameters(key);
      return versions.afterCurrent.all(...parameters, ...parameters).map(toResourceVersion);
    },
    async listReferrers(site, reference) {
      const rows = inbox.referrers.all(site, reference);
      return rows.map((row) => ({ site, resourceType: row.type, id: row.id }));
    },
    async listReceivedBefore(site, instant) {
      return inbox.receivedBefore.all(site, instant).map(toResourceVersion);
    },
    async setDisposition(key, disposition) {
      updates.setDisposition.run(disposition, ...toKeyParameters(key));
    },
    async listCurrent() {
      return inbox.allCurrent.all().map(toResourceVersion);
    },
    async listCurrentPage(after, limit) {
      const rows = inbox.currentPage.all(after, limit);
      return rows.map((row) => ({ place: row.seq, version: toResourceVersion(row) }));
    },
    async countCurrent() {
      return inbox.currentCount.get()?.n ?? 0;
    },
  };
}
