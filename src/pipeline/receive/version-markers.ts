import { compareVersions } from '../../intake/compare-versions.ts';
import { toVersionStamp } from '../../intake/resource-identity.ts';
import type { ResourceKey, ResourceVersion } from '../../store/inbox-store.ts';
import type { StoreTransaction } from '../../store/store.ts';

/** A version before the store has numbered it. */
export type NewResourceVersion = Omit<ResourceVersion, 'version'>;

/** Records, once, that a version or a deletion arrived; its content is not kept. */
export async function addVersionMarker(
  tx: StoreTransaction,
  key: ResourceKey,
  row: NewResourceVersion,
): Promise<void> {
  if (await hasVersionMarker(tx, key, row)) return;
  await tx.inbox.addVersion({ ...row, body: null }, { identifiers: [], references: [] }, false);
}

/** Whether the last marker, or the current version where there is no marker, records the same version already. */
export async function hasVersionMarker(
  tx: StoreTransaction,
  key: ResourceKey,
  { retention, senderVersion, senderUpdated }: NewResourceVersion,
): Promise<boolean> {
  const last = (await tx.inbox.listMarkersAfterCurrent(key)).at(-1) ?? (await tx.inbox.getCurrent(key));
  if (!last || last.body !== null || last.retention !== retention) return false;
  return last.senderVersion === senderVersion && last.senderUpdated === senderUpdated;
}

/**
 * Finds the newest marker, in the sender's order, that arrived after the current version; undefined without one. It has no
 * effect yet, but no older version may take effect before it.
 */
export async function findNewestVersionMarker(
  tx: StoreTransaction,
  key: ResourceKey,
): Promise<ResourceVersion | undefined> {
  const markers = await tx.inbox.listMarkersAfterCurrent(key);
  const current = markers.length > 0 ? await tx.inbox.getCurrent(key) : undefined;
  let newest: ResourceVersion | undefined;
  for (const marker of markers) {
    const known = newest ?? current;
    // A deletion has no version of its own: it deletes the newest one.
    if (!known || marker.retention === 'deletion-marker')
      newest = { ...(newest ?? marker), retention: marker.retention };
    else if (compareVersions(toVersionStamp(known), toVersionStamp(marker)) === 'new') newest = marker;
  }
  return newest;
}
