import type { Ehr, EhrFailure } from '../ehr/ehr.ts';
import type { OutboxEntry, Store } from '../store/store.ts';
import { type CircuitBreaker, createCircuitBreaker } from './circuit-breaker.ts';
import { computeRetryDelay, decideRetry, type RetryDecision } from './retry.ts';
import { type DeliveryOutcome, sendEntries } from './send-entries.ts';

/** Told of every attempt; nothing in it names a patient. */
export interface OutboxDeliveryObserver {
  onDelivered(event: { readonly site: string; readonly entries: number }): void;
  onFailed(event: {
    readonly site: string;
    readonly entries: number;
    readonly message: string;
    readonly dead: boolean;
  }): void;
}

export interface OutboxDeliveryDependencies {
  readonly store: Store;
  /** The EHR of each site; a site without one keeps what it is owed. */
  readonly ehrs: ReadonlyMap<string, Ehr>;
  readonly now: () => Date;
  /** A number from 0 up to 1. */
  readonly random: () => number;
  readonly observer?: OutboxDeliveryObserver;
}

export interface OutboxDelivery {
  /**
   * Sends what is due of the subject that has waited longest (at the site, or at any), in one transaction. False where
   * nothing is due, or the site is being sent to or spared. May be called again before it returns.
   */
  deliverNext(site?: string): Promise<boolean>;
}

/** Each entry is a resource and its Provenance: a transaction holds at most 100 of these. */
const MAX_ENTRIES = 50;

const SUBJECT_WITHDRAWN_FAILURE: EhrFailure = {
  recovery: 'refuse',
  effect: 'none',
  status: null,
  retryAfterMs: null,
  message: 'the subject withdrew from the study: nothing more is written back',
};

interface DueEntries {
  readonly entries: readonly OutboxEntry[];
  readonly isSubjectWithdrawn: boolean;
}

interface ClaimedDelivery {
  readonly site: string;
  readonly ehr: Ehr;
  readonly due: DueEntries;
}

interface AttemptResult {
  readonly outcome: DeliveryOutcome;
  /** null where it was delivered. */
  readonly retry: RetryDecision | null;
}

async function claimDueEntries(
  parts: OutboxDeliveryDependencies,
  sites: readonly string[],
): Promise<DueEntries | null> {
  const now = parts.now().toISOString();
  // Looking is cheap and holds nobody up; only what is due is worth a transaction.
  if (!(await parts.store.read(({ outbox }) => outbox.hasDue(now, sites)))) return null;
  return parts.store.transaction(async ({ outbox, subjects }) => {
    const entries = await outbox.takeDue(now, sites, MAX_ENTRIES);
    const [first] = entries;
    if (!first) return null;
    const subject = await subjects.get(first.study, first.subject);
    return { entries, isSubjectWithdrawn: subject?.status === 'withdrawn' };
  });
}

/** The outcomes with what is to be written down of the failures. */
function attachRetryDecisions(
  outcomes: readonly DeliveryOutcome[],
  now: Date,
  random: number,
): readonly AttemptResult[] {
  // One instant for all that failed together: they stay one transaction.
  const attempts = Math.max(0, ...outcomes.map(({ entry }) => entry.attempts));
  return outcomes.map((outcome) => {
    if (outcome.delivered) return { outcome, retry: null };
    const delay = computeRetryDelay(attempts, random, outcome.failure);
    return { outcome, retry: decideRetry(outcome.entry, outcome.failure, delay, now) };
  });
}

async function recordResults(store: Store, noted: readonly AttemptResult[], now: Date): Promise<void> {
  await store.transaction(async ({ outbox }) => {
    for (const { outcome, retry: note } of noted) {
      const at = now.toISOString();
      if (outcome.delivered) await outbox.markDelivered(outcome.entry, outcome.location, at);
      else if (note)
        await outbox.recordFailure(outcome.entry, note.lastError, note.next, at, outcome.conflictLocation);
    }
  });
}

/** A refusal shows a site that answers; only what may pass by waiting counts against it. */
function updateBreaker(
  breaker: CircuitBreaker,
  site: string,
  outcomes: readonly DeliveryOutcome[],
  now: Date,
): void {
  const down = outcomes.find((o) => !o.delivered && o.failure.recovery === 'retry');
  if (down && !down.delivered) breaker.recordFailure(site, down.failure.retryAfterMs, now);
  else breaker.recordSuccess(site);
}

function notifyDeliveryObserver(
  observer: OutboxDeliveryObserver,
  site: string,
  noted: readonly AttemptResult[],
): void {
  const delivered = noted.filter(({ retry: note }) => note === null).length;
  if (delivered > 0) observer.onDelivered({ site, entries: delivered });
  const notes = noted.flatMap(({ retry: note }) => (note ? [note] : []));
  for (const [, same] of Map.groupBy(notes, (note) => `${note.next === 'dead'} ${note.lastError}`)) {
    const [first] = same;
    if (first)
      observer.onFailed({
        site,
        entries: same.length,
        message: first.lastError,
        dead: first.next === 'dead',
      });
  }
}

/** One attempt, and what came of it written down, for all entries in one transaction of the store. */
async function attemptDelivery(
  parts: OutboxDeliveryDependencies,
  breaker: CircuitBreaker,
  { site, ehr, due }: ClaimedDelivery,
): Promise<void> {
  const outcomes: readonly DeliveryOutcome[] = due.isSubjectWithdrawn
    ? due.entries.map((entry) => ({ entry, delivered: false, failure: SUBJECT_WITHDRAWN_FAILURE }))
    : await sendEntries(ehr, due.entries);
  const now = parts.now();
  const noted = attachRetryDecisions(outcomes, now, parts.random());
  await recordResults(parts.store, noted, now);
  if (!due.isSubjectWithdrawn) updateBreaker(breaker, site, outcomes, now);
  if (parts.observer) notifyDeliveryObserver(parts.observer, site, noted);
}

/** The sender of the outbox. It lives as long as the service: it remembers which sites do not answer. */
export function createOutboxDelivery(parts: OutboxDeliveryDependencies): OutboxDelivery {
  const breaker = createCircuitBreaker();
  const busy = new Set<string>();

  async function takeDue(wanted: string | undefined): Promise<ClaimedDelivery | null> {
    const now = parts.now();
    const free = [...parts.ehrs.keys()]
      .filter((site) => wanted === undefined || site === wanted)
      .filter((site) => !busy.has(site) && breaker.allows(site, now));
    const due = free.length > 0 ? await claimDueEntries(parts, free) : null;
    const site = due?.entries[0]?.site;
    const ehr = site === undefined ? undefined : parts.ehrs.get(site);
    if (!due || site === undefined || !ehr) return null;
    busy.add(site);
    return { site, ehr, due };
  }

  /** One call takes at a time: two that look at once would take the same entries. */
  let lastTake: Promise<unknown> = Promise.resolve();
  function take(site: string | undefined): Promise<ClaimedDelivery | null> {
    const mine = lastTake.then(() => takeDue(site));
    lastTake = mine.catch(() => null);
    return mine;
  }

  return {
    async deliverNext(site) {
      const taken = await take(site);
      if (!taken) return false;
      try {
        await attemptDelivery(parts, breaker, taken);
        return true;
      } finally {
        busy.delete(taken.site);
      }
    },
  };
}
