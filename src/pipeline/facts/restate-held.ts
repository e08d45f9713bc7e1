import type { ResourceKey } from '../../store/inbox-store.ts';
import type { PipelineDependencies } from '../dependencies.ts';
import { createSiteTransaction } from '../site-transaction.ts';
import { restate } from './restate.ts';

/** The number of resources that were restated, and their dispositions. */
export interface RestateSummary {
  readonly resources: number;
  readonly mapped: number;
  readonly held: number;
  readonly ignored: number;
}

type ReportProgress = (done: number, total: number) => void;

/** Resources in one transaction: few enough that other users of the store hardly wait. */
const BATCH_SIZE = 25;

/**
 * Restates the resources that wait for a work item (null: for any), after the mappings have changed. Runs in small
 * transactions: resources that were not reached when the process ends still wait, and are found the next time.
 */
export async function restateHeldResources(
  dependencies: PipelineDependencies,
  item: string | null,
  reportProgress: ReportProgress = () => {},
): Promise<RestateSummary> {
  const waiting = await dependencies.store.transaction((tx) => tx.workItems.listWaiting(item));
  return restateResources(dependencies, waiting, reportProgress);
}

/** Restates the resources, of any site, in small transactions. */
export async function restateResources(
  dependencies: PipelineDependencies,
  keys: readonly ResourceKey[],
  reportProgress: ReportProgress = () => {},
): Promise<RestateSummary> {
  const counts = { mapped: 0, held: 0, ignored: 0 };
  let resources = 0;
  for (let start = 0; start < keys.length; start += BATCH_SIZE) {
    const batch = keys.slice(start, start + BATCH_SIZE);
    for (const disposition of await restateBatch(dependencies, batch)) {
      // A sealed payload waits too, for its patient, but is not in the inbox.
      if (disposition !== 'mapped' && disposition !== 'held' && disposition !== 'ignored') continue;
      counts[disposition]++;
      resources++;
    }
    reportProgress(Math.min(start + BATCH_SIZE, keys.length), keys.length);
  }
  return { resources, ...counts };
}

/** Restates resources in one transaction; returns their dispositions, undefined for a resource that is not stored. */
function restateBatch(dependencies: PipelineDependencies, batch: readonly ResourceKey[]) {
  return dependencies.store.transaction(async (tx) => {
    const dispositions: (string | undefined)[] = [];
    for (const key of batch) {
      await restate(createSiteTransaction(tx, dependencies, key.site), key);
      dispositions.push((await tx.inbox.getCurrent(key))?.disposition);
    }
    return dispositions;
  });
}
