import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../errors.ts';
import { createSeal, type Seal } from './seal.ts';

const KEY_BYTES = 32;

/** The seal of a data folder. Its key is made on first use; only the service's user may read it. */
export function openSeal(dataDir: string): Seal {
  const file = join(dataDir, 'seal.key');
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const key = Buffer.from((readFileIfPresent(file) ?? createKeyFile(file)).trim(), 'hex');
  if (key.length === KEY_BYTES) return createSeal(key);
  throw new Failure('store/unusable', 'The seal key is damaged.', {
    at: file,
    fix: 'Restore it from the backup.',
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

/** Two processes that start at once end with one key: it appears whole, and the first one stays. */
function createKeyFile(file: string): string {
  const mine = `${file}.${process.pid}`;
  writeFileSync(mine, randomBytes(KEY_BYTES).toString('hex'), { mode: 0o600 });
  try {
    linkSync(mine, file);
  } catch (cause) {
    if (!hasErrorCode(cause, 'EEXIST')) throw cause;
  } finally {
    rmSync(mine, { force: true });
  }
  return readFileSync(file, 'utf8');
}
