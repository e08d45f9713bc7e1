import type { Store, StoreTransaction } from '../store/store.ts';

/** The name of the shared value with the instant before which an EHR asked not to be called; stored. */
const formatPauseName = (site: string): string => `delivery-pause/${site}`;

/**
 * Records that a site's EHR asked for a pause (Retry-After), so that no process calls it earlier, not even after a
 * restart.
 */
export async function recordSitePause(
  tx: StoreTransaction,
  site: string,
  pauseMs: number,
  now: Date,
): Promise<void> {
  const until = new Date(now.getTime() + pauseMs).toISOString();
  const last = await tx.sharedValues.get(formatPauseName(site));
  if (last === null || last < until) await tx.sharedValues.put(formatPauseName(site), until);
}

/** Selects the sites whose EHRs may be called: those that asked for no pause, or whose pause is over. */
export async function selectCallableSites(
  store: Store,
  sites: readonly string[],
  instant: string,
): Promise<readonly string[]> {
  return store.read(async ({ sharedValues }) => {
    const callable: string[] = [];
    for (const site of sites) {
      const until = await sharedValues.get(formatPauseName(site));
      if (until === null || until <= instant) callable.push(site);
    }
    return callable;
  });
}
