import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../errors.ts';
import { createSeal, type Seal } from '../intake/seal.ts';

const KEY_BYTES = 32;

/** The key that closes sealed payloads; made on first use, readable by the service's user only. */
export function sealOf(dataDir: string): Seal {
  const file = join(dataDir, 'seal.key');
  mkdirSync(dataDir, { recursive: true });
  if (!existsSync(file))
    writeFileSync(file, randomBytes(KEY_BYTES).toString('hex'), { mode: 0o600, flag: 'wx' });
  const key = Buffer.from(readFileSync(file, 'utf8').trim(), 'hex');
  if (key.length === KEY_BYTES) return createSeal(key);
  throw new Failure('store/unusable', 'The seal key is damaged.', {
    at: file,
    fix: 'Restore it from the backup.',
  });
}
