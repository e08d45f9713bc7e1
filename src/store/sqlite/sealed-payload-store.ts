import type { SealedPayload, SealedPayloadCount, SealedPayloadStore } from '../sealed-payload-store.ts';
import type { Database } from './database.ts';

interface SealedPayloadRow {
  seq: number;
  site: string;
  resource_hash: string;
  content_hash: string;
  ciphertext: Buffer;
  sealed_key: number | null;
  received_at: string;
  destroy_after: string;
}

const ADD_PAYLOAD = `INSERT OR IGNORE INTO sealed
    (site, resource_hash, content_hash, ciphertext, received_at, destroy_after)
  VALUES (?, ?, ?, ?, ?, ?)`;

const LIST_FOR_PATIENT = `SELECT DISTINCT s.* FROM sealed s JOIN sealed_patient p ON p.seq = s.seq
  WHERE p.site = ? AND p.patient_hash IN (SELECT value FROM json_each(?)) ORDER BY s.seq LIMIT ?`;

/** The same for one hash, by the index alone. */
const LIST_FOR_HASH = `SELECT s.* FROM sealed_patient p JOIN sealed s ON s.seq = p.seq
  WHERE p.site = ? AND p.patient_hash = ? ORDER BY p.seq`;

/** The row of a key that was destroyed is used again: no row is removed, so that SQLite moves none and leaves no copy of one. */
const REUSE_KEY = `UPDATE sealed_key SET wrapped = ?, is_free = 0
  WHERE id = (SELECT id FROM sealed_key WHERE is_free = 1 LIMIT 1) RETURNING id`;

/** As many bytes as the key has: they are written in its place. */
const DESTROY_KEY = 'UPDATE sealed_key SET wrapped = zeroblob(length(wrapped)), is_free = 1 WHERE id = ?';

const LIST_RESOURCE_HASHES = `SELECT DISTINCT s.resource_hash FROM sealed_patient p JOIN sealed s ON s.seq = p.seq
  WHERE p.site = ? AND p.patient_hash = ? ORDER BY s.resource_hash LIMIT ?`;

/** LIMIT -1 of SQLite: no limit. */
const ALL_ROWS = -1;

const COUNT_BY_SITE = `SELECT site, count(*) AS payloads,
    min(received_at) AS firstReceivedAt, max(received_at) AS lastReceivedAt
  FROM sealed GROUP BY site ORDER BY site`;

function prepareStatements(db: Database) {
  return {
    add: db.prepare(ADD_PAYLOAD),
    addPatient: db.prepare('INSERT OR IGNORE INTO sealed_patient (site, patient_hash, seq) VALUES (?, ?, ?)'),
    listPatients: db.prepare<[number], { patient_hash: string }>(
      'SELECT patient_hash FROM sealed_patient WHERE seq = ?',
    ),
    listForPatient: db.prepare<[string, string, number], SealedPayloadRow>(LIST_FOR_PATIENT),
    listResourceHashes: db.prepare<[string, string, number], string>(LIST_RESOURCE_HASHES).pluck(),
    countForResource: db
      .prepare<[string, string], number>('SELECT count(*) FROM sealed WHERE site = ? AND resource_hash = ?')
      .pluck(),
    listForHash: db.prepare<[string, string], SealedPayloadRow>(LIST_FOR_HASH),
    listForResource: db.prepare<[string, string], SealedPayloadRow>(
      'SELECT * FROM sealed WHERE site = ? AND resource_hash = ? ORDER BY seq',
    ),
    remove: db.prepare('DELETE FROM sealed WHERE seq = ?'),
    listDue: db.prepare<[string], SealedPayloadRow>('SELECT * FROM sealed WHERE destroy_after <= ?'),
    reuseKey: db.prepare<[Uint8Array], number>(REUSE_KEY).pluck(),
    addKey: db.prepare('INSERT INTO sealed_key (wrapped, is_free) VALUES (?, 0)'),
    setKey: db.prepare('UPDATE sealed SET sealed_key = ? WHERE seq = ?'),
    getKey: db.prepare<[number], Buffer>('SELECT wrapped FROM sealed_key WHERE id = ?').pluck(),
    destroyKey: db.prepare(DESTROY_KEY),
    findAny: db.prepare<[string], { seq: number }>('SELECT seq FROM sealed WHERE site = ? LIMIT 1'),
    count: db.prepare<[], { count: number }>('SELECT count(*) AS count FROM sealed'),
    countBySite: db.prepare<[], SealedPayloadCount>(COUNT_BY_SITE),
    findFirst: db.prepare<[], SealedPayloadRow>('SELECT * FROM sealed ORDER BY seq LIMIT 1'),
  };
}

type Statements = ReturnType<typeof prepareStatements>;

function toSealedPayload({ listPatients, getKey }: Statements, row: SealedPayloadRow): SealedPayload {
  return {
    site: row.site,
    patientHashes: listPatients.all(row.seq).map(({ patient_hash }) => patient_hash),
    resourceHash: row.resource_hash,
    contentHash: row.content_hash,
    ciphertext: row.ciphertext,
    wrappedKey: row.sealed_key === null ? null : (getKey.get(row.sealed_key) ?? null),
    receivedAt: row.received_at,
    destroyAfter: row.destroy_after,
  };
}

function put(statements: Statements, payload: SealedPayload): boolean {
  const { site, resourceHash, contentHash, ciphertext, receivedAt, destroyAfter } = payload;
  const added = statements.add.run(site, resourceHash, contentHash, ciphertext, receivedAt, destroyAfter);
  if (added.changes === 0) return false;
  for (const hash of payload.patientHashes) statements.addPatient.run(site, hash, added.lastInsertRowid);
  if (payload.wrappedKey)
    statements.setKey.run(storeKey(statements, payload.wrappedKey), added.lastInsertRowid);
  return true;
}

const storeKey = ({ reuseKey, addKey }: Statements, wrapped: Uint8Array): number | bigint =>
  reuseKey.get(wrapped) ?? addKey.run(wrapped).lastInsertRowid;

/** Removes payloads. Their keys are destroyed before the rows that name them. */
function remove(statements: Statements, rows: readonly SealedPayloadRow[]): void {
  for (const { seq, sealed_key: key } of rows) {
    if (key !== null) statements.destroyKey.run(key);
    statements.remove.run(seq);
  }
}

function take(
  statements: Statements,
  site: string,
  patientHashes: readonly string[],
  limit = ALL_ROWS,
): readonly SealedPayload[] {
  const rows = statements.listForPatient.all(site, JSON.stringify(patientHashes), limit);
  const payloads = rows.map((row) => toSealedPayload(statements, row));
  remove(statements, rows);
  return payloads;
}

/** The store of sealed payloads, with what it remembers until another connection commits. */
interface SqliteSealedPayloadStore extends SealedPayloadStore {
  forget(): void;
}

/** Creates the store of sealed payloads on the tables `sealed` and `sealed_patient`. */
export function createSqliteSealedPayloadStore(db: Database): SqliteSealedPayloadStore {
  const statements = prepareStatements(db);
  /** Sites without a sealed payload: at most hospitals no payload is looked up. */
  const emptySites = new Set<string>();
  return {
    forget: () => emptySites.clear(),
    async isEmpty(site) {
      if (emptySites.has(site)) return true;
      const isEmpty = statements.findAny.get(site) === undefined;
      if (isEmpty) emptySites.add(site);
      return isEmpty;
    },
    async put(payload) {
      emptySites.delete(payload.site);
      return put(statements, payload);
    },
    take: async (site, patientHashes, limit) => take(statements, site, patientHashes, limit),
    async listForPatient(site, patientHashes) {
      const [only, ...others] = patientHashes;
      const rows =
        only !== undefined && others.length === 0
          ? statements.listForHash.all(site, only)
          : statements.listForPatient.all(site, JSON.stringify(patientHashes), ALL_ROWS);
      return rows.map((row) => toSealedPayload(statements, row));
    },
    listResourceHashes: async (site, patientHash, limit) =>
      statements.listResourceHashes.all(site, patientHash, limit),
    countForResource: async (site, resourceHash) => statements.countForResource.get(site, resourceHash) ?? 0,
    async listForResource(site, resourceHash) {
      const rows = statements.listForResource.all(site, resourceHash);
      return rows.map((row) => toSealedPayload(statements, row));
    },
    async destroyForResource(site, resourceHash) {
      const rows = statements.listForResource.all(site, resourceHash);
      remove(statements, rows);
      return rows.length;
    },
    async destroyDue(now) {
      const rows = statements.listDue.all(now);
      remove(statements, rows);
      return rows.map((row) => ({ site: row.site, resourceHash: row.resource_hash }));
    },
    count: async () => statements.count.get()?.count ?? 0,
    countBySite: async () => statements.countBySite.all(),
    async findFirst() {
      const row = statements.findFirst.get();
      return row && toSealedPayload(statements, row);
    },
  };
}
