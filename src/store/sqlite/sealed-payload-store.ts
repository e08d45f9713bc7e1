import type { SealedPayload, SealedPayloadStore } from '../store.ts';
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

export function createSqliteSealedPayloadStore(db: Database): SealedPayloadStore {
  const insert = db.prepare(`INSERT OR IGNORE INTO sealed
    (site, resource_hash, content_hash, ciphertext, received_at, destroy_after) VALUES (?, ?, ?, ?, ?, ?)`);
  const name = db.prepare('INSERT OR IGNORE INTO sealed_patient (site, patient_hash, seq) VALUES (?, ?, ?)');
  const names = db.prepare<[number], { patient_hash: string }>(
    'SELECT patient_hash FROM sealed_patient WHERE seq = ?',
  );
  const find = db.prepare<[string, string], SealedPayloadRow>(
    `SELECT DISTINCT s.* FROM sealed s JOIN sealed_patient p ON p.seq = s.seq
     WHERE p.site = ? AND p.patient_hash IN (SELECT value FROM json_each(?)) ORDER BY s.seq`,
  );
  const ofResource = db.prepare<[string, string], SealedPayloadRow>(
    'SELECT * FROM sealed WHERE site = ? AND resource_hash = ? ORDER BY seq',
  );
  const discard = db.prepare('DELETE FROM sealed WHERE site = ? AND resource_hash = ?');
  const remove = db.prepare('DELETE FROM sealed WHERE seq = ?');
  const due = db.prepare<[string], { site: string; resourceHash: string }>(
    'DELETE FROM sealed WHERE destroy_after <= ? RETURNING site, resource_hash AS resourceHash',
  );
  const count = db.prepare<[], { count: number }>('SELECT count(*) AS count FROM sealed');
  const payloadOf = (row: SealedPayloadRow): SealedPayload => ({
    site: row.site,
    patientHashes: names.all(row.seq).map((n) => n.patient_hash),
    resourceHash: row.resource_hash,
    contentHash: row.content_hash,
    ciphertext: row.ciphertext,
    receivedAt: row.received_at,
    destroyAfter: row.destroy_after,
  });
  return {
    async put(payload: SealedPayload) {
      const { site, resourceHash, contentHash, ciphertext, receivedAt, destroyAfter } = payload;
      const done = insert.run(site, resourceHash, contentHash, ciphertext, receivedAt, destroyAfter);
      if (done.changes === 0) return false;
      for (const hash of payload.patientHashes) name.run(site, hash, done.lastInsertRowid);
      return true;
    },
    async take(site, patientHashes) {
      const rows = find.all(site, JSON.stringify(patientHashes));
      const taken = rows.map(payloadOf);
      for (const row of rows) remove.run(row.seq);
      return taken;
    },
    async listForResource(site, resourceHash) {
      return ofResource.all(site, resourceHash).map(payloadOf);
    },
    async destroyForResource(site, resourceHash) {
      return discard.run(site, resourceHash).changes;
    },
    async destroyDue(now) {
      return due.all(now);
    },
    async count() {
      return count.get()?.count ?? 0;
    },
  };
}
