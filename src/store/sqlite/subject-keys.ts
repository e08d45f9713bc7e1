import { formatOwner, openSubjectKey, type SubjectDataKey } from '../keys/sealed-bodies.ts';
import { createDataKey, wrapKey } from '../keys/sealed-bytes.ts';
import type { StoreKey } from '../keys/store-key.ts';
import type { SubjectKey } from '../subject-store.ts';
import type { Database } from './database.ts';

/** The keys of subjects, and of sites. They are kept in memory as they are used. */
export interface SubjectKeys {
  /** Finds the key of the owner, or creates it. */
  assign(owner: SubjectKey): SubjectDataKey;
  /** Finds a key by its number; null where it was destroyed. */
  find(id: number): Buffer | null;
  /** Finds the number of the owner's key; undefined where they have none. */
  findId(owner: SubjectKey): number | undefined;
  /** Destroys the key: it is overwritten where it stands. What it encrypts cannot be read any more, by anybody. */
  destroy(owner: SubjectKey): void;
  forget(): void;
}

interface KeyRow {
  id: number;
  wrapped: Buffer;
}

/**
 * A row of a destroyed key stays: where no row is ever removed, SQLite moves none, and so leaves no copy of a key in a page.
 * The new bytes are as many as the old ones, which are overwritten in their place.
 */
const prepareStatements = (db: Database) => ({
  find: db.prepare<[string, string], KeyRow>(
    'SELECT id, wrapped FROM subject_key WHERE study = ? AND subject = ?',
  ),
  get: db.prepare<[number], KeyRow>('SELECT id, wrapped FROM subject_key WHERE id = ?'),
  add: db.prepare('INSERT INTO subject_key (study, subject, wrapped) VALUES (?, ?, ?)'),
  overwrite: db.prepare('UPDATE subject_key SET wrapped = zeroblob(length(wrapped)) WHERE id = ?'),
  disown: db.prepare('UPDATE subject_key SET study = NULL, subject = NULL WHERE id = ?'),
});

/** Creates the keys on the table `subject_key`. */
export function createSubjectKeys(db: Database, storeKey: StoreKey): SubjectKeys {
  const statements = prepareStatements(db);
  const byOwner = new Map<string, SubjectDataKey>();
  const byId = new Map<number, Buffer | null>();

  function remember(owner: SubjectKey, found: SubjectDataKey): SubjectDataKey {
    byOwner.set(formatOwner(owner), found);
    byId.set(found.id, found.key);
    return found;
  }

  function create({ study, subject }: SubjectKey): SubjectDataKey {
    const key = createDataKey();
    const added = statements.add.run(study, subject, wrapKey(storeKey.wrapping, key));
    return { id: Number(added.lastInsertRowid), key };
  }

  return {
    assign(owner) {
      const known = byOwner.get(formatOwner(owner));
      if (known) return known;
      const row = statements.find.get(owner.study, owner.subject);
      const key = row ? openSubjectKey(storeKey, row.wrapped) : null;
      if (row && !key) throw new Error('The key of a subject cannot be decrypted.');
      return remember(owner, row && key ? { id: row.id, key } : create(owner));
    },
    find(id) {
      const known = byId.get(id);
      if (known !== undefined) return known;
      const row = statements.get.get(id);
      const key = row ? openSubjectKey(storeKey, row.wrapped) : null;
      byId.set(id, key);
      return key;
    },
    findId: ({ study, subject }) => statements.find.get(study, subject)?.id,
    destroy(owner) {
      const row = statements.find.get(owner.study, owner.subject);
      if (!row) return;
      statements.overwrite.run(row.id);
      statements.disown.run(row.id);
      byOwner.delete(formatOwner(owner));
      byId.delete(row.id);
    },
    forget() {
      byOwner.clear();
      byId.clear();
    },
  };
}
