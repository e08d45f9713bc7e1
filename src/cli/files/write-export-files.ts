import { once } from 'node:events';
import {
  closeSync,
  createWriteStream,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  type WriteStream,
} from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { finished } from 'node:stream/promises';
import { type ExportRequest, findTracedFile } from '../../service/study-exports.ts';
import type { FileChunk } from '../../service.ts';

/** The study and format of an export, as its sidecars state them. */
type ExportIdentity = Pick<ExportRequest, 'study' | 'format'>;

/** The changes of an export to its folder. */
export interface ExportWriteResult {
  /** Size of each file in bytes, sidecars included. */
  readonly sizes: ReadonlyMap<string, number>;
  /** Files of an earlier export that were removed, since this one does not have them. */
  readonly removed: readonly string[];
  /** Files that belong to no known export, and were left as they are. */
  readonly unrecognised: readonly string[];
}

function openStream(folder: string, file: string): WriteStream {
  const path = join(folder, file);
  mkdirSync(dirname(path), { recursive: true });
  return createWriteStream(path);
}

async function closeStreams(streams: Iterable<WriteStream>): Promise<void> {
  for (const stream of streams) {
    stream.end();
    await finished(stream);
  }
}

/** Lists the files of a folder by their relative paths, with `/` between the parts. */
function listFiles(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
}

/** The most bytes that are read for the first line of a sidecar, which is a few hundred bytes long. */
const MAX_HEAD_BYTES = 64 * 1024;

/** Reads the study and format of a sidecar; null where the file is not a sidecar. */
function readSidecarIdentity(path: string): ExportIdentity | null {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(MAX_HEAD_BYTES);
    const text = bytes.toString('utf8', 0, readSync(file, bytes));
    return JSON.parse(text.slice(0, text.indexOf('\n'))) as ExportIdentity;
  } catch {
    return null;
  } finally {
    closeSync(file);
  }
}

/**
 * Removes files that an earlier export of the same study and format wrote and this one did not, since they would seem to
 * belong to this one. Files of other exports, and files that belong to no known export, are left as they are.
 */
function removeStaleFiles(
  folder: string,
  sizes: ReadonlyMap<string, number>,
  { study, format }: ExportIdentity,
): Pick<ExportWriteResult, 'removed' | 'unrecognised'> {
  const otherFiles = listFiles(folder).filter((file) => !sizes.has(file));
  const recognised = new Set<string>();
  const stale = new Set<string>();
  for (const sidecar of otherFiles) {
    const tracedFile = findTracedFile(sidecar);
    if (tracedFile === null) continue;
    const head = readSidecarIdentity(join(folder, sidecar));
    recognised.add(tracedFile).add(sidecar);
    if (head?.study === study && head.format === format) stale.add(tracedFile).add(sidecar);
  }
  const removed = otherFiles.filter((file) => stale.has(file));
  for (const file of removed) rmSync(join(folder, file), { force: true });
  return {
    removed: removed.filter((file) => findTracedFile(file) === null),
    unrecognised: otherFiles.filter((file) => !recognised.has(file)),
  };
}

/**
 * Writes the chunks of an export, which may belong to several files in turn, and removes stale files. If writing fails,
 * the files written so far are removed.
 */
export async function writeExportFiles(
  chunks: AsyncIterable<FileChunk>,
  folder: string,
  identity: ExportIdentity,
): Promise<ExportWriteResult> {
  const sizes = new Map<string, number>();
  const streams = new Map<string, WriteStream>();
  try {
    for await (const { file, content } of chunks) {
      const stream = streams.get(file) ?? openStream(folder, file);
      streams.set(file, stream);
      sizes.set(file, (sizes.get(file) ?? 0) + Buffer.byteLength(content));
      if (!stream.write(content)) await once(stream, 'drain');
    }
    await closeStreams(streams.values());
  } catch (cause) {
    await closeStreams(streams.values());
    for (const file of sizes.keys()) rmSync(join(folder, file), { force: true });
    throw cause;
  }
  return { sizes, ...removeStaleFiles(folder, sizes, identity) };
}
