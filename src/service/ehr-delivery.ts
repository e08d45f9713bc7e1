import { readSecretFile } from '../config/secret-file.ts';
import type { Config, EhrConfig } from '../config.ts';
import { isSentUnencrypted, parseBaseUrl } from '../ehr/base-url.ts';
import { createEhr, type EhrOptions } from '../ehr/client.ts';
import type { Ehr } from '../ehr/ehr.ts';
import type { EventLog } from '../observe/event-log.ts';
import type { Store } from '../store/store.ts';
import { createOutboxDelivery, type OutboxDelivery } from '../writeback/outbox-delivery.ts';

/** The networks in which developers run simulated EHRs. */
const LOOPBACK_NETWORKS = ['127.0.0.0/8', '::1'];

/** Creates the clients of the EHRs, except those of sites with paused writes: their outbox entries stay pending. `stop` ends calls in progress. */
export function createEhrClients(config: Config, stop?: AbortSignal): ReadonlyMap<string, Ehr> {
  const ehrs = new Map<string, Ehr>();
  for (const [site, { ehr }] of Object.entries(config.sites)) {
    if (!ehr || ehr.pauseWrites) continue;
    const networks = config.dev ? [...ehr.networks, ...LOOPBACK_NETWORKS] : ehr.networks;
    const bearerToken = createTokenReader(ehr);
    const { base, plainHttp, conditionalUpdate } = ehr;
    // With several instances, a request that takes longer could be sent by another one again.
    const timeout = config.database === null ? {} : { timeoutMs: config.database.takeoverMs / 2 };
    const optional = { ...(bearerToken ? { bearerToken } : {}), ...(stop ? { stop } : {}) };
    ehrs.set(site, createEhr({ base, plainHttp, conditionalUpdate, networks, ...timeout, ...optional }));
  }
  return ehrs;
}

/** Lists the sites where tokens and patient data are sent unencrypted, because the configuration sets `plainHttp`. */
export function listUnencryptedSites(config: Config): readonly string[] {
  return Object.entries(config.sites)
    .filter(([, { ehr }]) => ehr?.plainHttp && isSentUnencrypted(parseBaseUrl(ehr.base, true)))
    .map(([site]) => site);
}

/** Creates a reader of the token. A fresh token is read from the file again, where another process renews it. */
function createTokenReader({ bearerToken, bearerTokenFile }: EhrConfig): EhrOptions['bearerToken'] | null {
  if (bearerToken === null) return null;
  let current = bearerToken;
  return async (isFresh) => {
    if (isFresh && bearerTokenFile !== null) current = readSecretFile(bearerTokenFile);
    return current;
  };
}

/** Creates the delivery to the EHRs, which writes its events to the log. `stop` ends attempts in progress. */
export function createLoggedDelivery(
  store: Store,
  ehrs: ReadonlyMap<string, Ehr>,
  events: EventLog,
  stop: AbortSignal,
): OutboxDelivery {
  return createOutboxDelivery({
    store,
    ehrs,
    now: () => new Date(),
    random: Math.random,
    stop,
    observer: {
      onDelivered: (event) => events.writebackDelivered(event),
      onFailed: ({ site, entries, dead }) => events.writebackFailed({ site, entries, dead }),
      onError: (event) => events.writebackBroken(event),
    },
  });
}
