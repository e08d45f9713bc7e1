import { type Config, type EhrConfig, readToken } from '../config.ts';
import { createEhr, type EhrOptions } from '../ehr/client.ts';
import type { Ehr } from '../ehr/ehr.ts';
import type { Events } from '../observe/events.ts';
import type { Store } from '../store/store.ts';
import { createDelivery, type Delivery } from '../writeback/deliver.ts';

/** Where developers run their stand-ins. */
const LOOPBACK = ['127.0.0.0/8', '::1'];

/** The EHRs that may be written to now; a paused site keeps what it is owed. */
export function ehrsOf(config: Config): ReadonlyMap<string, Ehr> {
  const ehrs = new Map<string, Ehr>();
  for (const [site, { ehr }] of Object.entries(config.sites)) {
    if (!ehr || ehr.pauseWrites) continue;
    const networks = config.dev ? [...ehr.networks, ...LOOPBACK] : ehr.networks;
    const bearerToken = tokenOf(ehr);
    ehrs.set(site, createEhr({ base: ehr.base, networks, ...(bearerToken ? { bearerToken } : {}) }));
  }
  return ehrs;
}

/** The token; a fresh one is what the file says now: whoever renews it writes it there. */
function tokenOf({ bearerToken, bearerTokenFile }: EhrConfig): EhrOptions['bearerToken'] | null {
  if (bearerToken === null) return null;
  let current = bearerToken;
  return async (fresh) => {
    if (fresh && bearerTokenFile !== null) current = readToken(bearerTokenFile);
    return current;
  };
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
