import type { Config } from '../config.ts';
import type { EventLog } from '../observe/event-log.ts';
import { startWorker } from '../pipeline/worker.ts';
import type { Store } from '../store/store.ts';
import type { ActiveLibrary } from './active-library.ts';
import { createEhrClients, createLoggedDelivery, listUnencryptedSites } from './ehr-delivery.ts';

/** Assessment and write-back in the background, until stopped. */
export interface BackgroundWork {
  /** Whether the worker has met an error that it cannot recover from. */
  isBroken(): boolean;
  start(): void;
  /** Delivers everything that is due now; returns how many transactions were sent. */
  deliverDue(): Promise<number>;
  stop(): Promise<void>;
}

export function createBackgroundWork(
  config: Config,
  store: Store,
  activeLibrary: ActiveLibrary,
  events: EventLog,
): BackgroundWork {
  const ehrs = createEhrClients(config);
  const delivery = createLoggedDelivery(store, ehrs, events);
  let worker: { stop(): Promise<void> } | null = null;
  let isBroken = false;
  return {
    isBroken: () => isBroken,
    start() {
      for (const site of listUnencryptedSites(config)) events.ehrUnencrypted({ site });
      worker = startWorker({
        store,
        assessment: () => activeLibrary.current().assessment,
        studies: () => activeLibrary.current().pipeline.studies,
        refreshLibrary: activeLibrary.refresh,
        sites: [...ehrs.keys()],
        deliverNext: (site) => delivery.deliverNext(site),
        onBroken(error) {
          isBroken = true;
          events.serviceBroken({ error });
          // A store or a rule that fails may lead to a wrong answer about a patient: stop, and recover by a restart.
          process.exit(1);
        },
      });
    },
    async deliverDue() {
      let transactions = 0;
      while (await delivery.deliverNext()) transactions++;
      return transactions;
    },
    stop: async () => worker?.stop(),
  };
}
