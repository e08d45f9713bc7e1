import type { OutboxEntry, OutboxState } from '../store/outbox.ts';
import type { Store } from '../store/store.ts';

export interface OutboxFilter {
  readonly state?: OutboxState;
  readonly site?: string;
  readonly subject?: string;
}

/** Operations on write-backs that are pending, delivered, paused or given up. */
export interface OutboxOperations {
  listOutboxEntries(filter: OutboxFilter): Promise<readonly OutboxEntry[]>;
  /** Moves a site's entries (null: those of all sites) from one state to another; returns their number. */
  moveOutboxEntries(from: OutboxState, to: OutboxState, site: string | null): Promise<number>;
  /**
   * Makes an entry pending again that was given up because somebody changed or deleted the resource in the EHR; it will
   * replace the version that was found there. Returns false where no such entry exists.
   */
  overwriteInEhr(site: string, identifier: string): Promise<boolean>;
}

/** Creates the operations on the store's outbox. */
export function createOutboxOperations(store: Store): OutboxOperations {
  const formatNow = () => new Date().toISOString();
  return {
    listOutboxEntries: (filter) => store.read((tx) => tx.outbox.list(filter)),
    moveOutboxEntries: (from, to, site) =>
      store.transaction((tx) => tx.outbox.changeState(from, to, site, formatNow())),
    overwriteInEhr: (site, identifier) =>
      store.transaction((tx) => tx.outbox.overwrite(site, identifier, formatNow())),
  };
}
