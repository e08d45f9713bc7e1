import type { ExpectedReads, StoreTransaction } from '../store.ts';
import { createSqliteAssessmentStore } from './assessment-store.ts';
import type { Database } from './database.ts';
import { createSqliteFactStore } from './fact-store.ts';
import type { ConnectionMemory } from './group-commit.ts';
import { createSqliteInbox } from './inbox.ts';
import { createSqliteOutbox } from './outbox.ts';
import { createSqliteDecisionLog } from './people/decision-log.ts';
import { createSqlitePersonSessionStore } from './people/session-store.ts';
import { createResourceNumbers } from './resource-numbers.ts';
import { createSqliteSealedPayloadStore } from './sealed-payload-store.ts';
import { createSqliteSharedValueStore } from './shared-value-store.ts';
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
  remembered: RememberedAmounts = { facts: 0, assessments: 0 },
): ConnectionStores {
  const numbers = createResourceNumbers(db);
  const inbox = createSqliteInbox(db, numbers);
  const workItems = createSqliteWorkItemStore(db);
  const subjects = createSqliteSubjectStore(db);
  const sealedPayloads = createSqliteSealedPayloadStore(db);
  const readDataVersion = db.prepare<[], number>('PRAGMA data_version').pluck();
  const withinCommit = [inbox, workItems, numbers];
  const facts = createSqliteFactStore(db, numbers, remembered.facts);
  const assessments = createSqliteAssessmentStore(db, remembered.assessments);
  const acrossCommits = [subjects, sealedPayloads, facts, assessments];
  let dataVersion: number | undefined;
  const forgetAll = (parts: readonly { forget(): void }[]) => {
    for (const part of parts) part.forget();
  };
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
      undo: () => forgetAll([...withinCommit, ...acrossCommits]),
    },
  };
}
