import type { ResourceKey, Store } from '../store/store.ts';
import type { PipelineParts } from './parts.ts';
import { restate } from './replay.ts';

/** What became of the resources that waited. */
export interface Rerun {
  readonly resources: number;
  readonly mapped: number;
  readonly held: number;
  readonly ignored: number;
}

/** Few enough that whoever else uses the store hardly waits. */
const BATCH = 25;

/**
 * States again what waits for a work item (null: for any), after the mappings have changed. In small transactions: what
 * was not reached when the process ends still waits, and is found the next time.
 */
export async function rerunHeld(
  store: Store,
  parts: PipelineParts,
  item: string | null,
  progress: (done: number, of: number) => void = () => {},
): Promise<Rerun> {
  return rerun(store, parts, await store.transaction((tx) => tx.work.waiting(item)), progress);
}

/** States the resources again, in small transactions. */
export async function rerun(
  store: Store,
  parts: PipelineParts,
  keys: readonly ResourceKey[],
  progress: (done: number, of: number) => void = () => {},
): Promise<Rerun> {
  const count = { mapped: 0, held: 0, ignored: 0 };
  let resources = 0;
  for (let from = 0; from < keys.length; from += BATCH) {
    const batch = keys.slice(from, from + BATCH);
    const dispositions = await store.transaction(async (tx) => {
      const all: (string | undefined)[] = [];
      for (const key of batch) {
        await restate(tx, parts, key);
        all.push((await tx.inbox.current(key))?.disposition);
      }
      return all;
    });
    for (const disposition of dispositions) {
      // A sealed payload waits too, for its patient; it is in no inbox.
      if (disposition !== 'mapped' && disposition !== 'held' && disposition !== 'ignored') continue;
      count[disposition]++;
      resources++;
    }
    progress(Math.min(from + BATCH, keys.length), keys.length);
  }
  return { resources, ...count };
}
