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
import type { Service } from '../../service.ts';

type ExportPieces = Awaited<ReturnType<Service['exportStudy']>>;

/** Sidecars lie here, under the names of their files. */
const SIDECAR_FOLDER = 'trace/';
const SIDECAR_SUFFIX = '.ndjson';

/** What an export is of. */
interface ExportIdentity {
  readonly study: string;
  readonly format: string;
}

/** What an export left in its folder. */
export interface ExportWriteResult {
  /** Sizes in bytes, sidecars included. */
  readonly sizes: ReadonlyMap<string, number>;
  /** Files of an earlier export that are none of this one: removed. */
  readonly removed: readonly string[];
  /** Files that no export is known to have written: left alone. */
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

/** The files in a folder, with `/` between the parts of their names. */
function listFiles(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
}

const isSidecar = (file: string): boolean => file.startsWith(SIDECAR_FOLDER) && file.endsWith(SIDECAR_SUFFIX);

/** A head is a few hundred bytes long. */
const MAX_HEAD_BYTES = 64 * 1024;

/** What a sidecar says that it is of; null where it cannot be read as one. */
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
 * What an earlier export of the same study and format left, and this one did not write again, would be taken for this
 * one's: it is removed. Other exports in the folder, and files that none is known to have written, are left alone.
 */
function removeStaleFiles(
  folder: string,
  sizes: ReadonlyMap<string, number>,
  { study, format }: ExportIdentity,
): Pick<ExportWriteResult, 'removed' | 'unrecognised'> {
  const there = listFiles(folder).filter((file) => !sizes.has(file));
  const traced = new Set<string>();
  const stale = new Set<string>();
  for (const sidecar of there.filter(isSidecar)) {
    const file = sidecar.slice(SIDECAR_FOLDER.length, -SIDECAR_SUFFIX.length);
    const head = readSidecarIdentity(join(folder, sidecar));
    traced.add(file).add(sidecar);
    if (head?.study === study && head.format === format) stale.add(file).add(sidecar);
  }
  const removed = there.filter((file) => stale.has(file));
  for (const file of removed) rmSync(join(folder, file), { force: true });
  return {
    removed: removed.filter((file) => !isSidecar(file)),
    unrecognised: there.filter((file) => !traced.has(file)),
  };
}

/** Writes the pieces of an export, those of several files as they come. What was written is removed where it fails. */
export async function writeExportFiles(
  pieces: ExportPieces,
  folder: string,
  of: ExportIdentity,
): Promise<ExportWriteResult> {
  const sizes = new Map<string, number>();
  const streams = new Map<string, WriteStream>();
  try {
    for await (const { file, content } of pieces) {
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
  return { sizes, ...removeStaleFiles(folder, sizes, of) };
}
