import { randomBytes } from 'node:crypto';
import type { Store, StoreTransaction } from '../../store/store.ts';

/** The name of the shared value with the key of a study's pseudonyms, in hexadecimal digits; stored. */
export const formatPseudonymKeyName = (study: string): string => `pseudonym-key/${study}`;

const KEY_BYTES = 32;

/** Loads the key of a study's pseudonyms; null before the first export of the study. */
export async function loadPseudonymKey(tx: StoreTransaction, study: string): Promise<Uint8Array | null> {
  const stored = await tx.sharedValues.get(formatPseudonymKeyName(study));
  return stored === null ? null : Buffer.from(stored, 'hex');
}

/**
 * Returns the key of a study's pseudonyms; the first export of the study creates it. It lies in the store, next to the ids that
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
