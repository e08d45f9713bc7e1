import type { Ehr } from '../ehr/ehr.ts';
import { Failure } from '../errors.ts';
import type { OutboxEntry, OutboxFailure } from '../store/outbox.ts';
import type { DeliveryClaim, Store } from '../store/store.ts';
import { limitAttempt } from './attempt-limit.ts';
import { type CircuitBreaker, createCircuitBreaker } from './circuit-breaker.ts';
import { createInternalFailure, createRefusal, type DeliveryFailureCode } from './delivery-failure.ts';
import { computeRetryDelay, decideRetry } from './retry.ts';
import { type DeliveryOutcome, sendEntries } from './send-entries.ts';
import { recordSitePause, selectCallableSites } from './site-pauses.ts';

/** Receives the result of every attempt; the events name no patient. */
interface OutboxDeliveryObserver {
  onDelivered(event: { readonly site: string; readonly entries: number }): void;
  /** Called once for all entries of an attempt that failed for the same reason. */
  onFailed(event: {
    readonly site: string;
    readonly entries: number;
    readonly code: DeliveryFailureCode;
    /** Whether the entries are given up. */
    readonly dead: boolean;
  }): void;
  /** Called where an attempt ended with an error in this software; `onFailed` follows. */
  onError(event: { readonly site: string; readonly error: unknown }): void;
}

interface OutboxDeliveryDependencies {
  readonly store: Store;
  /** The EHR of each site. Entries of a site without one stay pending. */
  readonly ehrs: ReadonlyMap<string, Ehr>;
  readonly now: () => Date;
  /** Returns a number from 0 up to, but not including, 1. */
  readonly random: () => number;
  readonly observer?: OutboxDeliveryObserver;
  /** Ends attempts in progress when it is aborted; their entries are tried again later. */
  readonly stop?: AbortSignal;
  /** How long one attempt may take, in milliseconds. */
  readonly attemptLimitMs?: number;
}

export interface OutboxDelivery {
  /**
   * Makes one attempt to send, in one transaction, the due entries of the subject that has waited longest (at the site, or
   * at any site). False where nothing is due, where an attempt at the site is in progress, here or in another process, or
   * where calls to it are stopped. May be called again before it returns.
   */
  deliverNext(site?: string): Promise<boolean>;
}

/**
 * Longer than any EHR that answers needs for a transaction and the reads around it. A call in it has a time limit of its own
 * (`timeoutMs` of the client).
 */
const ATTEMPT_LIMIT_MS = 5 * 60_000;

/** An entry is a resource and its Provenance, so a transaction has at most 100 Bundle entries. */
const MAX_ENTRIES = 50;

const SUBJECT_WITHDRAWN_FAILURE = createRefusal(
  'subject-withdrawn',
  'the subject withdrew consent, so nothing more is written back',
);

/** The due entries of one subject. */
interface DueEntries {
  readonly entries: readonly OutboxEntry[];
  readonly isSubjectWithdrawn: boolean;
}

/** Due entries that only this attempt may send. */
interface ClaimedDelivery {
  readonly site: string;
  readonly ehr: Ehr;
  readonly due: DueEntries;
  readonly claim: DeliveryClaim;
}

/** The result of an attempt for one entry. */
interface AttemptResult {
  readonly outcome: DeliveryOutcome;
  /** The record of the failure for the outbox; null where the entry was delivered. */
  readonly recorded: OutboxFailure | null;
}

/** Claims the sending to those of the sites to which no other process is sending. */
async function claimSites(store: Store, sites: readonly string[]): Promise<Map<string, DeliveryClaim>> {
  const claims = new Map<string, DeliveryClaim>();
  try {
    for (const site of sites) {
      const claim = await store.claimDelivery(site);
      if (claim) claims.set(site, claim);
    }
    return claims;
  } catch (cause) {
    await releaseClaims(claims);
    throw cause;
  }
}

async function releaseClaims(claims: ReadonlyMap<string, DeliveryClaim>): Promise<void> {
  for (const claim of claims.values()) await claim.release();
}

/** Takes the due entries of one subject at any of the sites, which this process has claimed. */
function takeDueEntries(store: Store, sites: readonly string[], now: string): Promise<DueEntries | null> {
  const [onlySite] = sites.length === 1 ? sites : [];
  return store.transaction(
    async ({ outbox, subjects }) => {
      const entries = await outbox.takeDue(now, sites, MAX_ENTRIES);
      const [first] = entries;
      if (!first) return null;
      const subject = await subjects.get(first.study, first.subject);
      return { entries, isSubjectWithdrawn: subject?.status === 'withdrawn' };
    },
    onlySite === undefined ? undefined : { site: onlySite, part: 'site' },
  );
}

/** Claims one of the sites and takes due entries there; null where nothing is due, or other processes send to the sites. */
async function claimDueEntries(
  { store, now }: OutboxDeliveryDependencies,
  sites: readonly string[],
): Promise<{ due: DueEntries; claim: DeliveryClaim } | null> {
  const instant = now().toISOString();
  // A read is cheap and blocks no writer; a claim and a write transaction follow only where something is due.
  if (!(await store.read(({ outbox }) => outbox.hasDue(instant, sites)))) return null;
  const callable = await selectCallableSites(store, sites, instant);
  const claims = await claimSites(store, callable);
  try {
    const due = claims.size > 0 ? await takeDueEntries(store, [...claims.keys()], instant) : null;
    const site = due?.entries[0]?.site ?? '';
    const claim = claims.get(site);
    if (!due || !claim) return null;
    claims.delete(site);
    return { due, claim };
  } finally {
    await releaseClaims(claims);
  }
}

function decideRetries(
  outcomes: readonly DeliveryOutcome[],
  now: Date,
  random: number,
): readonly AttemptResult[] {
  // Entries that failed together are due again at the same instant, so that they are sent together again.
  const attempts = Math.max(0, ...outcomes.map(({ entry }) => entry.attempts));
  return outcomes.map((outcome) => {
    if (outcome.delivered) return { outcome, recorded: null };
    const delayMs = computeRetryDelay(attempts, random, outcome.failure);
    return { outcome, recorded: decideRetry(outcome.entry, outcome.failure, delayMs, now) };
  });
}

async function recordResults(
  store: Store,
  site: string,
  results: readonly AttemptResult[],
  now: Date,
): Promise<void> {
  const pauses = results.map(({ outcome }) => (outcome.delivered ? 0 : (outcome.failure.retryAfterMs ?? 0)));
  const pauseMs = Math.max(0, ...pauses);
  await store.transaction(
    async (tx) => {
      for (const { outcome, recorded } of results) {
        if (outcome.delivered) await tx.outbox.markDelivered(outcome.entry, outcome.location);
        else if (recorded) await tx.outbox.recordFailure(outcome.entry, recorded, outcome.conflictLocation);
      }
      if (pauseMs > 0) await recordSitePause(tx, site, pauseMs, now);
    },
    { site, part: 'site' },
  );
}

/** Updates the breaker. A refusal shows that the site answers, so only a failure that a retry may overcome counts. */
function updateBreaker(
  breaker: CircuitBreaker,
  site: string,
  outcomes: readonly DeliveryOutcome[],
  now: Date,
): void {
  const outage = outcomes.find(
    (outcome) =>
      !outcome.delivered && outcome.failure.recovery === 'retry' && outcome.failure.code !== 'internal-error',
  );
  if (outage && !outage.delivered) breaker.recordFailure(site, outage.failure.retryAfterMs, now);
  else breaker.recordSuccess(site);
}

function notifyDeliveryObserver(
  observer: OutboxDeliveryObserver,
  site: string,
  results: readonly AttemptResult[],
): void {
  const delivered = results.filter(({ outcome }) => outcome.delivered).length;
  if (delivered > 0) observer.onDelivered({ site, entries: delivered });
  const failures = results.flatMap(({ outcome, recorded }) =>
    outcome.delivered || !recorded ? [] : [{ code: outcome.failure.code, dead: recorded.next === 'dead' }],
  );
  for (const group of Map.groupBy(failures, ({ code, dead }) => `${code} ${dead}`).values()) {
    const [first] = group;
    if (first) observer.onFailed({ site, entries: group.length, ...first });
  }
}

/** Wraps an EHR so that nothing is written to it once another process may write there. */
function guardWrites(ehr: Ehr, claim: DeliveryClaim): Ehr {
  return {
    ...ehr,
    async sendTransaction(bundle) {
      if (claim.isHeld()) return ehr.sendTransaction(bundle);
      throw new Failure('store/busy', 'The claim of the delivery was lost.', { fix: 'Try again.' });
    },
  };
}

const NEVER_STOPPED = new AbortController().signal;

/**
 * Sends the entries; every attempt yields an outcome for each of them. An error in this software is one, too: it must not
 * end the delivery of what it does not concern.
 */
async function sendOrFail(
  { observer, stop = NEVER_STOPPED, attemptLimitMs = ATTEMPT_LIMIT_MS }: OutboxDeliveryDependencies,
  { site, ehr, due, claim }: ClaimedDelivery,
): Promise<readonly DeliveryOutcome[]> {
  const limited = limitAttempt(guardWrites(ehr, claim), { ms: attemptLimitMs, stop });
  try {
    return await sendEntries(limited, due.entries);
  } catch (error) {
    // The claim was lost, or the store failed: nothing can be recorded, and another attempt follows.
    if (error instanceof Failure) throw error;
    observer?.onError({ site, error });
    const failure = createInternalFailure(error);
    return due.entries.map((entry) => ({ entry, delivered: false, failure }));
  }
}

/** Makes one attempt and records its results for all entries in one transaction of the store. */
async function attemptDelivery(
  dependencies: OutboxDeliveryDependencies,
  breaker: CircuitBreaker,
  claimed: ClaimedDelivery,
): Promise<void> {
  const { site, due } = claimed;
  const outcomes: readonly DeliveryOutcome[] = due.isSubjectWithdrawn
    ? due.entries.map((entry) => ({ entry, delivered: false, failure: SUBJECT_WITHDRAWN_FAILURE }))
    : await sendOrFail(dependencies, claimed);
  const now = dependencies.now();
  const results = decideRetries(outcomes, now, dependencies.random());
  await recordResults(dependencies.store, site, results, now);
  if (!due.isSubjectWithdrawn) updateBreaker(breaker, site, outcomes, now);
  if (dependencies.observer) notifyDeliveryObserver(dependencies.observer, site, results);
}

/** Creates the delivery of the outbox. It is kept as long as the service runs, since it counts the failures of sites. */
export function createOutboxDelivery(dependencies: OutboxDeliveryDependencies): OutboxDelivery {
  const breaker = createCircuitBreaker();
  const busySites = new Set<string>();

  async function claimNext(onlySite: string | undefined): Promise<ClaimedDelivery | null> {
    const now = dependencies.now();
    const availableSites = [...dependencies.ehrs.keys()]
      .filter((site) => onlySite === undefined || site === onlySite)
      .filter((site) => !busySites.has(site) && breaker.canCall(site, now));
    const claimed = availableSites.length > 0 ? await claimDueEntries(dependencies, availableSites) : null;
    const site = claimed?.due.entries[0]?.site;
    const ehr = site === undefined ? undefined : dependencies.ehrs.get(site);
    if (!claimed || site === undefined || !ehr) return null;
    busySites.add(site);
    return { site, ehr, ...claimed };
  }

  /** The last claim. Claims run one after the other, since two at once would claim the same entries. */
  let lastClaim: Promise<unknown> = Promise.resolve();
  function claimInTurn(site: string | undefined): Promise<ClaimedDelivery | null> {
    const claim = lastClaim.then(() => claimNext(site));
    lastClaim = claim.catch(() => null);
    return claim;
  }

  return {
    async deliverNext(site) {
      const claim = await claimInTurn(site);
      if (!claim) return false;
      try {
        await attemptDelivery(dependencies, breaker, claim);
        return true;
      } finally {
        busySites.delete(claim.site);
        await claim.claim.release();
      }
    },
  };
}
