import type { NameHash } from '../../audit/name-hash.ts';
import type { Config } from '../../config.ts';
import { createAuditedStore } from '../../store/audited/audited-store.ts';
import type { Store } from '../../store/store.ts';
import { locateAuditKey, openAuditKey } from './audit-key.ts';
import { locateHeadFile } from './head-file.ts';
import { createHeadKeeper } from './head-keeper.ts';

/** A store that keeps an audit trail. */
export interface TrailStore extends Store {
  /** The hashes under which the trail names what must not be named. */
  readonly hashes: NameHash;
}

/** Where the trail's key and the copy of its heads are. */
export type TrailPlace = Pick<Config, 'keysDir' | 'auditHeadsDir'>;

/**
 * Keeps the audit trail of a store: whatever is changed through the store that it returns has an entry, and heads are signed
 * as the trail grows and when the store is closed. Throws `store/unusable` where the key of the trail is not there.
 */
export async function keepTrail(
  store: Store,
  place: TrailPlace,
  onFailed: (cause: unknown) => void,
): Promise<TrailStore> {
  const { key, isNew } = await openAuditKey(locateAuditKey(place), store);
  const file = locateHeadFile(place.auditHeadsDir);
  const keeper = createHeadKeeper(store, { signer: key, file, onFailed });
  if (isNew) keeper.onAppended(1);
  const { hashes } = key;
  const audited = createAuditedStore(store, {
    hashes,
    now: () => new Date(),
    onAppended: keeper.onAppended,
  });
  return {
    ...audited,
    hashes,
    async close() {
      // What cannot be signed now is signed by the process that opens the store next.
      await keeper.stop().catch(onFailed);
      await store.close();
    },
  };
}
