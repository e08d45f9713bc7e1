import { formatOwner, openSubjectKey, type SubjectDataKey } from '../../keys/sealed-bodies.ts';
import { createDataKey, wrapKey } from '../../keys/sealed-bytes.ts';
import type { StoreKey } from '../../keys/store-key.ts';
import type { SubjectKey } from '../../subject-store.ts';
import type { Session } from '../session.ts';
import { prepareSql } from '../sql-statement.ts';

/** The keys that this process has used, decrypted. Numbers are never used again. */
export interface KeyMemory {
  readonly storeKey: StoreKey | null;
  readonly byId: Map<number, Buffer | null>;
  /** The numbers of keys that are committed. */
  readonly byOwner: Map<string, number>;
}

export const createKeyMemory = (storeKey: StoreKey | null): KeyMemory => ({
  storeKey,
  byId: new Map(),
  byOwner: new Map(),
});

/** The keys of subjects and of sites, within one transaction. */
export interface SubjectKeysInTransaction {
  /** Finds the key of the owner, or creates it. */
  assign(owner: SubjectKey): Promise<SubjectDataKey>;
  /** Finds keys by their numbers; null for one that was destroyed. */
  findAll(ids: readonly number[]): Promise<ReadonlyMap<number, Buffer | null>>;
  /** Finds the number of the owner's key; undefined where they have none. */
  findId(owner: SubjectKey): Promise<number | undefined>;
  destroy(owner: SubjectKey): Promise<void>;
  /** Must be called after the commit: other transactions may rely on the keys that this one has found or created. */
  settle(): void;
}

interface KeyRow {
  id: string;
  wrapped: Buffer;
}

const FIND = prepareSql('SELECT id, wrapped FROM subject_key WHERE study = $1 AND subject = $2');
const GET = prepareSql('SELECT id, wrapped FROM subject_key WHERE id = ANY ($1::bigint[])');
const ADD = prepareSql(`INSERT INTO subject_key (study, subject, wrapped) VALUES ($1, $2, $3)
  ON CONFLICT (study, subject) DO NOTHING RETURNING id`);
const DESTROY = prepareSql('DELETE FROM subject_key WHERE study = $1 AND subject = $2');

/** Creates the keys on the table `subject_key`. */
export function createPostgresSubjectKeys(session: Session, memory: KeyMemory): SubjectKeysInTransaction {
  const { storeKey, byId, byOwner } = memory;
  const pending = new Map<string, number>();

  function open({ id, wrapped }: KeyRow): Buffer | null {
    const key = openSubjectKey(storeKey, wrapped);
    byId.set(Number(id), key);
    return key;
  }

  async function create(owner: SubjectKey): Promise<SubjectDataKey> {
    if (!storeKey) throw new Error('A store that was opened without a key was about to be written.');
    const key = createDataKey();
    const values = [owner.study, owner.subject, wrapKey(storeKey.wrapping, key)];
    const [added] = await session.query<{ id: string }>(ADD, values);
    if (!added) throw new Error('Another transaction has created the key of a subject.');
    const id = Number(added.id);
    byId.set(id, key);
    pending.set(formatOwner(owner), id);
    return { id, key };
  }

  async function findRow({ study, subject }: SubjectKey): Promise<KeyRow | undefined> {
    return (await session.query<KeyRow>(FIND, [study, subject]))[0];
  }

  return {
    async assign(owner) {
      const text = formatOwner(owner);
      const knownId = pending.get(text) ?? byOwner.get(text);
      const known = knownId === undefined ? null : byId.get(knownId);
      if (knownId !== undefined && known) return { id: knownId, key: known };
      const row = await findRow(owner);
      if (!row) return create(owner);
      const key = open(row);
      if (!key) throw new Error('The key of a subject cannot be decrypted.');
      pending.set(text, Number(row.id));
      return { id: Number(row.id), key };
    },
    async findAll(ids) {
      const unknown = [...new Set(ids)].filter((id) => !byId.has(id));
      const rows = unknown.length === 0 ? [] : await session.query<KeyRow>(GET, [unknown]);
      for (const row of rows) open(row);
      return new Map(ids.map((id) => [id, byId.get(id) ?? null]));
    },
    async findId(owner) {
      const row = await findRow(owner);
      return row && Number(row.id);
    },
    async destroy(owner) {
      const row = await findRow(owner);
      session.send(DESTROY, [owner.study, owner.subject]);
      pending.delete(formatOwner(owner));
      byOwner.delete(formatOwner(owner));
      if (row) byId.delete(Number(row.id));
    },
    settle() {
      for (const [owner, id] of pending) byOwner.set(owner, id);
    },
  };
}
