import { buildAuditEntry } from '../audit/audit-entry.ts';
import type { Config } from '../config.ts';
import { Failure } from '../errors.ts';
import { acceptSealKey, checkSealKey, createSealKey, type SealKeyState } from '../intake/seal-key.ts';
import type { Decider } from '../pipeline/decisions/decider.ts';
import { destroyDuePayloads } from '../pipeline/receive/sealing.ts';
import type { SealedPayloadCount } from '../store/sealed-payload-store.ts';
import type { Store, StoreTransaction } from '../store/store.ts';
import { claimStore } from './opening/claim-store.ts';
import { locateStore, openTrailStore } from './opening/open-store.ts';

/** The name of the shared value with every key that was given up; stored. */
const GIVEN_UP_KEY = 'seal-keys-given-up';

/** After every day on which a payload can be due. */
const END_OF_TIME = '9999-12-31T00:00:00.000Z';

/** A key that was given up, with the payloads that were destroyed because nobody can open them. Printed as JSON. */
export interface GivenUpKey {
  readonly at: string;
  readonly by: string;
  readonly why: string | null;
  readonly sealed: readonly SealedPayloadCount[];
}

/** The key of the sealed payloads, compared with the store. Printed as JSON. */
export interface SealKeyReport {
  readonly file: string;
  readonly state: SealKeyState;
  /** The payloads that only the right key opens. */
  readonly sealed: readonly SealedPayloadCount[];
  readonly givenUp: readonly GivenUpKey[];
}

/** Operations on the key of the sealed payloads. They open the store by themselves: no service opens it without the key. */
export interface SealKeyOperations {
  inspectSealKey(config: Config): Promise<SealKeyReport>;
  /**
   * Gives up a key that is lost: destroys what it sealed, with its work items, records that, and accepts the key in the file
   * or a new one. Throws `store/unusable` where nothing is lost or a key file is in the way, `store/busy` beside a service.
   */
  giveUpSealKey(config: Config, decider: Decider): Promise<GivenUpKey>;
}

async function withStore<T>(config: Config, work: (store: Store) => Promise<T>): Promise<T> {
  const store = await openTrailStore(config);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

async function listGivenUpKeys(tx: StoreTransaction): Promise<readonly GivenUpKey[]> {
  return JSON.parse((await tx.sharedValues.get(GIVEN_UP_KEY)) ?? '[]') as readonly GivenUpKey[];
}

async function replaceLostKey(store: Store, config: Config, { by, why }: Decider): Promise<GivenUpKey> {
  const { state, file, seal } = await checkSealKey(config, store);
  if (state === 'fits' || state === 'new') {
    const message = 'The key of the sealed payloads fits this store: nothing is lost.';
    throw new Failure('store/unusable', message, { at: file, fix: 'Leave it as it is.' });
  }
  if (state !== 'missing' && state !== 'other') {
    const fix = 'Move the file away, so that it is kept, and run this again.';
    throw new Failure('store/unusable', 'A file that is no key is in its place.', { at: file, fix });
  }
  const accepted = seal ?? createSealKey(config);
  return store.transaction(async (tx) => {
    const at = new Date().toISOString();
    const givenUp: GivenUpKey = { at, by, why, sealed: await tx.sealedPayloads.countBySite() };
    await destroyDuePayloads(tx, END_OF_TIME);
    await acceptSealKey(tx, accepted);
    await tx.sharedValues.put(GIVEN_UP_KEY, JSON.stringify([...(await listGivenUpKeys(tx)), givenUp]));
    await tx.audit.append(
      buildAuditEntry({ action: 'key.given-up', object: 'Key/seal', detail: { by } }, new Date(at)),
    );
    return givenUp;
  });
}

export const SEAL_KEY_OPERATIONS: SealKeyOperations = {
  inspectSealKey: (config) =>
    withStore(config, async (store) => {
      const { file, state } = await checkSealKey(config, store);
      return store.read(async (tx) => ({
        file,
        state,
        sealed: await tx.sealedPayloads.countBySite(),
        givenUp: await listGivenUpKeys(tx),
      }));
    }),
  giveUpSealKey: (config, decider) =>
    withStore(config, async (store) => {
      const claim = await claimStore(store, 'alone', locateStore(config), new Date());
      try {
        return await replaceLostKey(store, config, decider);
      } finally {
        await claim.release();
      }
    }),
};
