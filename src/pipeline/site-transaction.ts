import type { StoreTransaction } from '../store/store.ts';
import type { PipelineDependencies, SiteContext } from './dependencies.ts';

/**
 * One unit of work at one site: an open store transaction, the site, and the settings that stay fixed during the work. Code
 * that receives, links, maps or restates resources takes this and no other dependency.
 */
export interface SiteTransaction
  extends StoreTransaction,
    SiteContext,
    Pick<PipelineDependencies, 'seal' | 'sealDays' | 'studies' | 'validate'> {
  /** The instant of the work, which is recorded as the time of everything that it stores. */
  readonly now: Date;
}

/** A unit of work that receives payloads through one interface. `door` is its stored name (`rest`, `ndjson`, …). */
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
  return { ...tx, ...dependencies.getSiteContext(site), seal, sealDays, studies, validate, now };
}
