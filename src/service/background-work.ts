import { runAs, SYSTEM_ORIGIN } from '../audit/audit-origin.ts';
import type { Config } from '../config.ts';
import type { EventLog } from '../observe/event-log.ts';
import { runPostponed } from '../pipeline/receive/accept-interactions.ts';
import { startWorker } from '../pipeline/worker.ts';
import type { Store } from '../store/store.ts';
import { createEhrClients, createLoggedDelivery, listUnencryptedSites } from './ehr-delivery.ts';
import type { ActiveLibrary } from './reload-library.ts';

/** How long an attempt to deliver may go on after the service was told to stop; then its entries wait for the next start. */
const STOP_PATIENCE_MS = 3_000;
/** How long a broken service goes on refusing before it ends. */
const BROKEN_MS = 500;

/** Assessment and write-back in the background, until stopped. */
export interface BackgroundWork {
  /**
   * Whether the worker has met an error that it cannot recover from, or the delivery to a site fails in this software (it goes
   * on, and this becomes false once it works again).
   */
  isBroken(): boolean;
  start(): void;
  /** Delivers every entry that is due now; returns the number of transactions. */
  deliverDue(): Promise<number>;
  stop(): Promise<void>;
}

/** Creates the background work; it begins with `start`. */
export function createBackgroundWork(
  config: Config,
  store: Store,
  activeLibrary: ActiveLibrary,
  events: EventLog,
): BackgroundWork {
  const stopping = new AbortController();
  const ehrs = createEhrClients(config, stopping.signal);
  const delivery = createLoggedDelivery(store, ehrs, events, stopping.signal);
  const faultySites = new Set<string>();
  let worker: { stop(): Promise<void> } | null = null;
  let isBroken = false;
  return {
    isBroken: () => isBroken || faultySites.size > 0,
    start() {
      for (const site of listUnencryptedSites(config)) events.ehrUnencrypted({ site });
      // Whoever started the service does not do what it does by itself from then on.
      worker = runAs(SYSTEM_ORIGIN, () =>
        startWorker({
          store,
          assessment: () => activeLibrary.getSnapshot().assessment,
          studies: () => activeLibrary.getSnapshot().pipeline.studies,
          refreshLibrary: activeLibrary.refresh,
          sites: [...ehrs.keys()],
          runPostponed: () => runPostponed(activeLibrary.getSnapshot().pipeline),
          deliverNext: (site) => delivery.deliverNext(site),
          onDeliveryFault(site, error) {
            if (error === null) faultySites.delete(site);
            else faultySites.add(site);
            if (error !== null) events.writebackBroken({ site, error });
          },
          onBroken(error) {
            isBroken = true;
            events.serviceBroken({ error });
            // A failing store or rule could lead to a wrong answer about a patient, so the process ends; a restart recovers.
            // What has arrived is answered first: with 503, where the store has failed.
            setTimeout(() => process.exit(1), BROKEN_MS);
          },
        }),
      );
    },
    async deliverDue() {
      let transactions = 0;
      while (await delivery.deliverNext()) transactions++;
      return transactions;
    },
    async stop() {
      const impatient = setTimeout(() => stopping.abort(), STOP_PATIENCE_MS);
      try {
        await worker?.stop();
      } finally {
        clearTimeout(impatient);
      }
    },
  };
}
