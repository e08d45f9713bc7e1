import { getAuditOrigin, runAs } from '../../audit/audit-origin.ts';
import type { Store, StoreTransaction } from '../store.ts';
import { type AuditSettings, createAuditRecorder } from './audit-recorder.ts';
import { createAuditedDecisions, createAuditedSessions } from './audited-people.ts';
import { createAuditedFacts, createAuditedInbox } from './audited-resources.ts';
import {
  createAuditedAssessments,
  createAuditedSharedValues,
  createAuditedSubjects,
  createAuditedWorkItems,
} from './audited-subjects.ts';
import { createAuditedOutbox, createAuditedSealedPayloads } from './audited-transfers.ts';

/** Runs the work on parts that record what it changes, and appends the entries before the transaction ends. */
async function runRecorded<T>(
  tx: StoreTransaction,
  settings: AuditSettings,
  work: (tx: StoreTransaction) => Promise<T>,
): Promise<{ readonly result: T; readonly entries: number }> {
  const recorder = createAuditRecorder(settings);
  const result = await work({
    ...tx,
    inbox: createAuditedInbox(tx.inbox, recorder),
    facts: createAuditedFacts(tx.facts, recorder),
    workItems: createAuditedWorkItems(tx.workItems, recorder),
    subjects: createAuditedSubjects(tx.subjects, recorder),
    assessments: createAuditedAssessments(tx.assessments, recorder),
    outbox: createAuditedOutbox(tx.outbox, recorder),
    sealedPayloads: createAuditedSealedPayloads(tx.sealedPayloads, recorder),
    sharedValues: createAuditedSharedValues(tx.sharedValues, recorder),
    decisions: createAuditedDecisions(tx.decisions, recorder),
    personSessions: createAuditedSessions(tx.personSessions, recorder),
    audit: { ...tx.audit, append: async (entry) => recorder.noteEntry(entry) },
  });
  const entries = recorder.complete();
  for (const entry of entries) await tx.audit.append(entry);
  return { result, entries: entries.length };
}

/**
 * Adds the audit trail to a store: whatever a transaction changes has an entry, which is committed with it or not at all. It
 * is one place for every change, so that no caller can forget it; a caller that knows more than the store (an export, a
 * sign-in) appends its own entry. Entries are in the name of whoever acts when the transaction is requested (see runAs).
 */
export function createAuditedStore(store: Store, settings: AuditSettings): Store {
  return {
    ...store,
    async transaction(work, scope) {
      const origin = getAuditOrigin();
      const { result, entries } = await store.transaction(
        (tx) => runAs(origin, () => runRecorded(tx, settings, work)),
        scope,
      );
      if (entries > 0) settings.onAppended?.(entries);
      return result;
    },
  };
}
