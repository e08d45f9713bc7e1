import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The folders of the code that derives an assessment from facts, and what is written back from an assessment. */
const FOLDERS = ['trial', 'statistics', 'pipeline/assess', 'writeback'];

let digest: string | null = null;

/**
 * Computes the digest of the code that assesses, once for the process. Code that changes without a new version of the
 * software, such as a correction that is tried at one hospital, then assesses every subject again.
 */
export function digestAssessmentCode(): string {
  digest ??= computeDigest();
  return digest;
}

function computeDigest(): string {
  const source = join(import.meta.dirname, '..');
  const hash = createHash('sha256');
  for (const folder of FOLDERS)
    for (const name of readdirSync(join(source, folder), { recursive: true, encoding: 'utf8' }).sort())
      if (name.endsWith('.ts'))
        hash.update(`${folder}/${name}\n`).update(readFileSync(join(source, folder, name)));
  return hash.digest('hex').slice(0, 16);
}
