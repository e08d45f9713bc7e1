import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestFolder } from './with-folder.ts';

/**
 * Traces the system calls of a script, with the paths of its files, and writes the log into the folder. Returns one call a line in
 * order; null where the machine cannot trace.
 */
export function traceCalls(
  folder: TestFolder,
  calls: readonly string[],
  script: string,
  ...args: readonly string[]
): readonly string[] | null {
  const log = join(folder.path, 'trace.log');
  const traced = ['-f', '-y', '-e', `trace=${calls.join(',')}`, '-o', log];
  const command = [process.execPath, '--disable-warning=ExperimentalWarning', script, ...args];
  const { status } = spawnSync('strace', [...traced, ...command]);
  return status === 0 ? readFileSync(log, 'utf8').split('\n') : null;
}
