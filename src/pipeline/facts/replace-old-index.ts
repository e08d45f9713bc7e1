import type { PipelineDependencies } from '../dependencies.ts';
import { createSiteTransaction } from '../site-transaction.ts';
import { replaceResourceIndex } from './resource-index.ts';

/** The name of the shared value that states the form of the index, and the form that this version writes; stored. */
const INDEX_FORM_KEY = 'index-form';
const INDEX_FORM = 'statements';

/** Resources in one transaction: few enough that other users of the store hardly wait. */
const BATCH_SIZE = 100;

/**
 * Indexes the current resources again where an earlier version of the adapter has stored them: without the keys of what they
 * state, a resource that is sent again without an id would be stored twice. Returns the number of resources indexed. It can
 * be interrupted and run again.
 */
export async function replaceOldIndex(dependencies: PipelineDependencies): Promise<number> {
  const { store } = dependencies;
  if ((await store.read((tx) => tx.sharedValues.get(INDEX_FORM_KEY))) === INDEX_FORM) return 0;
  let [done, place] = [0, 0];
  for (;;) {
    const rows = await store.transaction(async (tx) => {
      const page = await tx.inbox.listCurrentPage(place, BATCH_SIZE);
      for (const { version } of page)
        await replaceResourceIndex(createSiteTransaction(tx, dependencies, version.site), version);
      if (page.length === 0) await tx.sharedValues.put(INDEX_FORM_KEY, INDEX_FORM);
      return page;
    });
    const last = rows.at(-1);
    if (!last) return done;
    place = last.place;
    done += rows.length;
  }
}
