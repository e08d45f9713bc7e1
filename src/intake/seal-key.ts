import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../errors.ts';
import { createSeal, type Seal } from './seal.ts';

const KEY_BYTES = 32;

/** Opens the seal of a data folder. Creates its key on first use, readable by the service's user only. */
export function openSeal(dataDir: string): Seal {
  const file = join(dataDir, 'seal.key');
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const key = Buffer.from((readFileIfPresent(file) ?? createKeyFile(file)).trim(), 'hex');
  if (key.length === KEY_BYTES) return createSeal(key);
  throw new Failure('store/unusable', 'The seal key is damaged.', {
    at: file,
    fix: 'Restore the key from a backup.',
  });
}

function readFileIfPresent(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    if (hasErrorCode(cause, 'ENOENT')) return null;
    throw cause;
  }
}

function hasErrorCode(cause: unknown, code: string): boolean {
  return typeof cause === 'object' && cause !== null && 'code' in cause && cause.code === code;
}

/** Creates the key file. Two processes that start at once both use the first key, since creating a link is atomic. */
function createKeyFile(file: string): string {
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, randomBytes(KEY_BYTES).toString('hex'), { mode: 0o600 });
  try {
    linkSync(draft, file);
  } catch (cause) {
    if (!hasErrorCode(cause, 'EEXIST')) throw cause;
  } finally {
    rmSync(draft, { force: true });
  }
  return readFileSync(file, 'utf8');
}
