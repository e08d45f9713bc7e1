import { isNote, NOTED_DELETION, versionFactsOf } from '../intake/identity.ts';
import { compareVersions } from '../intake/version.ts';
import type { InboxVersion, ResourceKey, StoreTransaction } from '../store/store.ts';

export type Row = Omit<InboxVersion, 'version'>;

/** Keeps of what came that it did, once. */
export async function note(tx: StoreTransaction, key: ResourceKey, row: Row): Promise<void> {
  if (await isNoted(tx, key, row)) return;
  await tx.inbox.add({ ...row, body: null }, { identifiers: [], references: [] }, false);
}

/** The same said again. */
export async function isNoted(tx: StoreTransaction, key: ResourceKey, row: Row): Promise<boolean> {
  const last = (await tx.inbox.since(key)).filter(isNote).at(-1) ?? (await tx.inbox.current(key));
  const { digest, senderVersion, senderUpdated } = row;
  const same = last?.senderVersion === senderVersion && last?.senderUpdated === senderUpdated;
  return same && last?.digest === digest && last.body === null;
}

/**
 * What was noted last, in the sender's order, since the version in force came; undefined where nothing was. It takes no
 * effect yet, but no older version may come before it.
 */
export async function lastNoted(tx: StoreTransaction, key: ResourceKey): Promise<InboxVersion | undefined> {
  const notes = (await tx.inbox.since(key)).filter(isNote);
  const inForce = notes.length > 0 ? await tx.inbox.current(key) : undefined;
  let newest: InboxVersion | undefined;
  for (const one of notes) {
    const known = newest ?? inForce;
    if (!known || one.digest === NOTED_DELETION) newest = { ...(newest ?? one), digest: one.digest };
    else if (compareVersions(versionFactsOf(known), versionFactsOf(one)) === 'new') newest = one;
  }
  return newest;
}
