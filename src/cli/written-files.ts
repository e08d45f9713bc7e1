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
import type { Service } from '../service.ts';

type Pieces = Awaited<ReturnType<Service['export']>>;

/** Sidecars lie here, under the names of their files. */
const SIDECARS = 'trace/';
const ENDING = '.ndjson';

/** What an export is of. */
interface Exported {
  readonly study: string;
  readonly format: string;
}

/** What an export left in its folder. */
export interface Written {
  /** Sizes in bytes, sidecars included. */
  readonly sizes: ReadonlyMap<string, number>;
  /** Files of an earlier export that are none of this one: removed. */
  readonly removed: readonly string[];
  /** Files that no export is known to have written: left alone. */
  readonly strange: readonly string[];
}

function begin(folder: string, file: string): WriteStream {
  const path = join(folder, file);
  mkdirSync(dirname(path), { recursive: true });
  return createWriteStream(path);
}

async function end(streams: Iterable<WriteStream>): Promise<void> {
  for (const stream of streams) {
    stream.end();
    await finished(stream);
  }
}

/** The files in a folder, with `/` between the parts of their names. */
function filesIn(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
}

const isSidecar = (file: string): boolean => file.startsWith(SIDECARS) && file.endsWith(ENDING);

/** A head is a few hundred bytes long. */
const HEAD_BYTES = 64 * 1024;

/** What a sidecar says that it is of; null where it cannot be read as one. */
function ofWhat(path: string): Exported | null {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(HEAD_BYTES);
    const text = bytes.toString('utf8', 0, readSync(file, bytes));
    return JSON.parse(text.slice(0, text.indexOf('\n'))) as Exported;
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
function clear(
  folder: string,
  sizes: ReadonlyMap<string, number>,
  { study, format }: Exported,
): Pick<Written, 'removed' | 'strange'> {
  const there = filesIn(folder).filter((file) => !sizes.has(file));
  const traced = new Set<string>();
  const stale = new Set<string>();
  for (const sidecar of there.filter(isSidecar)) {
    const file = sidecar.slice(SIDECARS.length, -ENDING.length);
    const head = ofWhat(join(folder, sidecar));
    traced.add(file).add(sidecar);
    if (head?.study === study && head.format === format) stale.add(file).add(sidecar);
  }
  const removed = there.filter((file) => stale.has(file));
  for (const file of removed) rmSync(join(folder, file), { force: true });
  return {
    removed: removed.filter((file) => !isSidecar(file)),
    strange: there.filter((file) => !traced.has(file)),
  };
}

/** Writes the pieces of an export, those of several files as they come. What was written is removed where it fails. */
export async function writePieces(pieces: Pieces, folder: string, of: Exported): Promise<Written> {
  const sizes = new Map<string, number>();
  const streams = new Map<string, WriteStream>();
  try {
    for await (const { file, content } of pieces) {
      const stream = streams.get(file) ?? begin(folder, file);
      streams.set(file, stream);
      sizes.set(file, (sizes.get(file) ?? 0) + Buffer.byteLength(content));
      if (!stream.write(content)) await once(stream, 'drain');
    }
    await end(streams.values());
  } catch (cause) {
    await end(streams.values());
    for (const file of sizes.keys()) rmSync(join(folder, file), { force: true });
    throw cause;
  }
  return { sizes, ...clear(folder, sizes, of) };
}
