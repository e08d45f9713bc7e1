import type { ChainEnd } from '../audit/audit-chain.ts';
import type { AuditEntry } from '../audit/audit-entry.ts';

/** An entry of the trail as it is stored. */
export interface StoredAuditEntry {
  readonly chain: string;
  /** Counts from 1 within the chain. */
  readonly seq: number;
  /** The entry as canonical JSON. */
  readonly entry: string;
  /** The link of the chain, in hexadecimal (see audit-chain.ts). */
  readonly link: string;
}

/** A signed head of the trail as it is stored (see signed-head.ts). */
export interface StoredAuditHead {
  /** Counts from 1. */
  readonly number: number;
  /** The head as canonical JSON. */
  readonly head: string;
}

/**
 * The audit trail: entries are appended in the transaction of the change that they record, and never changed or removed; the
 * database refuses both. Every store has one chain or several; which one an entry belongs to is up to the store.
 */
export interface AuditLog {
  append(entry: AuditEntry): Promise<void>;
  /** Lists the ends of all chains that have an entry, by name. */
  listChainEnds(): Promise<readonly ChainEnd[]>;
  /** Lists a page of a chain, in order, after the entry `after` (0: from the start). */
  listEntries(chain: string, after: number, limit: number): Promise<readonly StoredAuditEntry[]>;
  /** Adds the next signed head; throws where another one has its number. */
  addHead(head: StoredAuditHead): Promise<void>;
  /** Returns the last signed head; undefined before the first. */
  getLastHead(): Promise<StoredAuditHead | undefined>;
  /** Lists a page of the signed heads, in order, after the number. */
  listHeads(after: number, limit: number): Promise<readonly StoredAuditHead[]>;
}
