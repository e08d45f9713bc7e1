import { Failure } from '../../errors.ts';
import type { Store, StoreTransaction } from '../store.ts';
import { createSqliteAssessmentStore } from './assessment-store.ts';
import { type Database, openDatabase, openReadOnlyDatabase, verifyDurability } from './database.ts';
import { createSqliteFactStore } from './fact-store.ts';
import { createGroupCommit, isDatabaseBusy, readSqliteCode } from './group-commit.ts';
import { createSqliteInbox } from './inbox.ts';
import { createSqliteOutbox } from './outbox.ts';
import { createSqliteSealedPayloadStore } from './sealed-payload-store.ts';
import { createSqliteSharedValueStore } from './shared-value-store.ts';
import { createSqliteSubjectStore } from './subject-store.ts';
import { createSqliteWorkItemStore } from './work-item-store.ts';

/** The disk failed, or holds what is not ours: only a new start, which recovers, may trust it again. */
const isDiskUntrustworthy = (cause: unknown): boolean =>
  /^SQLITE_(IOERR|CORRUPT|NOTADB)/.test(readSqliteCode(cause));

/** What SQLite's own word for an error means to a caller; null for a mistake of ours. */
function toStoreFailure(cause: unknown, file: string): Failure | null {
  const code = readSqliteCode(cause);
  if (isDatabaseBusy(cause)) {
    return new Failure('store/busy', 'Another process holds the database.', { fix: 'Try again.' }, { cause });
  }
  // A disk that cannot be trusted any more: the service must stop, not guess.
  if (/^SQLITE_(IOERR|CORRUPT|FULL|NOTADB|READONLY|CANTOPEN)/.test(code)) {
    return new Failure(
      'store/unusable',
      `The database cannot be used (${code}).`,
      { at: file, fix: 'Check the disk.' },
      { cause },
    );
  }
  return null;
}

function createStores(db: Database): StoreTransaction {
  return {
    inbox: createSqliteInbox(db),
    facts: createSqliteFactStore(db),
    workItems: createSqliteWorkItemStore(db),
    subjects: createSqliteSubjectStore(db),
    assessments: createSqliteAssessmentStore(db),
    outbox: createSqliteOutbox(db),
    sealedPayloads: createSqliteSealedPayloadStore(db),
    sharedValues: createSqliteSharedValueStore(db),
  };
}

/**
 * The embedded store: one SQLite file. One transaction at a time; what waits meanwhile is committed together. Reading
 * has a connection of its own: who reads waits for nobody, in this process or another, and holds nobody up.
 */
export function openSqliteStore(file: string): Store {
  const db = openDatabase(file);
  const reader = openReadOnlyDatabase(file);
  const [writing, reading] = [createStores(db), createStores(reader)];
  const write = createGroupCommit(db, 'IMMEDIATE');
  const read = createGroupCommit(reader, 'DEFERRED');
  const beat = db.prepare(
    'INSERT INTO heartbeat (only, at) VALUES (1, ?) ON CONFLICT (only) DO UPDATE SET at = excluded.at',
  );
  const underWay = new Set<Promise<unknown>>();
  /** What ended the trust in the disk. */
  let ended: unknown = null;

  /** After a failed sync the system may count as written what is not: a later sync that succeeds proves nothing. */
  const trusting =
    <T>(work: () => Promise<T>) =>
    async (): Promise<T> => {
      if (ended !== null) throw ended;
      return work();
    };

  async function run<T>(piece: Promise<T>): Promise<T> {
    underWay.add(piece);
    try {
      return await piece;
    } catch (cause) {
      if (isDiskUntrustworthy(cause)) ended ??= cause;
      throw toStoreFailure(cause, file) ?? cause;
    } finally {
      underWay.delete(piece);
    }
  }

  return {
    transaction: (work) => run(write(trusting(() => work(writing)))),
    read: (work) => run(read(trusting(() => work(reading)))),
    async verifyWritable() {
      verifyDurability(db, file);
      await run(write(trusting(async () => beat.run(new Date().toISOString()))));
    },
    async close() {
      await Promise.allSettled(underWay);
      reader.close();
      db.close();
    },
  };
}
