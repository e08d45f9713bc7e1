import { setTimeout } from 'node:timers/promises';
import { Failure } from '../errors.ts';
import type { Store } from '../store/store.ts';
import { type JudgeParts, judgeAndOwe } from './judge.ts';
import { destroyDueSeals } from './sealing.ts';

/** How many subjects are judged between two looks at what else there is to do. */
const BATCH = 20;
const IDLE_MS = 200;

/** Judges every subject whose facts changed, each in a transaction of its own; returns how many. */
export async function judgeDirty(
  store: Store,
  parts: JudgeParts,
  progress: (done: number) => void = () => {},
  enough: () => boolean = () => false,
): Promise<number> {
  let done = 0;
  while (!enough()) {
    const dirty = await store.transaction((tx) => tx.subjects.dirty(BATCH));
    if (dirty.length === 0) break;
    for (const one of dirty) {
      if (enough()) break;
      await store.transaction((tx) => judgeAndOwe(tx, parts, one));
      progress(++done);
    }
  }
  return done;
}

/** Days pass without a fact: a window that has closed is news too. */
export async function markAll(store: Store, studies: readonly string[]): Promise<void> {
  for (const study of studies) {
    await store.transaction(async (tx) => {
      for (const { subject } of await tx.subjects.list(study)) await tx.subjects.markDirty(study, subject);
    });
  }
}

export interface WorkerParts {
  readonly store: Store;
  judging(): JudgeParts;
  studies(): readonly string[];
  /** Takes up decisions that another process has made. */
  refresh(): Promise<void>;
  /** Sites with an EHR to write to. */
  readonly sites: readonly string[];
  /** Sends what is due to one subject's EHR at the site; false where nothing is due. */
  deliverNext(site: string): Promise<boolean>;
  /** A broken world (store, bug): the service must stop rather than go on with a wrong answer. */
  broken(cause: unknown): void;
}

/**
 * Works off dirty subjects and the outbox until stopped. Judging waits for no EHR, and no EHR for another: a hospital
 * that does not answer delays nobody else.
 */
export function startWorker(parts: WorkerParts): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const stopped = () => stopping.signal.aborted;
  const rest = () => setTimeout(IDLE_MS, undefined, { signal: stopping.signal }).catch(() => {});

  async function judging(): Promise<void> {
    let day = '';
    while (!stopped()) {
      await parts.refresh();
      const now = parts.judging().now().toISOString();
      if (now.slice(0, 10) !== day) {
        day = now.slice(0, 10);
        await markAll(parts.store, parts.studies());
      }
      await parts.store.transaction((tx) => destroyDueSeals(tx, now));
      await judgeDirty(parts.store, parts.judging(), undefined, stopped);
      await rest();
    }
  }

  async function sending(site: string): Promise<void> {
    while (!stopped()) if (!(await parts.deliverNext(site))) await rest();
  }

  /** Another process may hold the store for a while (an operator's command); that passes. */
  async function patiently(loop: () => Promise<void>): Promise<void> {
    while (!stopped()) {
      try {
        await loop();
      } catch (cause) {
        if (!(cause instanceof Failure && cause.code === 'store/busy')) throw cause;
        await rest();
      }
    }
  }

  const all = [judging, ...parts.sites.map((site) => () => sending(site))];
  const loops = Promise.all(all.map(patiently)).catch(parts.broken);
  return {
    async stop() {
      stopping.abort();
      await loops;
    },
  };
}
