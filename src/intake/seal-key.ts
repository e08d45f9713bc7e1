import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, linkSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../errors.ts';
import { createFolder } from '../store/data-folder.ts';
import type { Store, StoreTransaction } from '../store/store.ts';
import { createSeal, type Seal } from './seal.ts';

const KEY_BYTES = 32;
const KEY_PATTERN = /^[0-9a-f]{64}$/i;

/** The name of the shared value with the check value of the key; stored. */
const CHECK_VALUE_KEY = 'seal-key';

/** Input of the check value: a keyed hash, from which nobody can derive the key. Another text would be another check value. */
const CHECK_TEXT = 'trial-adapter check value of the seal key';

/** What the key file holds. */
type KeyFile =
  | { readonly kind: 'key'; readonly seal: Seal }
  | { readonly kind: 'missing' | 'damaged' | 'unreadable' };

/**
 * Whether the key file fits the store. `new`: neither has a key yet. `other`: the key is not the one that the store was
 * used with.
 */
export type SealKeyState = 'fits' | 'new' | 'missing' | 'damaged' | 'unreadable' | 'other';

/** The key file of a data folder, compared with the store. */
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

const locateKeyFile = (dataDir: string): string => join(dataDir, 'seal.key');

const computeCheckValue = (seal: Seal): string => seal.hash(CHECK_TEXT);

function readKeyFile(file: string): KeyFile {
  try {
    const text = readFileSync(file, 'utf8').trim();
    if (!KEY_PATTERN.test(text)) return { kind: 'damaged' };
    return { kind: 'key', seal: createSeal(Buffer.from(text, 'hex')) };
  } catch (cause) {
    const code = readErrorCode(cause);
    if (code === null) throw cause;
    return { kind: code === 'ENOENT' ? 'missing' : 'unreadable' };
  }
}

function readErrorCode(cause: unknown): string | null {
  const isError = typeof cause === 'object' && cause !== null && 'syscall' in cause && 'code' in cause;
  return isError ? String(cause.code) : null;
}

/** Whether the seal opens what the store holds; a store without payloads cannot tell. */
async function canOpenStoredPayloads(tx: StoreTransaction, seal: Seal): Promise<boolean> {
  const payload = await tx.sealedPayloads.findFirst();
  if (!payload) return true;
  try {
    seal.open(payload.ciphertext);
    return true;
  } catch (cause) {
    if (!(cause instanceof Failure)) throw cause;
    return false;
  }
}

/** Compares the key file with the store: by its check value, or, before the store had one, by a payload that it opens. */
export async function checkSealKey(dataDir: string, store: Store): Promise<SealKeyCheck> {
  const file = locateKeyFile(dataDir);
  return store.read(async (tx) => {
    // First the store, then the file: another process that creates both writes the file first.
    const checkValue = await tx.sharedValues.get(CHECK_VALUE_KEY);
    const payloads = await tx.sealedPayloads.count();
    const keyFile = readKeyFile(file);
    const found = { file, payloads, hasCheckValue: checkValue !== null };
    if (keyFile.kind === 'key') {
      const { seal } = keyFile;
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
  unreadable: 'The key of the sealed payloads cannot be read',
  other: 'The key is not the one that this store was used with',
};

/** Builds the refusal of a store whose key does not fit. */
function buildSealKeyFailure(state: keyof typeof PROBLEMS, { file, payloads }: SealKeyCheck): Failure {
  const access =
    state === 'unreadable' ? 'Give the user that runs this access to the file' : 'Restore the file';
  const source = state === 'unreadable' ? '' : ' from the backup of this data folder';
  return new Failure(
    'store/unusable',
    `${PROBLEMS[state]}; the store has ${payloads} sealed ${payloads === 1 ? 'payload' : 'payloads'}.`,
    {
      at: file,
      fix: `${access}${source}; nothing was changed. If the key is lost for ever, run \`seal-key\`, which says what goes with it.`,
    },
  );
}

/**
 * Opens the seal of a data folder. Creates its key on first use, readable by the service's user only. Throws
 * `store/unusable` where the store was used with a key and the file does not hold it: a new key would leave the sealed
 * payloads unreadable without anybody noticing.
 */
export async function openSeal(dataDir: string, store: Store): Promise<Seal> {
  const check = await checkSealKey(dataDir, store);
  if (check.state !== 'fits' && check.state !== 'new') throw buildSealKeyFailure(check.state, check);
  const seal = check.seal ?? createSealKey(dataDir);
  if (!check.hasCheckValue) await store.transaction((tx) => acceptSealKey(tx, seal));
  return seal;
}

/** Makes the key of the seal the one that belongs to the store. */
export const acceptSealKey = (tx: StoreTransaction, seal: Seal): Promise<void> =>
  tx.sharedValues.put(CHECK_VALUE_KEY, computeCheckValue(seal));

/**
 * Creates the key file, synced to disk before anything is sealed with it. Two processes that start at once both use the
 * first key, since creating a link is atomic.
 */
export function createSealKey(dataDir: string): Seal {
  createFolder(dataDir, 0o700);
  const file = locateKeyFile(dataDir);
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, randomBytes(KEY_BYTES).toString('hex'), { mode: 0o600, flush: true });
  try {
    linkSync(draft, file);
  } catch (cause) {
    if (readErrorCode(cause) !== 'EEXIST') throw cause;
  } finally {
    rmSync(draft, { force: true });
  }
  storeFolderEntries(dataDir);
  const created = readKeyFile(file);
  if (created.kind !== 'key') throw new Error('The key file that was created cannot be read.');
  return created.seal;
}

/** Syncs the entries of a folder to disk; on Windows, where a folder cannot be opened, the system does it by itself. */
function storeFolderEntries(folder: string): void {
  if (process.platform === 'win32') return;
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
