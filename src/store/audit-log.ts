import type { AuditEntry } from '../audit/audit-entry.ts';
import type { AuditTrail, StoredAuditHead } from '../audit/audit-trail.ts';

/**
 * The audit trail: entries are appended in the transaction of the change that they record, and never changed or removed; the
 * database refuses both. Every store has one chain or several; which one an entry belongs to is up to the store.
 */
export interface AuditLog extends AuditTrail {
  append(entry: AuditEntry): Promise<void>;
  /** Adds the next signed head; throws where another one has its number. */
  addHead(head: StoredAuditHead): Promise<void>;
  /** Returns the last signed head; undefined before the first. */
  getLastHead(): Promise<StoredAuditHead | undefined>;
}
