import type { Inbox, ResourceKey, ResourceVersion } from '../store.ts';
import type { Database } from './database.ts';

interface InboxRow {
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
  digest: string;
  disposition: ResourceVersion['disposition'];
}

function toResourceVersion(row: InboxRow): ResourceVersion {
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
    disposition: row.disposition,
  };
}

export function createSqliteInbox(db: Database): Inbox {
  const key = 'site = ? AND type = ? AND id = ?';
  const current = db.prepare<[string, string, string], InboxRow>(
    `SELECT * FROM resource_version WHERE ${key} AND in_force = 1`,
  );
  const bySender = db.prepare<[string, string, string, string], InboxRow>(
    `SELECT * FROM resource_version WHERE ${key} AND sender_version = ? ORDER BY version DESC LIMIT 1`,
  );
  const last = db.prepare<[string, string, string], { last: number | null }>(
    `SELECT max(version) AS last FROM resource_version WHERE ${key}`,
  );
  const byIdentifier = db.prepare<[string, string, string], { id: string }>(
    'SELECT id FROM resource_identifier WHERE site = ? AND type = ? AND identifier = ? ORDER BY id',
  );
  const outOfForce = db.prepare(
    `UPDATE resource_version SET in_force = 0, disposition = 'superseded' WHERE ${key} AND in_force = 1`,
  );
  const insert = db.prepare(`INSERT INTO resource_version
    (site, type, id, version, sender_version, sender_updated, received_at, door, body, digest, disposition, in_force, fhir_version)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  const forget = ['resource_identifier', 'resource_reference'].map((table) =>
    db.prepare(`DELETE FROM ${table} WHERE ${key}`),
  );
  const remember = db.prepare(
    'INSERT OR IGNORE INTO resource_identifier (site, type, identifier, id) VALUES (?, ?, ?, ?)',
  );
  const refer = db.prepare(
    'INSERT OR IGNORE INTO resource_reference (site, target, type, id) VALUES (?, ?, ?, ?)',
  );
  const referrers = db.prepare<[string, string], { type: string; id: string }>(
    'SELECT type, id FROM resource_reference WHERE site = ? AND target = ? ORDER BY type, id',
  );
  const received = db.prepare<[string, string], InboxRow>(
    'SELECT * FROM resource_version WHERE site = ? AND received_at < ? ORDER BY seq',
  );
  const since = db.prepare<[string, string, string, string, string, string], InboxRow>(
    `SELECT * FROM resource_version WHERE ${key}
     AND version > (SELECT version FROM resource_version WHERE ${key} AND in_force = 1) ORDER BY version`,
  );
  const dispose = db.prepare(`UPDATE resource_version SET disposition = ? WHERE ${key} AND in_force = 1`);
  const all = db.prepare<[], InboxRow>(
    'SELECT * FROM resource_version WHERE in_force = 1 AND body IS NOT NULL ORDER BY seq',
  );
  const page = db.prepare<[number, number], InboxRow & { seq: number }>(
    'SELECT * FROM resource_version WHERE seq > ? AND in_force = 1 AND body IS NOT NULL ORDER BY seq LIMIT ?',
  );
  const counted = db.prepare<[], { n: number }>(
    'SELECT count(*) AS n FROM resource_version WHERE in_force = 1 AND body IS NOT NULL',
  );
  const of = (k: ResourceKey) => [k.site, k.resourceType, k.id] as const;

  /** The row takes the place of the version in force, and so do its identifiers and references. */
  function takeForce(k: ResourceKey, identifiers: readonly string[], references: readonly string[]): void {
    outOfForce.run(...of(k));
    for (const statement of forget) statement.run(...of(k));
    for (const identifier of identifiers) remember.run(k.site, k.resourceType, identifier, k.id);
    for (const target of references) refer.run(k.site, target, k.resourceType, k.id);
  }

  return {
    async getCurrent(k) {
      const row = current.get(...of(k));
      return row && toResourceVersion(row);
    },
    async findBySenderVersion(k, senderVersion) {
      const row = bySender.get(...of(k), senderVersion);
      return row && toResourceVersion(row);
    },
    async findIdsByIdentifier(site, resourceType, identifier) {
      return byIdentifier.all(site, resourceType, identifier).map((row) => row.id);
    },
    async addVersion(row, { identifiers, references }, inForce) {
      const version = (last.get(...of(row))?.last ?? 0) + 1;
      if (inForce) takeForce(row, identifiers, references);
      insert.run(
        ...of(row),
        version,
        row.senderVersion,
        row.senderUpdated,
        row.receivedAt,
        row.door,
        row.body,
        row.digest,
        row.disposition,
        inForce ? 1 : 0,
        row.fhirVersion,
      );
      return version;
    },
    async listAfterCurrent(k) {
      return since.all(...of(k), ...of(k)).map(toResourceVersion);
    },
    async listReferrers(site, reference) {
      return referrers.all(site, reference).map((row) => ({ site, resourceType: row.type, id: row.id }));
    },
    async listReceivedBefore(site, instant) {
      return received.all(site, instant).map(toResourceVersion);
    },
    async setDisposition(k, disposition) {
      dispose.run(disposition, ...of(k));
    },
    async listCurrent() {
      return all.all().map(toResourceVersion);
    },
    async listCurrentPage(after, limit) {
      return page.all(after, limit).map((row) => ({ place: row.seq, version: toResourceVersion(row) }));
    },
    async countCurrent() {
      return counted.get()?.n ?? 0;
    },
  };
}
