import type { Decider } from '../pipeline/decisions/decider.ts';
import type { DecisionTrust } from '../signatures/check-decision.ts';
import { type DecidedRecord, hashRecord, SIGNATURE_MEANINGS } from '../signatures/decision-manifest.ts';
import type { OutboxEntry, OutboxState } from '../store/outbox.ts';
import type { Store } from '../store/store.ts';

export interface OutboxFilter {
  readonly state?: OutboxState;
  readonly site?: string;
  readonly subject?: string;
}

/** An entry with the hash that a decision about it names. */
export type ListedOutboxEntry = OutboxEntry & { readonly hash: string };

/** Operations on write-backs that are pending, delivered, paused or given up. */
export interface OutboxOperations {
  listOutboxEntries(filter: OutboxFilter): Promise<readonly ListedOutboxEntry[]>;
  /** Moves a site's entries (null: those of all sites) from one state to another; returns their number. */
  moveOutboxEntries(from: OutboxState, to: OutboxState, site: string | null): Promise<number>;
  /**
   * Makes an entry pending again that was given up because somebody changed or deleted the resource in the EHR; it will
   * replace the version that was found there. Returns false where no such entry exists. Throws `decision/unsigned` where that
   * needs a signature, `decision/not-shown` and `decision/stale` where the person has not seen the entry as it is.
   */
  overwriteInEhr(site: string, identifier: string, decider: Decider): Promise<boolean>;
}

/** The outbox entry as a record: what would be sent, and what was found in the EHR. */
const identifyOutboxEntry = ({
  site,
  study,
  subject,
  identifier,
  resource,
  location,
  failureCode,
}: OutboxEntry): DecidedRecord => ({
  kind: 'outbox-entry',
  key: `${site} ${identifier}`,
  hash: hashRecord({ site, identifier, resource, location, failureCode }),
  ...{ site, study, subject },
});

/** Creates the operations on the store's outbox. */
export function createOutboxOperations(
  store: Store,
  { trust, rules }: { readonly trust: DecisionTrust; readonly rules: string },
): OutboxOperations {
  const formatNow = () => new Date().toISOString();
  return {
    listOutboxEntries: async (filter) =>
      (await store.read((tx) => tx.outbox.list(filter))).map((entry) => ({
        ...entry,
        hash: identifyOutboxEntry(entry).hash,
      })),
    moveOutboxEntries: (from, to, site) =>
      store.transaction((tx) => tx.outbox.changeState(from, to, site, formatNow())),
    async overwriteInEhr(site, identifier, decider) {
      // Loaded here: what only lists entries needs no stage.
      const { logDecision, makeDecision } = await import('../pipeline/decisions/decider.ts');
      return store.transaction(async (tx) => {
        const entry = await tx.outbox.get(site, identifier);
        const at = formatNow();
        if (!entry || !(await tx.outbox.overwrite(site, identifier, at))) return false;
        const decided = {
          ...{ record: identifyOutboxEntry(entry), rules, decision: { overwrite: true } },
          ...{ meaning: SIGNATURE_MEANINGS.overwrite, isAboutShown: true },
        };
        await logDecision(tx, decided, makeDecision(trust, decider, decided, at));
        return true;
      });
    },
  };
}
