import { randomBytes } from 'node:crypto';
import type { Store } from '../../store/store.ts';

/** The name of the shared value with the key of a study's pseudonyms, in hexadecimal digits; stored. */
export const formatPseudonymKeyName = (study: string): string => `pseudonym-key/${study}`;

const KEY_BYTES = 32;

/**
 * Returns the key of a study's pseudonyms; the first export of the study creates it. It lies in the store, next to the ids that
 * it hides, and in no export: every instance gives the same pseudonyms, and a backup keeps them.
 */
export async function ensurePseudonymKey(store: Store, study: string): Promise<Uint8Array> {
  const name = formatPseudonymKeyName(study);
  const stored = await store.read((tx) => tx.sharedValues.get(name));
  if (stored !== null) return Buffer.from(stored, 'hex');
  return store.transaction(async ({ sharedValues }) => {
    const created = (await sharedValues.get(name)) ?? randomBytes(KEY_BYTES).toString('hex');
    await sharedValues.put(name, created);
    return Buffer.from(created, 'hex');
  });
}
