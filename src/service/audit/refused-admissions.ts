import { buildAuditEntry } from '../../audit/audit-entry.ts';
import { runAs, SYSTEM_ORIGIN } from '../../audit/audit-origin.ts';
import { createAuditTally } from '../../audit/audit-tally.ts';
import type { TrailStore } from './keep-trail.ts';

/** A request that was not admitted. */
export interface RefusedAdmission {
  /** The network address that it came from. Only its keyed hash is recorded. */
  readonly address: string;
  /** The client, where it is one that is configured; null where nobody knows who it was. */
  readonly client: string | null;
  /** Why, as a code, such as that of the Failure. */
  readonly reason: string;
}

/** Records refused requests, once a minute: a flood of them is a few entries. */
export interface RefusedAdmissions {
  record(refused: RefusedAdmission): void;
  /** Records what was counted since. */
  stop(): Promise<void>;
}

const INTERVAL_MS = 60_000;

/** Creates the record. `onFailed` is called where it could not be stored; the counts of that minute are then lost. */
export function createRefusedAdmissions(
  store: TrailStore,
  onFailed: (cause: unknown) => void,
): RefusedAdmissions {
  const tally = createAuditTally();
  let timer: NodeJS.Timeout | null = null;

  async function write(): Promise<void> {
    timer = null;
    const events = tally.drain();
    if (events.length === 0) return;
    await runAs(SYSTEM_ORIGIN, () =>
      store.transaction(async (tx) => {
        for (const event of events) await tx.audit.append(buildAuditEntry(event, new Date()));
      }),
    );
  }

  return {
    record({ address, client, reason }) {
      tally.add({
        action: 'admission.refused',
        outcome: 'refused',
        reason,
        object: `Address/${store.hashes.hashName(address)}`,
        ...(client === null ? {} : { detail: { client } }),
      });
      timer ??= setTimeout(() => void write().catch(onFailed), INTERVAL_MS).unref();
    },
    async stop() {
      if (timer) clearTimeout(timer);
      await write().catch(onFailed);
    },
  };
}
