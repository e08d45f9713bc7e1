import { compareVersions } from '../../intake/compare-versions.ts';
import { isVersionMarker, toVersionStamp } from '../../intake/resource-identity.ts';
import type { ResourceKey, ResourceVersion, StoreTransaction } from '../../store/store.ts';

export type NewResourceVersion = Omit<ResourceVersion, 'version'>;

/** Keeps of what came that it did, once. */
export async function addVersionMarker(
  tx: StoreTransaction,
  key: ResourceKey,
  row: NewResourceVersion,
): Promise<void> {
  if (await hasVersionMarker(tx, key, row)) return;
  await tx.inbox.addVersion({ ...row, body: null }, { identifiers: [], references: [] }, false);
}

/** The same said again. */
export async function hasVersionMarker(
  tx: StoreTransaction,
  key: ResourceKey,
  row: NewResourceVersion,
): Promise<boolean> {
  const last =
    (await tx.inbox.listAfterCurrent(key)).filter(isVersionMarker).at(-1) ?? (await tx.inbox.getCurrent(key));
  const { retention, senderVersion, senderUpdated } = row;
  const same = last?.senderVersion === senderVersion && last?.senderUpdated === senderUpdated;
  return same && last?.retention === retention && last.body === null;
}

/**
 * What was noted last, in the sender's order, since the version in force came; undefined where nothing was. It takes no
 * effect yet, but no older version may come before it.
 */
export async function findNewestVersionMarker(
  tx: StoreTransaction,
  key: ResourceKey,
): Promise<ResourceVersion | undefined> {
  const notes = (await tx.inbox.listAfterCurrent(key)).filter(isVersionMarker);
  const inForce = notes.length > 0 ? await tx.inbox.getCurrent(key) : undefined;
  let newest: ResourceVersion | undefined;
  for (const one of notes) {
    const known = newest ?? inForce;
    if (!known || one.retention === 'deletion-marker')
      newest = { ...(newest ?? one), retention: one.retention };
    else if (compareVersions(toVersionStamp(known), toVersionStamp(one)) === 'new') newest = one;
  }
  return newest;
}
