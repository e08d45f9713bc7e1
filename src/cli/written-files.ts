import { once } from 'node:events';
import { createWriteStream, existsSync, mkdirSync, readdirSync, rmSync, type WriteStream } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { finished } from 'node:stream/promises';
import type { Service } from '../service.ts';

type Pieces = Awaited<ReturnType<Service['export']>>;

/** Sidecars lie here, under the names of their files. */
const SIDECARS = 'trace/';
const ENDING = '.ndjson';

/** A file and its sidecar are written at once; what is longer unused is closed, and opened again if it goes on. */
const OPEN_AT_ONCE = 4;

/** What an export left in its folder. */
export interface Written {
  /** Sizes in bytes, sidecars included. */
  readonly sizes: ReadonlyMap<string, number>;
  /** Files of an earlier export that are none of this one: removed. */
  readonly removed: readonly string[];
  /** Files that no export is known to have written: left alone. */
  readonly strange: readonly string[];
}

async function close(stream: WriteStream): Promise<void> {
  stream.end();
  await finished(stream);
}

/** Streams by file, the last used last. */
class Streams {
  readonly #folder: string;
  readonly #open = new Map<string, WriteStream>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  async write(file: string, content: string | Uint8Array, isNew: boolean): Promise<void> {
    const stream = this.#open.get(file) ?? this.#begin(file, isNew);
    this.#open.delete(file);
    this.#open.set(file, stream);
    const [oldest] = this.#open;
    if (oldest && this.#open.size > OPEN_AT_ONCE) {
      this.#open.delete(oldest[0]);
      await close(oldest[1]);
    }
    if (!stream.write(content)) await once(stream, 'drain');
  }

  #begin(file: string, isNew: boolean): WriteStream {
    const path = join(this.#folder, file);
    mkdirSync(dirname(path), { recursive: true });
    return createWriteStream(path, { flags: isNew ? 'w' : 'a' });
  }

  async close(): Promise<void> {
    for (const stream of this.#open.values()) await close(stream);
    this.#open.clear();
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

/** Writes the pieces of an export. What was written is removed where the export fails. */
export async function writePieces(pieces: Pieces, folder: string): Promise<Written> {
  const sizes = new Map<string, number>();
  const streams = new Streams(folder);
  try {
    for await (const { file, content } of pieces) {
      const isNew = !sizes.has(file);
      sizes.set(file, (sizes.get(file) ?? 0) + Buffer.byteLength(content));
      await streams.write(file, content, isNew);
    }
    await streams.close();
  } catch (cause) {
    await streams.close();
    for (const file of sizes.keys()) rmSync(join(folder, file), { force: true });
    throw cause;
  }
  return { sizes, ...clear(folder, sizes) };
}
