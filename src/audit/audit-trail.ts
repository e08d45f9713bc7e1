import type { ChainEnd } from './audit-chain.ts';

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

/** A trail as it is read: from a store, or from an exported file. */
export interface AuditTrail {
  /** Lists the ends of all chains that have an entry, by name. */
  listChainEnds(): Promise<readonly ChainEnd[]>;
  /** Lists a page of a chain, in order, after the entry `after` (0: from the start). */
  listEntries(chain: string, after: number, limit: number): Promise<readonly StoredAuditEntry[]>;
  /** Lists a page of the signed heads, in order, after the number. */
  listHeads(after: number, limit: number): Promise<readonly StoredAuditHead[]>;
}
