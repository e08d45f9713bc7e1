import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Creates a folder and those above it that do not exist, and syncs their entries to disk; throws the system's error with the path that is wrong. Each is
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
    return;
  }
  try {
    syncFolder(parent);
  } catch {
    // The folder above may not be readable for this user: then the system writes its entries when it does.
  }
}

/** Syncs the entries of a folder to disk; on Windows, where a folder cannot be opened, the system does it by itself. */
export function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
