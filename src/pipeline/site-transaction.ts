import type { ResourceKey } from '../store/inbox-store.ts';
import type { StoreTransaction } from '../store/store.ts';
import { rememberCurrentVersions } from './current-versions.ts';
import type { PipelineDependencies, SiteContext } from './dependencies.ts';
import type { Person } from './identity/match-patients.ts';

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
  readonly linkage: KnownLinkage;
  readonly budget: WorkBudget;
}

/** What is known of the persons of a site while the resources of some of them are restated, and nothing changes them. */
interface KnownLinkage {
  /** By `Patient/id`; null where nothing is known. */
  personsById: ReadonlyMap<string, Person> | null;
}

/**
 * How much more one unit of work does because of what it has received: it holds up every other. What is left then is kept in
 * `postponed`, and done in units of work of its own.
 */
interface WorkBudget {
  restates: number;
  unsealed: number;
  /** Whether something was postponed. */
  hasPostponed: boolean;
}

/** The resources that one unit of work restates, and the payloads that it unseals. */
const RESTATES_AT_ONCE = 50;
const UNSEALED_AT_ONCE = 25;

/** Keeps resources whose facts must be derived again, or whatever else the keys name, for a later unit of work. */
export async function deferWork(
  { postponed, budget }: Pick<SiteTransaction, 'postponed' | 'budget'>,
  keys: readonly ResourceKey[],
): Promise<void> {
  budget.hasPostponed = true;
  await postponed.add(keys);
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
  const inbox = rememberCurrentVersions(tx.inbox);
  return {
    ...tx,
    inbox,
    ...dependencies.getSiteContext(site),
    seal,
    sealDays,
    studies,
    validate,
    now,
    linkage: { personsById: null },
    budget: { restates: RESTATES_AT_ONCE, unsealed: UNSEALED_AT_ONCE, hasPostponed: false },
  };
}
