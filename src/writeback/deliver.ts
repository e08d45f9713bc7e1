import type { Ehr, Trouble } from '../ehr/ehr.ts';
import type { OutboxEntry, Store } from '../store/store.ts';
import { type Breaker, createBreaker } from './breaker.ts';
import { afterFailure, type FailureNote, retryDelayMs } from './retry.ts';
import { type Outcome, send } from './send.ts';

/** Told of every attempt; nothing in it names a patient. */
export interface DeliveryObserver {
  delivered(event: { readonly site: string; readonly entries: number }): void;
  failed(event: {
    readonly site: string;
    readonly entries: number;
    readonly says: string;
    readonly dead: boolean;
  }): void;
}

export interface DeliveryParts {
  readonly store: Store;
  /** The EHR of each site; a site without one keeps what it is owed. */
  readonly ehrs: ReadonlyMap<string, Ehr>;
  readonly now: () => Date;
  /** A number from 0 up to 1. */
  readonly random: () => number;
  readonly observer?: DeliveryObserver;
}

export interface Delivery {
  /**
   * Sends what is due of the subject that has waited longest (at the site, or at any), in one transaction. False where
   * nothing is due, or the site is being sent to or spared. May be called again before it returns.
   */
  deliverNext(site?: string): Promise<boolean>;
}

/** Each entry is a resource and its Provenance: a transaction holds at most 100 of these. */
const MAX_ENTRIES = 50;

const WITHDRAWN: Trouble = {
  recovery: 'refuse',
  effect: 'none',
  status: null,
  retryAfterMs: null,
  says: 'the subject withdrew from the study: nothing more is written back',
};

interface Due {
  readonly entries: readonly OutboxEntry[];
  readonly withdrawn: boolean;
}

interface Taken {
  readonly site: string;
  readonly ehr: Ehr;
  readonly due: Due;
}

interface Noted {
  readonly outcome: Outcome;
  /** null where it was delivered. */
  readonly note: FailureNote | null;
}

async function findDue(parts: DeliveryParts, sites: readonly string[]): Promise<Due | null> {
  const now = parts.now().toISOString();
  // Looking is cheap and holds nobody up; only what is due is worth a transaction.
  if (!(await parts.store.read(({ outbox }) => outbox.isDue(now, sites)))) return null;
  return parts.store.transaction(async ({ outbox, subjects }) => {
    const entries = await outbox.nextDue(now, sites, MAX_ENTRIES);
    const [first] = entries;
    if (!first) return null;
    const subject = await subjects.get(first.study, first.subject);
    return { entries, withdrawn: subject?.status === 'withdrawn' };
  });
}

/** The outcomes with what is to be written down of the failures. */
function withNotes(outcomes: readonly Outcome[], now: Date, random: number): readonly Noted[] {
  // One instant for all that failed together: they stay one transaction.
  const attempts = Math.max(0, ...outcomes.map(({ entry }) => entry.attempts));
  return outcomes.map((outcome) => {
    if (outcome.delivered) return { outcome, note: null };
    const delay = retryDelayMs(attempts, random, outcome.trouble);
    return { outcome, note: afterFailure(outcome.entry, outcome.trouble, delay, now) };
  });
}

async function record(store: Store, noted: readonly Noted[], now: Date): Promise<void> {
  await store.transaction(async ({ outbox }) => {
    for (const { outcome, note } of noted) {
      const at = now.toISOString();
      if (outcome.delivered) await outbox.delivered(outcome.entry, outcome.location, at);
      else if (note) await outbox.failed(outcome.entry, note.text, note.next, at, outcome.seen);
    }
  });
}

/** A refusal shows a site that answers; only what may pass by waiting counts against it. */
function tellBreaker(breaker: Breaker, site: string, outcomes: readonly Outcome[], now: Date): void {
  const down = outcomes.find((o) => !o.delivered && o.trouble.recovery === 'retry');
  if (down && !down.delivered) breaker.failed(site, down.trouble.retryAfterMs, now);
  else breaker.worked(site);
}

function tellObserver(observer: DeliveryObserver, site: string, noted: readonly Noted[]): void {
  const delivered = noted.filter(({ note }) => note === null).length;
  if (delivered > 0) observer.delivered({ site, entries: delivered });
  const notes = noted.flatMap(({ note }) => (note ? [note] : []));
  for (const [, same] of Map.groupBy(notes, (note) => `${note.next === 'dead'} ${note.text}`)) {
    const [first] = same;
    if (first) observer.failed({ site, entries: same.length, says: first.text, dead: first.next === 'dead' });
  }
}

/** One attempt, and what came of it written down, for all entries in one transaction of the store. */
async function attempt(parts: DeliveryParts, breaker: Breaker, { site, ehr, due }: Taken): Promise<void> {
  const outcomes: readonly Outcome[] = due.withdrawn
    ? due.entries.map((entry) => ({ entry, delivered: false, trouble: WITHDRAWN }))
    : await send(ehr, due.entries);
  const now = parts.now();
  const noted = withNotes(outcomes, now, parts.random());
  await record(parts.store, noted, now);
  if (!due.withdrawn) tellBreaker(breaker, site, outcomes, now);
  if (parts.observer) tellObserver(parts.observer, site, noted);
}

/** The sender of the outbox. It lives as long as the service: it remembers which sites do not answer. */
export function createDelivery(parts: DeliveryParts): Delivery {
  const breaker = createBreaker();
  const busy = new Set<string>();

  async function takeDue(wanted: string | undefined): Promise<Taken | null> {
    const now = parts.now();
    const free = [...parts.ehrs.keys()]
      .filter((site) => wanted === undefined || site === wanted)
      .filter((site) => !busy.has(site) && breaker.ready(site, now));
    const due = free.length > 0 ? await findDue(parts, free) : null;
    const site = due?.entries[0]?.site;
    const ehr = site === undefined ? undefined : parts.ehrs.get(site);
    if (!due || site === undefined || !ehr) return null;
    busy.add(site);
    return { site, ehr, due };
  }

  /** One call takes at a time: two that look at once would take the same entries. */
  let lastTake: Promise<unknown> = Promise.resolve();
  function take(site: string | undefined): Promise<Taken | null> {
    const mine = lastTake.then(() => takeDue(site));
    lastTake = mine.catch(() => null);
    return mine;
  }

  return {
    async deliverNext(site) {
      const taken = await take(site);
      if (!taken) return false;
      try {
        await attempt(parts, breaker, taken);
        return true;
      } finally {
        busy.delete(taken.site);
      }
    },
  };
}
