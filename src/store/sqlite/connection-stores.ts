import type { StoreKey } from '../keys/store-key.ts';
import type { ExpectedReads, StoreTransaction } from '../store.ts';
import { createSqliteUsedAssertionStore } from './access/used-assertion-store.ts';
import { createSqliteAssessmentStore } from './assessment-store.ts';
import type { Database } from './database.ts';
import { createSqliteErasureStore } from './erasure-store.ts';
import { createSqliteFactStore } from './fact-store.ts';
import type { ConnectionMemory } from './group-commit.ts';
import { createSqliteInbox } from './inbox.ts';
import { createSqliteOutbox } from './outbox.ts';
import { createSqliteDecisionLog } from './people/decision-log.ts';
import { createSqlitePersonSessionStore } from './people/session-store.ts';
import { createSqlitePostponedStore } from './postponed-store.ts';
import { createResourceNumbers } from './resource-numbers.ts';
import { createSqliteAuditLog } from './safekeeping/audit-log.ts';
import { createSqliteSealedPayloadStore } from './sealed-payload-store.ts';
import { createSqliteSharedValueStore } from './shared-value-store.ts';
import { createSubjectKeys } from './subject-keys.ts';
import { createSqliteSubjectStore } from './subject-store.ts';
import { createSqliteWorkItemStore } from './work-item-store.ts';

/** The parts of the store on one connection, and what that connection remembers. */
interface ConnectionStores {
  readonly stores: StoreTransaction;
  readonly memory: ConnectionMemory;
}

/** How many facts, and the assessments of how many subjects, a connection remembers across commits. */
export interface RememberedAmounts {
  readonly facts: number;
  readonly assessments: number;
}

/** Merges what several transactions expect to read: one read for each site. */
const mergeExpected = (expected: readonly ExpectedReads[]): readonly ExpectedReads[] =>
  [...Map.groupBy(expected, ({ site }) => site)].map(([site, ofSite]) => ({
    site,
    resources: ofSite.flatMap(({ resources }) => resources),
    references: ofSite.flatMap(({ references }) => references),
    identifiers: ofSite.flatMap(({ identifiers }) => identifiers),
  }));

/**
 * Creates the parts of the store on a connection. What a part remembers of committed rows stays true until another connection
 * commits, which `data_version` tells; the rest is remembered within one commit. Of facts and
 * assessments, only as many are remembered as the caller states.
 */
export function createConnectionStores(
  db: Database,
  key: StoreKey,
  remembered: RememberedAmounts = { facts: 0, assessments: 0 },
): ConnectionStores {
  const numbers = createResourceNumbers(db);
  const keys = createSubjectKeys(db, key);
  const inbox = createSqliteInbox(db, numbers, keys);
  const workItems = createSqliteWorkItemStore(db);
  const subjects = createSqliteSubjectStore(db);
  const sealedPayloads = createSqliteSealedPayloadStore(db);
  const readDataVersion = db.prepare<[], number>('PRAGMA data_version').pluck();
  const audit = createSqliteAuditLog(db);
  const withinCommit = [inbox, workItems, numbers, audit];
  const facts = createSqliteFactStore(db, numbers, remembered.facts);
  const assessments = createSqliteAssessmentStore(db, remembered.assessments);
  const acrossCommits = [keys, subjects, sealedPayloads, facts, assessments];
  let dataVersion: number | undefined;
  const forgetAll = (parts: readonly { forget(): void }[]) => {
    for (const part of parts) part.forget();
  };
  const forgetEverything = () => forgetAll([...withinCommit, ...acrossCommits]);
  return {
    stores: {
      inbox,
      facts,
      workItems,
      subjects,
      assessments,
      outbox: createSqliteOutbox(db),
      sealedPayloads,
      sharedValues: createSqliteSharedValueStore(db),
      usedAssertions: createSqliteUsedAssertionStore(db),
      postponed: createSqlitePostponedStore(db),
      erasures: createSqliteErasureStore(db, { storeKey: key, keys, numbers, forget: forgetEverything }),
      audit,
      decisions: createSqliteDecisionLog(db),
      personSessions: createSqlitePersonSessionStore(db),
    },
    memory: {
      begin(expected) {
        const known = dataVersion;
        dataVersion = readDataVersion.get();
        if (dataVersion !== known) forgetAll(acrossCommits);
        forgetAll(withinCommit);
        facts.begin();
        for (const reads of mergeExpected(expected)) {
          inbox.expect(reads);
          workItems.expect(reads.resources);
        }
      },
      undo: forgetEverything,
    },
  };
}
