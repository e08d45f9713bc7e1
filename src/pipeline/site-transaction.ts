import type { StoreTransaction } from '../store/store.ts';
import type { PipelineDependencies, SiteContext } from './dependencies.ts';

/**
 * One unit of work at one site: an open store transaction, the site, and what is fixed until the work is done. Everything
 * that receives, links, maps or restates resources takes one, and nothing else of its surroundings.
 */
export interface SiteTransaction
  extends StoreTransaction,
    SiteContext,
    Pick<PipelineDependencies, 'seal' | 'sealDays' | 'studies' | 'validate'> {
  /** The instant of the work: everything that it stores was received or decided then. */
  readonly now: Date;
}

/** A unit of work that receives what came through one door (`rest`, `ndjson`, …). */
export interface IntakeTransaction extends SiteTransaction {
  readonly door: string;
}

/** Creates the unit of work for a site within an open transaction; the clock is read once. */
export function createSiteTransaction(
  tx: StoreTransaction,
  dependencies: Omit<PipelineDependencies, 'store'>,
  site: string,
): SiteTransaction {
  const { seal, sealDays, studies, validate } = dependencies;
  const now = dependencies.now();
  return { ...tx, ...dependencies.siteContext(site), seal, sealDays, studies, validate, now };
}
