import { randomBytes } from 'node:crypto';
import { Failure } from '../../errors.ts';
import type { Store, StoreTransaction } from '../../store/store.ts';

/** The name of the shared value with the key of a study's pseudonyms, in hexadecimal digits; stored. */
export const formatPseudonymKeyName = (study: string): string => `pseudonym-key/${study}`;

const KEY_BYTES = 32;

/** Loads the key of a study's pseudonyms; null where no service has met the study yet. */
export async function loadPseudonymKey(tx: StoreTransaction, study: string): Promise<Uint8Array | null> {
  const stored = await tx.sharedValues.get(formatPseudonymKeyName(study));
  return stored === null ? null : Buffer.from(stored, 'hex');
}

/**
 * Returns the key of a study's pseudonyms; it is created where there is none. It lies in the store, next to the ids that
 * it hides, and in no export: every instance gives the same pseudonyms, and a backup keeps them.
 */
export async function ensurePseudonymKey(store: Store, study: string): Promise<Uint8Array> {
  const name = formatPseudonymKeyName(study);
  const stored = await store.read((tx) => loadPseudonymKey(tx, study));
  if (stored !== null) return stored;
  return store.transaction(async ({ sharedValues }) => {
    const created = (await sharedValues.get(name)) ?? randomBytes(KEY_BYTES).toString('hex');
    await sharedValues.put(name, created);
    return Buffer.from(created, 'hex');
  });
}

/**
 * Creates the keys of all studies that have none, so that exports from a read-only replica find them there. Where the store
 * cannot be written now, the next start or export does it.
 */
export async function preparePseudonymKeys(store: Store, studies: readonly string[]): Promise<void> {
  try {
    for (const study of studies) await ensurePseudonymKey(store, study);
  } catch (cause) {
    if (!(cause instanceof Failure)) throw cause;
  }
}
