import { join } from 'node:path';
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import type { StoreTransaction } from '../../src/store/store.ts';
import type { Workspace } from './service-process.ts';

/** Reads the embedded store of a workspace, next to a service or after it. */
export async function readWorkspaceStore<T>(
  { dataDir }: Pick<Workspace, 'dataDir'>,
  work: (tx: StoreTransaction) => Promise<T>,
): Promise<T> {
  const store = openSqliteStore(join(dataDir, 'store.db'));
  try {
    return await store.read(work);
  } finally {
    await store.close();
  }
}

/** Lists what the store holds as current, as `site/Type/id`. */
export const listStoredResources = (workspace: Pick<Workspace, 'dataDir'>): Promise<ReadonlySet<string>> =>
  readWorkspaceStore(
    workspace,
    async (tx) =>
      new Set(
        (await tx.inbox.listCurrent()).map(({ site, resourceType, id }) => `${site}/${resourceType}/${id}`),
      ),
  );
