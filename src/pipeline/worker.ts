import { setTimeout } from 'node:timers/promises';
import { Failure } from '../errors.ts';
import type { Store } from '../store/store.ts';
import {
  type AssessmentDependencies,
  assessAndQueueWriteBack,
  type DueAssessment,
  setSubjectAside,
} from './assess/assess-and-write-back.ts';
import { destroyDuePayloads } from './receive/sealing.ts';

const IDLE_MS = 200;
/** Judging rests three times as long as it took: who sends a history is judged when it is in, not at each count. */
const REST_PER_WORK = 3;
/** How many subjects one pass takes. */
const BATCH_SIZE = 500;

/**
 * Judges the subjects whose facts have changed by now, each in a piece of work of its own, so that what hospitals send
 * meanwhile waits for one judgement at most; returns how many.
 */
async function assessBatch(
  store: Store,
  parts: AssessmentDependencies,
  each: () => void,
  enough: () => boolean,
): Promise<number> {
  const dirty = await store.read((tx) => tx.subjects.listDueForAssessment(BATCH_SIZE));
  for (const one of dirty) {
    if (enough()) break;
    await assessOrSetAside(store, parts, one);
    each();
  }
  return dirty.length;
}

/**
 * A subject who cannot be judged (our mistake, or a damaged fact) is set aside and shown as a work item: his EHR keeps
 * what it was told last, and the other subjects are judged. A store that fails is another matter: it stops everything.
 */
async function assessOrSetAside(
  store: Store,
  parts: AssessmentDependencies,
  one: DueAssessment,
): Promise<void> {
  try {
    await store.transaction((tx) => assessAndQueueWriteBack(tx, parts, one));
  } catch (cause) {
    if (cause instanceof Failure && cause.code.startsWith('store/')) throw cause;
    parts.onAssessmentFailed(one, cause);
    await store.transaction((tx) => setSubjectAside(tx, parts, one));
  }
}

/** Judges until no subject's facts have changed; returns how many judgements that took. */
export async function assessDueSubjects(
  store: Store,
  parts: AssessmentDependencies,
  progress: (done: number) => void = () => {},
): Promise<number> {
  let done = 0;
  const each = () => progress(++done);
  while ((await assessBatch(store, parts, each, () => false)) > 0);
  return done;
}

/** Days pass without a fact: a window that has closed is news too. */
export async function markAllForAssessment(store: Store, studies: readonly string[]): Promise<void> {
  for (const study of studies) {
    await store.transaction(async (tx) => {
      for (const { subject } of await tx.subjects.list(study))
        await tx.subjects.markForAssessment(study, subject);
    });
  }
}

export interface WorkerDependencies {
  readonly store: Store;
  assessment(): AssessmentDependencies;
  studies(): readonly string[];
  /** Takes up decisions that another process has made. */
  refreshLibrary(): Promise<void>;
  /** Sites with an EHR to write to. */
  readonly sites: readonly string[];
  /** Sends what is due to one subject's EHR at the site; false where nothing is due. */
  deliverNext(site: string): Promise<boolean>;
  /** A broken world (store, bug): the service must stop rather than go on with a wrong answer. */
  onBroken(cause: unknown): void;
}

/**
 * Works off dirty subjects and the outbox until stopped. Judging waits for no EHR, and no EHR for another: a hospital
 * that does not answer delays nobody else.
 */
export function startWorker(parts: WorkerDependencies): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const stopped = () => stopping.signal.aborted;
  const rest = (ms = IDLE_MS) => setTimeout(ms, undefined, { signal: stopping.signal }).catch(() => {});

  async function judging(): Promise<void> {
    let hour = '';
    while (!stopped()) {
      await parts.refreshLibrary();
      const now = parts.assessment().now().toISOString();
      if (now.slice(0, 13) !== hour) {
        // Somewhere a new day may have begun: windows close, and what was sealed reaches its end.
        hour = now.slice(0, 13);
        await markAllForAssessment(parts.store, parts.studies());
        await parts.store.transaction((tx) => destroyDuePayloads(tx, now));
      }
      const begun = performance.now();
      await assessBatch(parts.store, parts.assessment(), () => {}, stopped);
      await rest(Math.max(IDLE_MS, REST_PER_WORK * (performance.now() - begun)));
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
  const loops = Promise.all(all.map(patiently)).catch(parts.onBroken);
  return {
    async stop() {
      stopping.abort();
      await loops;
    },
  };
}
