import type { Config } from '../config.ts';
import { createEhr } from '../ehr/client.ts';
import type { Ehr } from '../ehr/ehr.ts';
import type { Events } from '../observe/events.ts';
import type { Store } from '../store/store.ts';
import { createDelivery, type Delivery } from '../writeback/deliver.ts';

/** The EHRs that may be written to now; a paused site keeps what it is owed. */
export function ehrsOf(config: Config): ReadonlyMap<string, Ehr> {
  const ehrs = new Map<string, Ehr>();
  for (const [site, { ehr }] of Object.entries(config.sites)) {
    if (!ehr || ehr.pauseWrites) continue;
    const { base, bearerToken } = ehr;
    ehrs.set(
      site,
      createEhr({ base, ...(bearerToken === null ? {} : { bearerToken: async () => bearerToken }) }),
    );
  }
  return ehrs;
}

/** Delivery to these EHRs, with its events in the log. */
export function deliveryOf(store: Store, ehrs: ReadonlyMap<string, Ehr>, events: Events): Delivery {
  return createDelivery({
    store,
    ehrs,
    now: () => new Date(),
    random: Math.random,
    observer: {
      delivered: (event) => events.writebackDelivered(event),
      failed: ({ site, entries, dead }) => events.writebackFailed({ site, entries, dead }),
    },
  });
}
