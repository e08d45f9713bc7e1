import type { SealedPayload, SealedPayloadCount, SealedPayloadStore } from '../sealed-payload-store.ts';
import type { Session } from './session.ts';
import { prepareSql } from './sql-statement.ts';

/** The columns of a payload with the hashes of its patients, under the names of its properties. */
const PAYLOAD = `s.site, s.resource_hash AS "resourceHash", s.content_hash AS "contentHash", s.ciphertext, s.wrapped_key AS "wrappedKey",
  s.received_at AS "receivedAt", s.destroy_after AS "destroyAfter",
  ARRAY(SELECT p.patient_hash::text FROM sealed_patient p WHERE p.seq = s.seq ORDER BY p.patient_hash) AS "patientHashes"`;

const ADD =
  prepareSql(`INSERT INTO sealed (site, resource_hash, content_hash, ciphertext, received_at, destroy_after, wrapped_key)
  VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (site, resource_hash, content_hash) DO NOTHING RETURNING seq`);

const ADD_PATIENTS = prepareSql(`INSERT INTO sealed_patient (site, patient_hash, seq)
  SELECT DISTINCT $1, patient_hash, $2::bigint FROM unnest($3::text[]) AS given (patient_hash)`);

const IS_OF_PATIENT = `s.seq IN (SELECT seq FROM sealed_patient WHERE site = $1 AND patient_hash = ANY ($2::text[]))`;

const LIST_FOR_PATIENT = prepareSql(
  `SELECT s.seq, ${PAYLOAD} FROM sealed s WHERE ${IS_OF_PATIENT} ORDER BY s.seq LIMIT $3`,
);

const LIST_RESOURCE_HASHES = prepareSql(`SELECT DISTINCT s.resource_hash AS "resourceHash"
  FROM sealed s JOIN sealed_patient p ON p.seq = s.seq
  WHERE p.site = $1 AND p.patient_hash = $2 ORDER BY s.resource_hash LIMIT $3`);

const COUNT_FOR_RESOURCE = prepareSql(
  'SELECT count(*)::integer AS n FROM sealed WHERE site = $1 AND resource_hash = $2',
);

const LIST_FOR_RESOURCE = prepareSql(
  `SELECT s.seq, ${PAYLOAD} FROM sealed s WHERE s.site = $1 AND s.resource_hash = $2 ORDER BY s.seq`,
);

const FIND_FIRST = prepareSql(`SELECT s.seq, ${PAYLOAD} FROM sealed s ORDER BY s.seq LIMIT 1`);

const REMOVE = prepareSql('DELETE FROM sealed WHERE seq = ANY ($1::bigint[])');

const DESTROY_FOR_RESOURCE = prepareSql('DELETE FROM sealed WHERE site = $1 AND resource_hash = $2');

const DESTROY_DUE = prepareSql(
  'DELETE FROM sealed WHERE destroy_after <= $1 RETURNING site, resource_hash AS "resourceHash"',
);

const COUNT = prepareSql('SELECT count(*)::integer AS n FROM sealed');

const HAS_PAYLOAD = prepareSql('SELECT EXISTS (SELECT 1 FROM sealed WHERE site = $1) AS has');

const COUNT_BY_SITE = prepareSql(`SELECT site, count(*)::integer AS payloads,
    min(received_at) AS "firstReceivedAt", max(received_at) AS "lastReceivedAt"
  FROM sealed GROUP BY site ORDER BY site`);

type SealedPayloadRow = SealedPayload & { readonly seq: string };

const toSealedPayload = ({ seq: _, ...payload }: SealedPayloadRow): SealedPayload => payload;

async function put(session: Session, payload: SealedPayload): Promise<boolean> {
  const { site, resourceHash, contentHash, ciphertext, receivedAt, destroyAfter, patientHashes } = payload;
  const key = payload.wrappedKey && Buffer.from(payload.wrappedKey);
  const values = [site, resourceHash, contentHash, Buffer.from(ciphertext), receivedAt, destroyAfter, key];
  const [added] = await session.query<{ seq: string }>(ADD, values);
  if (!added) return false;
  session.send(ADD_PATIENTS, [site, added.seq, patientHashes]);
  return true;
}

/** Creates the store of sealed payloads on the tables `sealed` and `sealed_patient`. */
export function createPostgresSealedPayloadStore(session: Session): SealedPayloadStore {
  const listForPatient = (site: string, hashes: readonly string[], limit: number | null = null) =>
    session.query<SealedPayloadRow>(LIST_FOR_PATIENT, [site, hashes, limit]);
  return {
    put: (payload) => put(session, payload),
    async take(site, patientHashes, limit) {
      const rows = await listForPatient(site, patientHashes, limit);
      if (rows.length > 0) session.send(REMOVE, [rows.map(({ seq }) => seq)]);
      return rows.map(toSealedPayload);
    },
    listForPatient: async (site, patientHashes) =>
      (await listForPatient(site, patientHashes)).map(toSealedPayload),
    async listResourceHashes(site, patientHash, limit) {
      const rows = await session.query<{ resourceHash: string }>(LIST_RESOURCE_HASHES, [
        site,
        patientHash,
        limit,
      ]);
      return rows.map(({ resourceHash }) => resourceHash);
    },
    countForResource: async (site, resourceHash) =>
      (await session.query<{ n: number }>(COUNT_FOR_RESOURCE, [site, resourceHash]))[0]?.n ?? 0,
    listForResource: async (site, resourceHash) =>
      (await session.query<SealedPayloadRow>(LIST_FOR_RESOURCE, [site, resourceHash])).map(toSealedPayload),
    destroyForResource: (site, resourceHash) => session.change(DESTROY_FOR_RESOURCE, [site, resourceHash]),
    destroyDue: (now) => session.query<{ site: string; resourceHash: string }>(DESTROY_DUE, [now]),
    count: async () => (await session.query<{ n: number }>(COUNT))[0]?.n ?? 0,
    countBySite: () => session.query<SealedPayloadCount>(COUNT_BY_SITE),
    isEmpty: async (site) => !(await session.query<{ has: boolean }>(HAS_PAYLOAD, [site]))[0]?.has,
    async findFirst() {
      const [row] = await session.query<SealedPayloadRow>(FIND_FIRST);
      return row && toSealedPayload(row);
    },
  };
}
