import { setImmediate as turn } from 'node:timers/promises';
import type { ResourceKey } from '../../store/inbox-store.ts';
import type { PipelineDependencies } from '../dependencies.ts';
import { restate, restateMembers } from '../facts/restate.ts';
import type { UnsealedInteraction } from '../sealed-payloads.ts';
import { createSiteTransaction, type SiteTransaction } from '../site-transaction.ts';
import { readPostponedHashes, unsealByHashes } from './sealing.ts';

/** Keys in one transaction: few enough that other users of the store hardly wait. */
const KEYS_AT_ONCE = 25;

/** Accepts payloads that were sealed until now; returns how many. */
type AcceptPayloads = (tx: SiteTransaction, unsealed: readonly UnsealedInteraction[]) => Promise<number>;

async function runKey(
  tx: SiteTransaction,
  key: ResourceKey,
  accept: AcceptPayloads,
  done: Set<string>,
): Promise<number> {
  const hashes = readPostponedHashes(key);
  if (hashes) return accept(tx, await unsealByHashes(tx, hashes, done));
  await restateMembers(tx, [await restate(tx, key)], done);
  return 0;
}

/**
 * Does what units of work at the site have postponed, in transactions between which others run, until nothing is left: resources
 * are restated with the members of reports and panels among them, and payloads are unsealed. Returns the number of payloads.
 * What is not reached when the process ends still waits, and is done when it is run again.
 */
export async function runPostponedAtSite(
  dependencies: PipelineDependencies,
  site: string,
  accept: AcceptPayloads,
): Promise<number> {
  /** The members that a report or panel was followed to, and the payloads that were unsealed: each once, or it might never end. */
  const done = new Set<string>();
  let unsealed = 0;
  for (;;) {
    const { keys, accepted } = await dependencies.store.transaction(
      async (tx) => {
        const next = await tx.postponed.listNext(site, KEYS_AT_ONCE);
        await tx.postponed.remove(next);
        const siteTx = createSiteTransaction(tx, dependencies, site);
        let opened = 0;
        for (const key of next) opened += await runKey(siteTx, key, accept, done);
        return { keys: next, accepted: opened };
      },
      { site, part: 'site' },
    );
    if (keys.length === 0) return unsealed;
    unsealed += accepted;
    await turn();
  }
}
