import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { createFolder, syncFolder } from '../../durable-folders.ts';

/** Contents of files by their paths relative to a folder, with `/` between the parts. */
export type FileContents = ReadonlyMap<string, Buffer>;

/** Lists every file below a folder by its relative path, with `/` between the parts; none where it does not exist. */
export function listFolder(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
}

/** Reads every file below a folder of small files. */
export const readFolder = (folder: string): FileContents =>
  new Map(listFolder(folder).map((path) => [path, readFileSync(join(folder, path))] as const));

/** Copies a file of any size, for this user only, synced to disk. */
export function copySynced(from: string, to: string): void {
  createFolder(dirname(to), 0o700);
  copyFileSync(from, to, constants.COPYFILE_EXCL);
  chmodSync(to, 0o600);
  const handle = openSync(to, 'r+');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Whether two folders had the same files with the same content. */
export const hasSameFiles = (one: FileContents, other: FileContents): boolean =>
  one.size === other.size && [...one].every(([path, content]) => other.get(path)?.equals(content) ?? false);

/** Writes a file that only this user may read, synced to disk. */
export function writeSynced(path: string, content: string | Buffer): void {
  createFolder(dirname(path), 0o700);
  const handle = openSync(path, 'wx', 0o600);
  try {
    const bytes = Buffer.from(content);
    for (let written = 0; written < bytes.length; ) written += writeSync(handle, bytes, written);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Writes files below a folder, synced to disk. */
export function writeFolder(folder: string, contents: FileContents): void {
  for (const [path, content] of contents) writeSynced(join(folder, path), content);
}

/** Syncs the entries of a folder and of every folder below it. */
export function syncTree(folder: string): void {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true }))
    if (entry.isDirectory()) syncFolder(join(entry.parentPath, entry.name));
  syncFolder(folder);
}

/** Whether there is nothing at a path, or an empty folder. */
export const isVacant = (path: string): boolean => !existsSync(path) || readdirSync(path).length === 0;

/** Creates a folder for this user only, which must not exist. */
export function createPrivateFolder(path: string): void {
  createFolder(dirname(path), 0o700);
  mkdirSync(path, { mode: 0o700 });
}
