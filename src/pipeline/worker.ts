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
/** Assessment rests three times as long as it took, so that a subject whose history is being sent is assessed once it is in. */
const REST_PER_WORK = 3;
/** Subjects in one pass. */
const BATCH_SIZE = 500;

/**
 * Assesses the subjects whose facts have changed until now, each in a transaction of its own, so that incoming data wait
 * for one assessment at most. Returns how many subjects were due.
 */
async function assessBatch(
  store: Store,
  assessment: AssessmentDependencies,
  onAssessed: () => void,
  shouldStop: () => boolean,
): Promise<number> {
  const due = await store.read((tx) => tx.subjects.listDueForAssessment(BATCH_SIZE));
  for (const subject of due) {
    if (shouldStop()) break;
    await assessOrSetAside(store, assessment, subject);
    onAssessed();
  }
  return due.length;
}

/**
 * Assesses a subject. One who cannot be assessed (a mistake of ours, or a damaged fact) is set aside and becomes a work
 * item: their EHR keeps the last write-back, and the other subjects are assessed. A failing store stops everything.
 */
async function assessOrSetAside(
  store: Store,
  assessment: AssessmentDependencies,
  subject: DueAssessment,
): Promise<void> {
  try {
    await store.transaction((tx) => assessAndQueueWriteBack(tx, assessment, subject));
  } catch (cause) {
    if (cause instanceof Failure && cause.code.startsWith('store/')) throw cause;
    assessment.onAssessmentFailed(subject, cause);
    await store.transaction((tx) => setSubjectAside(tx, assessment, subject));
  }
}

/** Assesses until no subject is due; returns the number of assessments. */
export async function assessDueSubjects(
  store: Store,
  assessment: AssessmentDependencies,
  reportProgress: (done: number) => void = () => {},
): Promise<number> {
  let done = 0;
  const onAssessed = () => reportProgress(++done);
  while ((await assessBatch(store, assessment, onAssessed, () => false)) > 0);
  return done;
}

/** Marks every subject for assessment: a new calendar day can close a window without any new fact. */
export async function markAllForAssessment(store: Store, studies: readonly string[]): Promise<void> {
  for (const study of studies) {
    await store.transaction(async (tx) => {
      for (const { subject } of await tx.subjects.list(study))
        await tx.subjects.markForAssessment(study, subject);
    });
  }
}

interface WorkerDependencies {
  readonly store: Store;
  assessment(): AssessmentDependencies;
  studies(): readonly string[];
  /** Reads the library again where another process has recorded decisions. */
  refreshLibrary(): Promise<void>;
  /** Sites with an EHR to write to. */
  readonly sites: readonly string[];
  /** Delivers the due entries of one subject to the site's EHR; false where nothing is due. */
  deliverNext(site: string): Promise<boolean>;
  /** Called when the store or the code fails: the service must stop rather than continue with a wrong result. */
  hasFailed(cause: unknown): void;
}

/**
 * Assesses due subjects and delivers the outbox until stopped. Assessment and every site's delivery run independently: a
 * hospital that does not answer delays nobody else.
 */
export function startWorker(dependencies: WorkerDependencies): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const { signal } = stopping;
  const loops = [assessDue, ...dependencies.sites.map(createDelivery)].map((loop) =>
    runUntilStopped(() => loop(dependencies, signal), signal),
  );
  const finished = Promise.all(loops).catch(dependencies.hasFailed);
  return {
    async stop() {
      stopping.abort();
      await finished;
    },
  };
}

type WorkerLoop = (dependencies: WorkerDependencies, signal: AbortSignal) => Promise<void>;

/** Waits; returns early when the worker is stopped. */
const rest = (signal: AbortSignal, ms = IDLE_MS): Promise<unknown> =>
  setTimeout(ms, undefined, { signal }).catch(() => {});

async function assessDue(dependencies: WorkerDependencies, signal: AbortSignal): Promise<void> {
  const { store } = dependencies;
  let hour = '';
  while (!signal.aborted) {
    await dependencies.refreshLibrary();
    const now = dependencies.assessment().now().toISOString();
    if (now.slice(0, 13) !== hour) {
      // A new day may have begun in some time zone: windows close, and sealed payloads reach their last day.
      hour = now.slice(0, 13);
      await markAllForAssessment(store, dependencies.studies());
      await store.transaction((tx) => destroyDuePayloads(tx, now));
    }
    const start = performance.now();
    await assessBatch(
      store,
      dependencies.assessment(),
      () => {},
      () => signal.aborted,
    );
    await rest(signal, Math.max(IDLE_MS, REST_PER_WORK * (performance.now() - start)));
  }
}

const createDelivery =
  (site: string): WorkerLoop =>
  async (dependencies, signal) => {
    while (!signal.aborted) if (!(await dependencies.deliverNext(site))) await rest(signal);
  };

/** Starts the loop again while another process, such as an operator's command, holds the store. */
async function runUntilStopped(loop: () => Promise<void>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await loop();
    } catch (cause) {
      if (!(cause instanceof Failure && cause.code === 'store/busy')) throw cause;
      await rest(signal);
    }
  }
}
