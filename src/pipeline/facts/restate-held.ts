import type { ResourceKey, Store } from '../../store/store.ts';
import type { PipelineDependencies } from '../dependencies.ts';
import { restate } from './restate.ts';

/** What became of the resources that waited. */
export interface RestateSummary {
  readonly resources: number;
  readonly mapped: number;
  readonly held: number;
  readonly ignored: number;
}

/** Few enough that whoever else uses the store hardly waits. */
const BATCH_SIZE = 25;

/**
 * States again what waits for a work item (null: for any), after the mappings have changed. In small transactions: what
 * was not reached when the process ends still waits, and is found the next time.
 */
export async function restateHeldResources(
  store: Store,
  parts: PipelineDependencies,
  item: string | null,
  progress: (done: number, of: number) => void = () => {},
): Promise<RestateSummary> {
  return restateResources(
    store,
    parts,
    await store.transaction((tx) => tx.workItems.waiting(item)),
    progress,
  );
}

/** States the resources again, in small transactions. */
export async function restateResources(
  store: Store,
  parts: PipelineDependencies,
  keys: readonly ResourceKey[],
  progress: (done: number, of: number) => void = () => {},
): Promise<RestateSummary> {
  const count = { mapped: 0, held: 0, ignored: 0 };
  let resources = 0;
  for (let from = 0; from < keys.length; from += BATCH_SIZE) {
    const batch = keys.slice(from, from + BATCH_SIZE);
    const dispositions = await store.transaction(async (tx) => {
      const all: (string | undefined)[] = [];
      for (const key of batch) {
        await restate(tx, parts, key);
        all.push((await tx.inbox.getCurrent(key))?.disposition);
      }
      return all;
    });
    for (const disposition of dispositions) {
      // A sealed payload waits too, for its patient; it is in no inbox.
      if (disposition !== 'mapped' && disposition !== 'held' && disposition !== 'ignored') continue;
      count[disposition]++;
      resources++;
    }
    progress(Math.min(from + BATCH_SIZE, keys.length), keys.length);
  }
  return { resources, ...count };
}
