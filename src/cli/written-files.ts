import { once } from 'node:events';
import { createWriteStream, existsSync, mkdirSync, readdirSync, rmSync, type WriteStream } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { finished } from 'node:stream/promises';
import type { Service } from '../service.ts';

type Pieces = Awaited<ReturnType<Service['export']>>;

/** Sidecars lie here, under the names of their files. */
const SIDECARS = 'trace/';
const ENDING = '.ndjson';

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
export function filesIn(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
}

/** The files of an export by its sidecars. */
export function tracedFiles(files: readonly string[]): readonly string[] {
  return files
    .filter((file) => file.startsWith(SIDECARS) && file.endsWith(ENDING))
    .map((file) => file.slice(SIDECARS.length, -ENDING.length));
}

/** What an earlier export left and this one did not write again must not be taken for this one's. */
function clear(folder: string, sizes: ReadonlyMap<string, number>): Pick<Written, 'removed' | 'strange'> {
  const there = filesIn(folder).filter((file) => !sizes.has(file));
  const earlier = new Set(tracedFiles(there));
  const isSidecar = (file: string): boolean => file.startsWith(SIDECARS) && file.endsWith(ENDING);
  const stale = there.filter((file) => earlier.has(file) || isSidecar(file));
  for (const file of stale) rmSync(join(folder, file), { force: true });
  return {
    removed: stale.filter((file) => !isSidecar(file)),
    strange: there.filter((file) => !stale.includes(file)),
  };
}

/** Writes the pieces of an export, those of several files as they come. What was written is removed where it fails. */
export async function writePieces(pieces: Pieces, folder: string): Promise<Written> {
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
  return { sizes, ...clear(folder, sizes) };
}
