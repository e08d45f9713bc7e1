import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  readSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { StoredAuditHead } from '../../audit/audit-trail.ts';
import { parseHead } from '../../audit/signed-head.ts';
import { createFolder, syncFolder } from '../../durable-folders.ts';

/** Longer than any head: the last one is within so many bytes of the end of the file. */
const MAX_HEAD_BYTES = 1_048_576;

/** Returns the file with the copy of the signed heads, which should be on another disk than the store. */
export const locateHeadFile = (folder: string): string => join(folder, 'audit-heads.ndjson');

/** Reads the lines of the copy; null where there is no file. A last line that is not complete is left out: it was cut off. */
export function readHeadLines(file: string): readonly string[] | null {
  if (!existsSync(file)) return null;
  return readFileSync(file, 'utf8')
    .split('\n')
    .slice(0, -1)
    .filter((line) => line !== '');
}

/** Reads the end of an open file, and where that begins. */
function readEnd(handle: number): { readonly end: string; readonly from: number; readonly size: number } {
  const { size } = fstatSync(handle);
  const bytes = Buffer.alloc(Math.min(size, MAX_HEAD_BYTES));
  const from = size - bytes.length;
  readSync(handle, bytes, 0, bytes.length, from);
  return { end: bytes.toString('latin1'), from, size };
}

/** The number of the last complete head in the copy; 0 where there is none. */
export function readLastCopied(file: string): number {
  if (!existsSync(file)) return 0;
  const handle = openSync(file, 'r');
  try {
    const lines = readEnd(handle).end.split('\n').slice(0, -1);
    return parseHead(lines.at(-1) ?? '')?.number ?? 0;
  } finally {
    closeSync(handle);
  }
}

/** Removes a last line that was cut off by a power failure, so that the next head has a line of its own. */
function removeTornLine(handle: number): void {
  const { end, from, size } = readEnd(handle);
  const complete = from + end.lastIndexOf('\n') + 1;
  if (complete < size) ftruncateSync(handle, complete);
}

/** Appends heads to the copy, synced to disk. Throws the system's error. */
export function appendHeads(file: string, heads: readonly StoredAuditHead[]): void {
  if (heads.length === 0) return;
  createFolder(dirname(file), 0o700);
  const isNew = !existsSync(file);
  const handle = openSync(file, 'a+', 0o600);
  try {
    removeTornLine(handle);
    writeSync(handle, heads.map(({ head }) => `${head}\n`).join(''));
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  if (isNew) syncFolder(dirname(file));
}
