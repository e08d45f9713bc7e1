import type { SealedPayload, SealedPayloadCount, SealedPayloadStore } from '../store.ts';
import type { Database } from './database.ts';

interface SealedPayloadRow {
  seq: number;
  site: string;
  resource_hash: string;
  content_hash: string;
  ciphertext: Buffer;
  received_at: string;
  destroy_after: string;
}

const ADD_PAYLOAD = `INSERT OR IGNORE INTO sealed
    (site, resource_hash, content_hash, ciphertext, received_at, destroy_after)
  VALUES (?, ?, ?, ?, ?, ?)`;

const LIST_FOR_PATIENT = `SELECT DISTINCT s.* FROM sealed s JOIN sealed_patient p ON p.seq = s.seq
  WHERE p.site = ? AND p.patient_hash IN (SELECT value FROM json_each(?)) ORDER BY s.seq`;

/** The same for one hash, by the index alone. */
const LIST_FOR_HASH = `SELECT s.* FROM sealed_patient p JOIN sealed s ON s.seq = p.seq
  WHERE p.site = ? AND p.patient_hash = ? ORDER BY p.seq`;

const DESTROY_DUE =
  'DELETE FROM sealed WHERE destroy_after <= ? RETURNING site, resource_hash AS resourceHash';

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
    listForPatient: db.prepare<[string, string], SealedPayloadRow>(LIST_FOR_PATIENT),
    listForHash: db.prepare<[string, string], SealedPayloadRow>(LIST_FOR_HASH),
    listForResource: db.prepare<[string, string], SealedPayloadRow>(
      'SELECT * FROM sealed WHERE site = ? AND resource_hash = ? ORDER BY seq',
    ),
    remove: db.prepare('DELETE FROM sealed WHERE seq = ?'),
    destroyForResource: db.prepare('DELETE FROM sealed WHERE site = ? AND resource_hash = ?'),
    destroyDue: db.prepare<[string], { site: string; resourceHash: string }>(DESTROY_DUE),
    findAny: db.prepare<[string], { seq: number }>('SELECT seq FROM sealed WHERE site = ? LIMIT 1'),
    count: db.prepare<[], { count: number }>('SELECT count(*) AS count FROM sealed'),
    countBySite: db.prepare<[], SealedPayloadCount>(COUNT_BY_SITE),
    findFirst: db.prepare<[], SealedPayloadRow>('SELECT * FROM sealed ORDER BY seq LIMIT 1'),
  };
}

type Statements = ReturnType<typeof prepareStatements>;

function toSealedPayload({ listPatients }: Statements, row: SealedPayloadRow): SealedPayload {
  return {
    site: row.site,
    patientHashes: listPatients.all(row.seq).map(({ patient_hash }) => patient_hash),
    resourceHash: row.resource_hash,
    contentHash: row.content_hash,
    ciphertext: row.ciphertext,
    receivedAt: row.received_at,
    destroyAfter: row.destroy_after,
  };
}

function put(statements: Statements, payload: SealedPayload): boolean {
  const { site, resourceHash, contentHash, ciphertext, receivedAt, destroyAfter } = payload;
  const added = statements.add.run(site, resourceHash, contentHash, ciphertext, receivedAt, destroyAfter);
  if (added.changes === 0) return false;
  for (const hash of payload.patientHashes) statements.addPatient.run(site, hash, added.lastInsertRowid);
  return true;
}

function take(
  statements: Statements,
  site: string,
  patientHashes: readonly string[],
): readonly SealedPayload[] {
  const rows = statements.listForPatient.all(site, JSON.stringify(patientHashes));
  const payloads = rows.map((row) => toSealedPayload(statements, row));
  for (const row of rows) statements.remove.run(row.seq);
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
    take: async (site, patientHashes) => take(statements, site, patientHashes),
    async listForPatient(site, patientHashes) {
      const [only, ...others] = patientHashes;
      const rows =
        only !== undefined && others.length === 0
          ? statements.listForHash.all(site, only)
          : statements.listForPatient.all(site, JSON.stringify(patientHashes));
      return rows.map((row) => toSealedPayload(statements, row));
    },
    async listForResource(site, resourceHash) {
      const rows = statements.listForResource.all(site, resourceHash);
      return rows.map((row) => toSealedPayload(statements, row));
    },
    destroyForResource: async (site, resourceHash) =>
      statements.destroyForResource.run(site, resourceHash).changes,
    destroyDue: async (now) => statements.destroyDue.all(now),
    count: async () => statements.count.get()?.count ?? 0,
    countBySite: async () => statements.countBySite.all(),
    async findFirst() {
      const row = statements.findFirst.get();
      return row && toSealedPayload(statements, row);
    },
  };
}
