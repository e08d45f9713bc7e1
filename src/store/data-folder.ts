import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Creates a folder and those above it that do not exist; throws the system's error with the path that is wrong. Each is
 * created by itself: with `recursive`, Node 24 tries for ever in a file system such as /proc, where no folder can be created.
 */
export function createFolder(path: string, mode = 0o777): void {
  if (existsSync(path) && statSync(path).isDirectory()) return;
  const parent = dirname(path);
  if (parent !== path && !existsSync(parent)) createFolder(parent, mode);
  try {
    mkdirSync(path, { mode });
  } catch (cause) {
    // Another process may have created it at the same time.
    if (!existsSync(path) || !statSync(path).isDirectory()) throw cause;
  }
}
