import { setImmediate, setTimeout } from 'node:timers/promises';
import { Failure } from '../errors.ts';
import type { Store, StoreTransaction } from '../store/store.ts';
import type { SubjectKey } from '../store/subject-store.ts';
import {
  type AssessmentDependencies,
  assessAndQueueWriteBack,
  type DueAssessment,
  holdFailedAssessment,
} from './assess/assess-and-write-back.ts';
import { markOutdatedSubjects } from './assess/mark-outdated.ts';
import { destroyDuePayloads } from './receive/sealing.ts';

/** The pause after another process has locked the store, or its disk was full. */
const BUSY_MS = 200;
/** The pause after the delivery to a site failed in this software: doubled with each failure in a row, and at most so long. */
const DELIVERY_FAULT_MS = 1_000;
const MAX_DELIVERY_FAULT_MS = 60_000;
/**
 * The pause after a batch, as a multiple of its duration, and at most so long: a history that is being sent is assessed once, not
 * per count. Only a batch longer than a ninth of the longest pause takes more than a tenth of the time.
 */
const REST_PER_WORK = 9;
const MAX_REST_MS = 10_000;
/** The subjects who wait for a transaction at once: the store may commit several together. */
const SUBJECTS_AT_ONCE = 16;
/** The number of subjects in one batch. */
const BATCH_SIZE = 500;

/**
 * Assesses the subjects with changed facts, each in a transaction that runs when no other waits: a resource received meanwhile
 * waits for at most one assessment. Returns the number of subjects that were due.
 */
async function assessBatch(
  store: Store,
  dependencies: AssessmentDependencies,
  onAssessed: () => void,
  shouldStop: () => boolean,
): Promise<number> {
  const due = await store.read((tx) => tx.subjects.listDueForAssessment(BATCH_SIZE));
  for (let from = 0; from < due.length && !shouldStop(); from += SUBJECTS_AT_ONCE) {
    await setImmediate();
    const subjects = due.slice(from, from + SUBJECTS_AT_ONCE);
    await Promise.all(
      subjects.map(async (subject) => {
        await assessOrHold(store, dependencies, subject);
        onAssessed();
      }),
    );
  }
  return due.length;
}

/** Runs the work for a due subject whom no other process assesses meanwhile; nothing where another has done so, or does. */
function withClaimedSubject(
  store: Store,
  { study, subject, site }: DueSubject,
  work: (tx: StoreTransaction, due: DueAssessment) => Promise<void>,
): Promise<void> {
  return store.transaction(
    async (tx) => {
      const mark = await tx.subjects.claimForAssessment(study, subject);
      if (mark !== null) await work(tx, { study, subject, mark });
    },
    { site, part: 'site-subject' },
  );
}

type DueSubject = SubjectKey & { readonly site: string };

/**
 * Assesses a subject. A subject who cannot be assessed (an internal error, or a damaged fact) becomes a work item: the EHR
 * keeps the last assessment, and the other subjects are assessed. A store failure is rethrown.
 */
async function assessOrHold(
  store: Store,
  dependencies: AssessmentDependencies,
  subject: DueSubject,
): Promise<void> {
  try {
    await withClaimedSubject(store, subject, (tx, due) => assessAndQueueWriteBack(tx, dependencies, due));
  } catch (cause) {
    if (isStoreFailure(cause)) throw cause;
    dependencies.onAssessmentFailed(subject, cause);
    await withClaimedSubject(store, subject, (tx, due) => holdFailedAssessment(tx, dependencies, due));
  }
}

/** Whether the store can do the same later: another process has locked it, or its disk is full. */
const isPassing = (cause: unknown): boolean =>
  cause instanceof Failure && (cause.code === 'store/busy' || cause.code === 'store/full');

const isStoreFailure = (cause: unknown): boolean =>
  isPassing(cause) || (cause instanceof Failure && cause.code === 'store/unusable');

/** Assesses until no subject is due; returns the number of assessments. */
export async function assessDueSubjects(
  store: Store,
  dependencies: AssessmentDependencies,
  progress: (done: number) => void = () => {},
): Promise<number> {
  let done = 0;
  const onAssessed = () => progress(++done);
  while ((await assessBatch(store, dependencies, onAssessed, () => false)) > 0);
  return done;
}

/** Everything that the background work needs. */
interface WorkerDependencies {
  readonly store: Store;
  assessment(): AssessmentDependencies;
  studies(): readonly string[];
  /** Applies decisions that another process has recorded. */
  refreshLibrary(): Promise<void>;
  /** The sites with an EHR to write to. */
  readonly sites: readonly string[];
  /** Does what another process, or one that ended, has left to do of what was received. */
  runPostponed(): Promise<void>;
  /** Sends the due entries of one subject to the site's EHR; false where nothing is due. */
  deliverNext(site: string): Promise<boolean>;
  /**
   * Called where the delivery to a site failed in this software (with the error), and once it works again (null). The
   * delivery goes on in any case.
   */
  onDeliveryFault(site: string, cause: unknown): void;
  /** Called for an error of the store or the adapter: the service must stop rather than continue with wrong answers. */
  onBroken(cause: unknown): void;
}

/**
 * Assesses due subjects and delivers the outbox until stopped. Assessment and the delivery to each site run
 * independently: a hospital that does not answer delays nothing else.
 */
export function startWorker(dependencies: WorkerDependencies): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const isStopped = () => stopping.signal.aborted;
  const { store } = dependencies;
  const pause = (ms: number) => setTimeout(ms, undefined, { signal: stopping.signal }).catch(() => {});

  async function assessContinuously(): Promise<void> {
    let hour = '';
    while (!isStopped()) {
      await dependencies.refreshLibrary();
      const now = dependencies.assessment().now().toISOString();
      if (now.slice(0, 13) !== hour) {
        // A new day may have begun at some site: visit windows close, and sealed payloads become due for destruction.
        hour = now.slice(0, 13);
        await markOutdatedSubjects(dependencies.store, dependencies.assessment(), dependencies.studies());
        const destroyed = await dependencies.store.transaction((tx) => destroyDuePayloads(tx, now));
        if (destroyed > 0) await dependencies.store.purgeDeleted();
      }
      await dependencies.runPostponed();
      const begun = performance.now();
      const due = await assessBatch(store, dependencies.assessment(), () => {}, isStopped);
      await pause(Math.min(MAX_REST_MS, REST_PER_WORK * (performance.now() - begun)));
      if (due < BATCH_SIZE) await store.waitForWork('assessment', stopping.signal);
    }
  }

  /** Delivers what is due at a site; reports an error instead of throwing it, unless the store has failed. */
  async function deliverOrReport(site: string): Promise<'delivered' | 'nothing-due' | 'failed'> {
    try {
      return (await dependencies.deliverNext(site)) ? 'delivered' : 'nothing-due';
    } catch (cause) {
      if (isStoreFailure(cause)) throw cause;
      dependencies.onDeliveryFault(site, cause);
      return 'failed';
    }
  }

  async function deliverContinuously(site: string): Promise<void> {
    const topic = { deliveryTo: site };
    let faults = 0;
    while (!isStopped()) {
      const result = await deliverOrReport(site);
      if (result === 'failed') {
        await pause(Math.min(MAX_DELIVERY_FAULT_MS, DELIVERY_FAULT_MS * 2 ** faults++));
        continue;
      }
      if (faults > 0) dependencies.onDeliveryFault(site, null);
      faults = 0;
      if (result === 'nothing-due') await store.waitForWork(topic, stopping.signal);
    }
  }

  /** Restarts the loop while another process (an operator's command) has locked the store, or its disk is full. */
  async function retryWhileBusy(loop: () => Promise<void>): Promise<void> {
    while (!isStopped()) {
      try {
        await loop();
      } catch (cause) {
        if (!isPassing(cause)) throw cause;
        await pause(BUSY_MS);
      }
    }
  }

  const deliveries = dependencies.sites.map((site) => () => deliverContinuously(site));
  const loops = Promise.all([assessContinuously, ...deliveries].map(retryWhileBusy)).catch(
    dependencies.onBroken,
  );
  return {
    async stop() {
      stopping.abort();
      await loops;
    },
  };
}
