import { join } from 'node:path';
import { Failure } from '../errors.ts';
import { createKeyFile, type KeyFile, locateKey, moveKeyFile, readKeyFile } from '../store/keys/key-file.ts';
import type { Store, StoreTransaction } from '../store/store.ts';
import { createSeal, type Seal } from './seal.ts';

/** Where keys are: in their folder; those of earlier versions in the data folder. */
interface KeyPlace {
  readonly dataDir: string;
  readonly keysDir: string;
}

/** The name of the shared value with the check value of the key; stored. */
const CHECK_VALUE_KEY = 'seal-key';

/** Input of the check value: a keyed hash, from which nobody can derive the key. Another text would be another check value. */
const CHECK_TEXT = 'trial-adapter check value of the seal key';

/**
 * Whether the key file fits the store. `new`: neither has a key yet. `other`: the key is not the one that the store was
 * used with.
 */
export type SealKeyState = 'fits' | 'new' | 'other' | Exclude<KeyFile['kind'], 'key'>;

/** The key file, compared with the store. */
interface SealKeyCheck {
  readonly file: string;
  readonly state: SealKeyState;
  /** The number of sealed payloads in the store. */
  readonly payloads: number;
  /** The seal, where the file holds a key. */
  readonly seal: Seal | null;
  /** Whether the store has the check value of a key. */
  readonly hasCheckValue: boolean;
}

const computeCheckValue = (seal: Seal): string => seal.hash(CHECK_TEXT);

/** Whether the seal opens what the store holds; a store without payloads cannot tell. */
async function canOpenStoredPayloads(tx: StoreTransaction, seal: Seal): Promise<boolean> {
  const payload = await tx.sealedPayloads.findFirst();
  if (!payload) return true;
  try {
    seal.open(payload);
    return true;
  } catch (cause) {
    if (!(cause instanceof Failure)) throw cause;
    return false;
  }
}

/** Compares the key file with the store: by its check value, or, before the store had one, by a payload that it opens. */
export async function checkSealKey({ dataDir, keysDir }: KeyPlace, store: Store): Promise<SealKeyCheck> {
  const file = locateKey(keysDir, 'seal');
  moveKeyFile(join(dataDir, 'seal.key'), file);
  return store.read(async (tx) => {
    // First the store, then the file: another process that creates both writes the file first.
    const checkValue = await tx.sharedValues.get(CHECK_VALUE_KEY);
    const payloads = await tx.sealedPayloads.count();
    const keyFile = readKeyFile(file);
    const found = { file, payloads, hasCheckValue: checkValue !== null };
    if (keyFile.kind === 'key') {
      const seal = createSeal(keyFile.key);
      const fits =
        checkValue === null ? await canOpenStoredPayloads(tx, seal) : checkValue === computeCheckValue(seal);
      return { ...found, seal, state: fits ? 'fits' : 'other' };
    }
    const isNew = keyFile.kind === 'missing' && checkValue === null && payloads === 0;
    return { ...found, seal: null, state: isNew ? 'new' : keyFile.kind };
  });
}

/** The problem with each state of the key in which nothing can be opened. */
const PROBLEMS: Readonly<Record<Exclude<SealKeyState, 'fits' | 'new'>, string>> = {
  missing: 'The key of the sealed payloads is missing',
  damaged: 'The key of the sealed payloads is damaged: it must be 64 hexadecimal digits',
  weak: 'The key of the sealed payloads was not created by chance',
  exposed: 'Other users may read the key of the sealed payloads',
  unreadable: 'The key of the sealed payloads cannot be read',
  other: 'The key is not the one that this store was used with',
};

/** How a file that is there is made usable. */
const ACCESS: Partial<Record<SealKeyState, string>> = {
  unreadable: 'Give the user that runs this access to the file',
  exposed: 'Give the file to the user that runs this, with the rights 0600',
};

/** Builds the refusal of a store whose key does not fit. */
function buildSealKeyFailure(state: keyof typeof PROBLEMS, { file, payloads }: SealKeyCheck): Failure {
  const access = ACCESS[state] ?? 'Restore the file from the backup of the folder of keys';
  return new Failure(
    'store/unusable',
    `${PROBLEMS[state]}; the store has ${payloads} sealed ${payloads === 1 ? 'payload' : 'payloads'}.`,
    {
      at: file,
      fix: `${access}; nothing was changed. If the key is lost for ever, run \`seal-key\`, which says what goes with it.`,
    },
  );
}

/**
 * Opens the seal of a store. Creates its key on first use, readable by the service's user only. Throws
 * `store/unusable` where the store was used with a key and the file does not hold it: a new key would leave the sealed
 * payloads unreadable without anybody noticing.
 */
export async function openSeal(place: KeyPlace, store: Store): Promise<Seal> {
  const check = await checkSealKey(place, store);
  if (check.state !== 'fits' && check.state !== 'new') throw buildSealKeyFailure(check.state, check);
  const seal = check.seal ?? createSealKey(place);
  if (!check.hasCheckValue) await store.transaction((tx) => acceptSealKey(tx, seal));
  return seal;
}

/** Makes the key of the seal the one that belongs to the store. */
export const acceptSealKey = (tx: StoreTransaction, seal: Seal): Promise<void> =>
  tx.sharedValues.put(CHECK_VALUE_KEY, computeCheckValue(seal));

/** Creates the key, on disk before anything is sealed with it. */
export const createSealKey = ({ keysDir }: Pick<KeyPlace, 'keysDir'>): Seal =>
  createSeal(createKeyFile(locateKey(keysDir, 'seal')));
